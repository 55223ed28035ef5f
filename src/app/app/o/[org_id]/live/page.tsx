import type { Metadata } from "next";
import { Live } from "@/features/live/live";

export const metadata: Metadata = { title: "Live" };

export default function LivePage() {
  return <Live />;
}
