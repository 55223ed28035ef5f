import { version } from "../../package.json";

/** Warns when the dashboard and the API have incompatible versions. */
export function VersionBanner({ api }: { readonly api: string }) {
  if (isCompatible(version, api)) return null;
  return (
    <p role="alert" className="banner">
      The dashboard is version {version} but the API is version {api}. Some pages may not work. Deploy the
      same version of both, then reload this page.
    </p>
  );
}

/** Return whether two versions are compatible: equal up to the first number that isn't 0. */
export function isCompatible(dashboard: string, api: string): boolean {
  return compatibleSeries(dashboard) === compatibleSeries(api);
}

/** Return `2` for 2.7.1 and `0.3` for 0.3.9. */
function compatibleSeries(release: string): string | undefined {
  return /^(?:0\.)*\d+/.exec(release)?.[0];
}
