import type { OpenedShare } from "@acme/analytics-sdk";
import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { ClockProvider } from "@/features/clock/clock";
import { knownZone, localDay } from "@/features/clock/zones";
import { formatDay } from "@/features/dashboard/format";
import { ErrorText } from "@/features/errors/error-text";
import { type SharedAnswer, sharedAnswer } from "@/features/shares/shared-answer";
import { SharedHeader } from "@/features/shares/shared-header";
import { SharedResult } from "@/features/shares/shared-result";
import { ApiUnavailableError } from "@/server/auth-errors";
import { openShare } from "@/server/shares-api";
import { MessagePage } from "@/ui/message-page";

export const metadata: Metadata = { title: "Shared view", robots: { index: false, follow: false } };

/** The result of a saved view, for everyone who has its link. The browser gets the result, but no token. */
export default async function SharedViewPage({ params }: PageProps<"/s/[secret]">) {
  const found = await read((await params).secret);
  if (!found) notFound();
  return (
    <>
      <SharedHeader />
      {found === "unavailable" ? (
        <MessagePage title="This view can't be loaded at the moment">
          <p>Reload the page in a minute.</p>
        </MessagePage>
      ) : (
        <SharedView {...found} />
      )}
    </>
  );
}

interface Found {
  readonly opened: OpenedShare;
  readonly answer: SharedAnswer;
  /** When the answer was read, in milliseconds. */
  readonly at: number;
}

function SharedView({ opened: { view, organization, expires_at }, answer, at }: Found) {
  const timezone = knownZone(organization.timezone);
  return (
    <ClockProvider rendered={at} timezone={timezone}>
      <main className="mx-auto max-w-[100rem] space-y-4 px-3 py-5 sm:px-6">
        <div>
          <h1 className="text-2xl font-semibold wrap-anywhere">{view.name}</h1>
          <p className="text-sm wrap-anywhere text-muted">
            Shared by {organization.name} · expires on {formatDay(localDay(expires_at, timezone))}
          </p>
        </div>
        {"error" in answer ? <ErrorText error={answer.error} className="" /> : <SharedResult {...answer} />}
      </main>
    </ClockProvider>
  );
}

/** Return the view of a link and its result, or undefined if the link doesn't work. */
async function read(segment: string): Promise<Found | "unavailable" | undefined> {
  const at = Date.now();
  try {
    const opened = await openShare(decodeURIComponent(segment), at);
    return opened && { opened, answer: await sharedAnswer(opened, at), at };
  } catch (error) {
    if (error instanceof ApiUnavailableError) return "unavailable";
    throw error;
  }
}
