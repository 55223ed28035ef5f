import type { Metadata } from "next";
import { firstAnswers } from "@/features/dashboard/first-answers";
import { Overview } from "@/features/dashboard/overview";
import { overviewFrom } from "@/features/dashboard/overview-question";
import { pageToday } from "@/server/page-today";

export const metadata: Metadata = { title: "Overview" };

/** The overview with the numbers of its first render. The browser fetches all later ones. */
export default async function OverviewPage({ searchParams }: PageProps<"/o/[org_id]/overview">) {
  const query = Object.entries(await searchParams).flatMap(([name, value]) =>
    [value ?? []].flat().map((one) => [name, one]),
  );
  const { state } = overviewFrom(new URLSearchParams(query), await pageToday());
  return <Overview first={await firstAnswers(state)} />;
}
