const SAYS = {
  session_ended: "Your session has ended. Sign in again.",
  sign_in_failed: "Signing in did not work. Try once more; if it fails again, ask your administrator.",
  not_a_member: "You are not a member of this organisation. Ask one of its admins for membership.",
  no_rights: "Your role in this organisation does not allow this. Ask one of its admins.",
  api_away: "The API does not answer. Try again in a moment.",
  provider_away: "The identity provider does not answer. Try again in a moment.",
} as const;

/** Why something could not be done, in a word that the server says and pages explain. */
export type Trouble = keyof typeof SAYS;

/** What has happened and what to do; nothing for what is no trouble of ours. */
export function explain(trouble: string): string | undefined {
  return Object.hasOwn(SAYS, trouble) ? SAYS[trouble as Trouble] : undefined;
}
