import type { Metadata } from "next";
import { Dashboard } from "@/components/dashboard/dashboard";
import { currentDay } from "@/lib/days";

export const metadata: Metadata = { title: "Dashboard" };

export default function DashboardPage() {
  return <Dashboard today={currentDay()} />;
}
