import { SharedHeader } from "@/features/shares/shared-header";
import { MessagePage } from "@/ui/message-page";

/** The same page for every link that doesn't work. */
export default function SharedViewNotFound() {
  return (
    <>
      <SharedHeader />
      <MessagePage title="This link doesn't work">
        <p>
          It may have expired, or somebody has revoked it. Ask the person who sent it to you for a new one.
        </p>
      </MessagePage>
    </>
  );
}
