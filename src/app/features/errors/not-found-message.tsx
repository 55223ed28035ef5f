import Link from "next/link";
import { MessagePage } from "@/ui/message-page";

/** Says that an address has no page. */
export function NotFoundMessage() {
  return (
    <MessagePage
      title="Page not found"
      actions={
        <Link href="/" className="button button-main">
          Go to dashboard
        </Link>
      }
    >
      <p>Check the address. The page may have been moved or deleted.</p>
    </MessagePage>
  );
}
