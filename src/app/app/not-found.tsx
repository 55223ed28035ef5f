import Link from "next/link";
import { StatePage } from "@/components/state-page";

export default function NotFound() {
  return (
    <StatePage
      title="There is no such page"
      actions={
        <Link href="/dashboard" className="button button-main">
          To the dashboard
        </Link>
      }
    >
      <p>The address may have been mistyped, or the page has moved.</p>
    </StatePage>
  );
}
