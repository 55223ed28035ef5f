import type { Metadata } from "next";
import { currentDay } from "@/features/dashboard/days";
import { Explore } from "@/features/insights/explore";

export const metadata: Metadata = { title: "Explore" };

export default function ExplorePage() {
  return <Explore today={currentDay()} />;
}
