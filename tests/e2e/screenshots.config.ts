import config from "./playwright.config.ts";

/** The configuration of `make screenshots`, which takes the screenshots of the dashboard for the README. */
export default { ...config, testMatch: "screenshots.ts", retries: 0 };
