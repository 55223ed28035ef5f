/** Whether a dashboard and an API of these versions understand each other: the first number that is not 0 decides. */
export function fit(dashboard: string, api: string): boolean {
  return generation(dashboard) === generation(api);
}

/** `2` of 2.7.1, `0.3` of 0.3.9. */
function generation(version: string): string | undefined {
  return /^(?:0\.)*\d+/.exec(version)?.[0];
}
