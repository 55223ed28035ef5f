import { redirect } from "next/navigation";
import { pathOf } from "@/features/navigation/paths";

/** Redirect from an address with a user's id in its path, as people type it, to the user's page. */
export default async function UserPathPage({ params }: PageProps<"/o/[org_id]/users/[...user_id]">) {
  const { org_id, user_id } = await params;
  const id = user_id.map(decodeURIComponent).join("/");
  redirect(`${pathOf(org_id, "users")}?${new URLSearchParams({ id })}`);
}
