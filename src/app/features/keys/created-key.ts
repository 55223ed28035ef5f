import type { ApiKeyDescription, CreatedApiKey } from "@acme/analytics-sdk";

/** Return the keys with a new one, but without its secret. */
export function withKey(
  keys: readonly ApiKeyDescription[],
  created: CreatedApiKey,
): readonly ApiKeyDescription[] {
  const { api_key: _, ...key } = created;
  return [key, ...keys];
}
