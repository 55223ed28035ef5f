"use client";

import { useEffect } from "react";

const CHANNEL = "acme-session";

interface SharedSessionProps {
  /** The user that this page was rendered for, or undefined if nobody is signed in. */
  readonly user_id?: string;
  /** The path to open when another tab signs in. */
  readonly returnTo?: string;
}

/**
 * Tells the browser's other tabs who is signed in. Reloads this tab when another user signs in or the user signs out.
 * The server then shows the page as the new user sees it, or the sign-in page. A tab on the sign-in page leaves it.
 */
export function SharedSession({ user_id, returnTo }: SharedSessionProps) {
  useEffect(() => {
    const channel = new BroadcastChannel(CHANNEL);
    channel.addEventListener("message", ({ data }: MessageEvent<string | undefined>) => {
      if (user_id && data !== user_id) location.reload();
      if (!user_id && data && returnTo) location.replace(returnTo);
    });
    // A BroadcastChannel, unlike a window, reaches only this origin.
    // oxlint-disable-next-line unicorn/require-post-message-target-origin
    channel.postMessage(user_id);
    return () => channel.close();
  }, [user_id, returnTo]);
  return null;
}
