/** The longest name of an organisation that the API accepts. */
export const NAME_CHARACTERS_MAX = 100;
