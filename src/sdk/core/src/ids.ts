let lastMs = 0;
let sequence = 0;
let random: Uint32Array<ArrayBuffer> | undefined; // made when first needed, then used again

/** A UUIDv7: ordered by time, and within a millisecond by the order of the calls. */
export function uuidv7(nowMs: number): string {
  random ??= new Uint32Array(3);
  const [a, b, c] = crypto.getRandomValues(random) as unknown as [number, number, number];
  if (nowMs > lastMs) {
    lastMs = nowMs;
    sequence = c & 0x7ff; // leaves room to count up
  } else if (++sequence > 0xfff) {
    lastMs++;
    sequence = 0;
  }
  const time = hex(lastMs, 12);
  const tail = hex(a, 8) + hex(b, 8);
  const variant = hex((c >>> 18) | 0x8000, 4);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(sequence, 3)}-${variant}-${tail.slice(0, 12)}`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}
