import type { Metadata } from "next";
import { Explore } from "@/features/insights/explore";

export const metadata: Metadata = { title: "Explore" };

export default function ExplorePage() {
  return <Explore />;
}
