"use client";

import Link from "next/link";
import { useRouter } from "next/navigation";
import { useEffect } from "react";
import { usePath } from "@/features/auth/session-provider";
import { SignOutButton } from "@/features/auth/sign-out-button";
import { rememberedName, useTabMemory } from "@/features/auth/tab-memory";
import { MessagePage } from "@/ui/message-page";
import { PostButton } from "@/ui/post-button";
import { type ErrorCode, ERRORS } from "./error-messages";

const RETRY_MS = 3000;

/** Replaces a page while the dashboard's server can't reach the API. It reloads the page every three seconds. */
export function ApiUnavailablePage() {
  const router = useRouter();
  useEffect(() => {
    const timer = setInterval(() => router.refresh(), RETRY_MS);
    return () => clearInterval(timer);
  }, [router]);
  return (
    <MessagePage
      title={ERRORS.api_unavailable.title}
      actions={
        <button type="button" className="button" onClick={() => router.refresh()}>
          Try again
        </button>
      }
    >
      <output className="block">Your data is safe. This page retries automatically.</output>
    </MessagePage>
  );
}

/** Replaces a page that the user's role doesn't allow. */
export function AccessDeniedPage() {
  const { title, text } = ERRORS.insufficient_scope;
  const overview = usePath()("overview");
  return (
    <MessagePage
      title={title}
      actions={
        <Link href={overview} className="button button-main">
          Go to overview
        </Link>
      }
    >
      <p>{text}</p>
    </MessagePage>
  );
}

/** Replaces a page whose data the server couldn't read. */
export function PageErrorPage({ code }: { readonly code: ErrorCode }) {
  return code === "insufficient_scope" ? <AccessDeniedPage /> : <ApiUnavailablePage />;
}

interface OrganizationErrorPageProps {
  readonly org_id: string;
  readonly code: "not_a_member" | "organization_suspended";
}

/** Replaces every page of an organisation that is suspended or whose member the user isn't. */
export function OrganizationErrorPage({ org_id, code }: OrganizationErrorPageProps) {
  const { title, text } = ERRORS[code];
  const name = useTabMemory(() => rememberedName(org_id)) ?? org_id;
  return (
    <MessagePage
      title={title}
      actions={
        <>
          <PostButton action="/session/organization" className="button button-main">
            Switch organisation
          </PostButton>
          <SignOutButton />
        </>
      }
    >
      <p>
        {code === "not_a_member"
          ? `You aren't a member of ${name}, or your membership has ended.`
          : `${name} can't be used at the moment.`}{" "}
        {text}
      </p>
    </MessagePage>
  );
}
