import type { Metadata } from "next";
import { Dashboard } from "@/components/dashboard/dashboard";
import { currentDay } from "@/lib/days";
import { filtersFrom } from "@/lib/filters";
import { firstMetrics } from "@/lib/server/first-metrics";

export const metadata: Metadata = { title: "Dashboard" };

interface DashboardPageProps {
  readonly searchParams: Promise<Readonly<Record<string, string | string[] | undefined>>>;
}

/** The dashboard with the numbers that it shows first; the browser fetches what is chosen after that. */
export default async function DashboardPage({ searchParams }: DashboardPageProps) {
  const today = currentDay();
  const query = Object.entries(await searchParams).flatMap(([name, value]) =>
    [value ?? []].flat().map((one) => [name, one]),
  );
  const { filters } = filtersFrom(new URLSearchParams(query), today);
  return <Dashboard today={today} first={await firstMetrics(filters.range)} />;
}
