import config from "./playwright.config.ts";

/** `make screenshots`: the dashboard's main states, as pictures for README. */
export default { ...config, testMatch: "screenshots.ts", retries: 0 };
