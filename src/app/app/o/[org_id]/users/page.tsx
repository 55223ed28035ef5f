import type { Metadata } from "next";
import { UserPage } from "@/features/users/user-page";
import { Users } from "@/features/users/users";

export const metadata: Metadata = { title: "Users" };

/** The list of users, or the page of one user. A user's id can contain any character, so it is in the query. */
export default async function UsersPage({ searchParams }: PageProps<"/o/[org_id]/users">) {
  const { id, search } = await searchParams;
  if (typeof id === "string" && id) return <UserPage key={id} user_id={id} />;
  return <Users search={typeof search === "string" ? search.trim() : ""} />;
}
