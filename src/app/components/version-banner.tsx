import { fit } from "@/lib/versions";
import { version } from "../package.json";

/** Says when dashboard and API are of generations that don't fit together. */
export function VersionBanner({ api }: { readonly api: string }) {
  if (fit(version, api)) return null;
  return (
    <p role="alert" className="banner">
      This dashboard is version {version} and the API {api}: they don&apos;t fit together, and pages may fail.
      Deploy the same version of both; then reload.
    </p>
  );
}
