/** The command that writes the SDK's package to a file, in a clone of the repository. */
export const PACK = "npm ci && npm pack -w @acme/analytics-sdk";
/** The command that installs the file in a project next to the clone. */
export const INSTALL = "npm install ../analytics/acme-analytics-sdk-0.1.0.tgz";
