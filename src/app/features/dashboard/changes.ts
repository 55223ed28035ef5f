/** A change from an earlier period. */
export type Change =
  | { readonly kind: "percent"; readonly ratio: number }
  /** The earlier value was 0, so there is no percentage. */
  | { readonly kind: "new" }
  /** At least one of the values is unknown. */
  | { readonly kind: "none" };

/** Compare a value with that of the earlier period. */
export function changeOf(current: number | null, previous: number | null): Change {
  if (current === null || previous === null) return { kind: "none" };
  if (previous === 0) return current === 0 ? { kind: "percent", ratio: 0 } : { kind: "new" };
  return { kind: "percent", ratio: (current - previous) / Math.abs(previous) };
}
