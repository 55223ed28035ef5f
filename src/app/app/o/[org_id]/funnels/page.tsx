import type { Metadata } from "next";
import { Funnels } from "@/features/insights/funnels";

export const metadata: Metadata = { title: "Funnels" };

export default function FunnelsPage() {
  return <Funnels />;
}
