let last = 0; // in 4,096ths of a millisecond
let random: Uint32Array<ArrayBuffer> | undefined; // made when first needed, then used again

/** A UUIDv7: ordered by time, and within a millisecond by the order of the calls. */
export function uuidv7(nowMs: number): string {
  random ??= new Uint32Array(2);
  const [a, b] = crypto.getRandomValues(random) as unknown as [number, number];
  last = Math.max(nowMs * 4096, last + 1);
  const digits = hex(last, 15) + hex(a, 8) + hex(b, 8);
  return digits.replace(/(.{8})(.{4})(...)(...)(.{12})./, "$1-$2-7$3-8$4-$5");
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}
