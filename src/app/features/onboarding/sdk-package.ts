/** The commands that pack the SDK in a clone of the repository, and install it in a project next to the clone. */
interface Package {
  readonly pack: string;
  readonly install: string;
}

export const SDK: Package = {
  pack: "npm ci && npm pack -w @acme/analytics-sdk",
  install: "npm install ../analytics/acme-analytics-sdk-0.1.0.tgz",
};
export const REACT_SDK: Package = {
  pack: "npm ci && npm pack -w @acme/analytics-sdk -w @acme/analytics-react",
  install: "npm install ../analytics/acme-analytics-{sdk,react}-0.1.0.tgz",
};
