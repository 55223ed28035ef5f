let lastMs = 0;
let sequence = 0;
let random: Uint32Array<ArrayBuffer> | undefined; // made when first needed, then used again

/** A UUIDv7: ordered by time, and within a millisecond by the order of the calls. */
export function uuidv7(nowMs: number): string {
  random ??= new Uint32Array(2);
  const [a, b] = crypto.getRandomValues(random) as unknown as [number, number];
  if (nowMs > lastMs || ++sequence > 0xfff) {
    lastMs = Math.max(nowMs, lastMs + 1);
    sequence = 0;
  }
  const tail = (hex(a, 8) + hex(b, 8)).slice(1);
  return `${hex(lastMs, 12)}7${hex(sequence, 3)}8${tail}`.replace(/(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}
