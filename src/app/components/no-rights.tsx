import Link from "next/link";
import { StatePage } from "@/components/state-page";

/** The role does not allow this page. */
export function NoRights() {
  return (
    <StatePage
      title="You have no rights to this page"
      actions={
        <Link href="/dashboard" className="button button-main">
          To the dashboard
        </Link>
      }
    >
      <p>Your role in this organisation does not allow it. One of its admins can give you another role.</p>
    </StatePage>
  );
}
