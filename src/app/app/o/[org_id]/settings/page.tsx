import type { Metadata } from "next";
import { PageErrorPage } from "@/features/errors/error-pages";
import { Organization } from "@/features/organization/organization";
import { describeOrganization } from "@/server/administration-api";
import { pageData } from "@/server/page-data";

export const metadata: Metadata = { title: "Organisation" };

/** The organisation's settings. Members who may not manage the organisation see what they may know. */
export default async function OrganizationPage() {
  const found = await pageData(describeOrganization);
  const isError = typeof found === "string";
  if (isError && found !== "insufficient_scope") return <PageErrorPage code={found} />;
  return (
    <main className="space-y-6 pt-6">
      <h1 className="text-2xl font-semibold">Organisation</h1>
      <Organization rendered={isError ? undefined : found} zones={isError ? [] : zonesWith(found.timezone)} />
    </main>
  );
}

/** Names that are newer than those that V8 lists, which lists only the first name of each zone. */
const RENAMED = ["Asia/Ho_Chi_Minh", "Asia/Kathmandu", "Asia/Kolkata", "Asia/Yangon", "Europe/Kyiv", "UTC"];

/** Return the time zones to choose from, which include the current one. */
function zonesWith(current: string): readonly string[] {
  return [...new Set([...Intl.supportedValuesOf("timeZone"), ...RENAMED, current])].sort();
}
