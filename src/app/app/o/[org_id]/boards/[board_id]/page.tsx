import type { Metadata } from "next";
import { Board } from "@/features/boards/board";

export const metadata: Metadata = { title: "Board" };

export default async function BoardPage({ params }: PageProps<"/o/[org_id]/boards/[board_id]">) {
  const { board_id } = await params;
  return <Board key={board_id} board_id={board_id} />;
}
