/** Why something could not be done, in a word that the server says and pages explain. */
export type Trouble = "session_ended" | "not_a_member" | "api_away" | "provider_away" | "sign_in_failed";
