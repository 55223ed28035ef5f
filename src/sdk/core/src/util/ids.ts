let last = 0; // the time of the last id, in 4,096ths of a millisecond

/** Return a UUIDv7. Ids are ordered by time and, within a millisecond, by the order of the calls. */
export function uuidv7(nowMs: number): string {
  last = Math.max(nowMs * 4096, last + 1);
  const [high, low] = crypto.getRandomValues(new Uint32Array(2));
  const digits = hex(last, 15) + hex(high!, 8) + hex(low!, 8);
  return digits.replace(/(.{8})(.{4})(...)(...)(.{12})./, "$1-$2-7$3-8$4-$5");
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}
