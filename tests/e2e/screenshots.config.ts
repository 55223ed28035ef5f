import config from "./playwright.config.ts";

/** `make screenshots`: pictures of the dashboard's main states for the README. */
export default { ...config, testMatch: "screenshots.ts", retries: 0 };
