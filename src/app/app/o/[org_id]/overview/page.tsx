import type { Metadata } from "next";
import { Dashboard } from "@/features/dashboard/dashboard";
import { currentDay } from "@/features/dashboard/days";
import { filtersFrom } from "@/features/dashboard/filters";
import { firstMetrics } from "@/features/dashboard/first-metrics";

export const metadata: Metadata = { title: "Overview" };

/** The overview with the metrics of its first render. The browser fetches all later ones. */
export default async function OverviewPage({ searchParams }: PageProps<"/o/[org_id]/overview">) {
  const today = currentDay();
  const query = Object.entries(await searchParams).flatMap(([name, value]) =>
    [value ?? []].flat().map((one) => [name, one]),
  );
  const { filters } = filtersFrom(new URLSearchParams(query), today);
  return <Dashboard today={today} first={await firstMetrics(filters.range)} />;
}
