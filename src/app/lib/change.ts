/** How a value compares with the one of the period before. */
export type Change =
  | { readonly kind: "percent"; readonly ratio: number }
  | { readonly kind: "new" }
  | { readonly kind: "none" };

/** From nothing to something is no percentage; what is not known on both sides is no change. */
export function changeOf(current: number | null, previous: number | null): Change {
  if (current === null || previous === null) return { kind: "none" };
  if (previous === 0) return current === 0 ? { kind: "percent", ratio: 0 } : { kind: "new" };
  return { kind: "percent", ratio: (current - previous) / Math.abs(previous) };
}
