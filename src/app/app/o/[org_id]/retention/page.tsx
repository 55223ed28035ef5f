import type { Metadata } from "next";
import { Retention } from "@/features/insights/retention";

export const metadata: Metadata = { title: "Retention" };

export default function RetentionPage() {
  return <Retention />;
}
