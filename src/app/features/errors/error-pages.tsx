"use client";

import Link from "next/link";
import { useRouter } from "next/navigation";
import { useEffect } from "react";
import { MessagePage } from "@/ui/message-page";
import { ERRORS } from "./error-messages";

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
  return (
    <MessagePage
      title={title}
      actions={
        <Link href="/dashboard" className="button button-main">
          Go to dashboard
        </Link>
      }
    >
      <p>{text}</p>
    </MessagePage>
  );
}

/** Replaces every page of an organisation that the user has left. */
export function NotAMemberPage({ org_id }: { readonly org_id: string }) {
  const { title, text } = ERRORS.not_a_member;
  return (
    <MessagePage
      title={title}
      actions={
        <>
          <form action="/session/organization" method="post">
            <button className="button button-main">Switch organisation</button>
          </form>
          <form action="/session/sign-out" method="post">
            <button className="button">Sign out</button>
          </form>
        </>
      }
    >
      <p>
        Your membership of {org_id} has ended. {text}
      </p>
    </MessagePage>
  );
}
