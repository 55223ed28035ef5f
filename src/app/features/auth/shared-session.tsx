"use client";

import { useEffect } from "react";

const CHANNEL = "acme-session";

/**
 * Tell the browser's other tabs who is signed in. Reload this tab when another user signs in or the user signs out. The
 * server then shows the page as the new user sees it, or the sign-in page.
 */
export function useSharedSession(user_id: string | undefined): void {
  useEffect(() => {
    const channel = new BroadcastChannel(CHANNEL);
    channel.addEventListener("message", ({ data }: MessageEvent<string | undefined>) => {
      if (user_id && data !== user_id) location.reload();
    });
    // A BroadcastChannel, unlike a window, reaches only this origin.
    // oxlint-disable-next-line unicorn/require-post-message-target-origin
    channel.postMessage(user_id);
    return () => channel.close();
  }, [user_id]);
}

/** Tells the browser's other tabs that nobody is signed in. */
export function SignedOutBroadcast() {
  useSharedSession(undefined);
  return null;
}
