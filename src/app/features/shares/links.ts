import type { CreatedShare, ShareDescription } from "@acme/analytics-sdk";

/** After how many days a link can expire. */
export const LIFETIMES: readonly number[] = [1, 7, 30, 90];
export const USUAL_LIFETIME = 7;

/** Return the links with a new one, but without its secret. */
export function withLink(
  links: readonly ShareDescription[],
  created: CreatedShare,
): readonly ShareDescription[] {
  const { secret: _, ...link } = created;
  return [link, ...links];
}
