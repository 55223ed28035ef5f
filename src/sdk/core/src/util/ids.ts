let last = 0; // the time of the last id, in 4,096ths of a millisecond
let random: number[] = []; // generated in bulk, because a call per id takes a quarter of the time of tracking

/**
 * Return a UUIDv7. Ids are ordered by time and, within a millisecond, by the order of the calls. An id for an earlier
 * time than the last one directly follows the last one.
 */
export function uuidv7(nowMs: number): string {
  if (!random.length) random = [...crypto.getRandomValues(new Uint16Array(1024))];
  last = Math.max(nowMs * 4096, last + 1);
  const time = hex(last, 15);
  const group = () => hex(random.pop()!, 4);
  return `${time.slice(0, 8)}-${time.slice(8, 12)}-7${time.slice(12)}-8${group().slice(1)}-${group()}${group()}${group()}`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}
