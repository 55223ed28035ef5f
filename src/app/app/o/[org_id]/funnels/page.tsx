import type { Metadata } from "next";
import { currentDay } from "@/features/dashboard/days";
import { Funnels } from "@/features/insights/funnels";

export const metadata: Metadata = { title: "Funnels" };

export default function FunnelsPage() {
  return <Funnels today={currentDay()} />;
}
