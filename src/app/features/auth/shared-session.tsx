"use client";

import { useEffect } from "react";

const CHANNEL = "acme-session";

interface SharedSessionProps {
  /** The user that this page was rendered for, or undefined if nobody is signed in. */
  readonly user_id?: string;
}

/**
 * Tells the browser's other tabs who is signed in. Reloads this tab when another user signs in or the user signs out.
 * The server then shows the page as the new user sees it, or the sign-in page.
 */
export function SharedSession({ user_id }: SharedSessionProps) {
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
  return null;
}
