let lastMs = 0;
let sequence = 0;

/** A UUIDv7: ordered by time, and within a millisecond by the order of the calls. */
export function uuidv7(nowMs: number): string {
  const random = crypto.getRandomValues(new Uint32Array(3)) as Uint32Array & [number, number, number];
  if (nowMs > lastMs) {
    lastMs = nowMs;
    sequence = random[2] & 0x7ff; // leaves room to count up
  } else if (++sequence > 0xfff) {
    lastMs++;
    sequence = 0;
  }
  const time = hex(lastMs, 12);
  const tail = hex(random[0], 8) + hex(random[1], 8);
  const variant = hex((random[2] >>> 18) | 0x8000, 4);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(sequence, 3)}-${variant}-${tail.slice(0, 12)}`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}
