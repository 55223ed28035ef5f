import type { Usage } from "@acme/analytics-sdk";

/** Return how much of the quota is used: little, so much that responses contain a warning, or all of it. */
export function quotaLevel({ quota, warn_at, used }: Quota): "low" | "high" | "used up" {
  if (quota === null) return "low";
  if (used >= quota) return "used up";
  return warn_at !== null && 100 * used >= warn_at * quota ? "high" : "low";
}

type Quota = Pick<Usage, "quota" | "warn_at" | "used">;
