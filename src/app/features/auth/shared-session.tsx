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
 * Keeps the browser's tabs on the same user. Each page sends its user to the other tabs when it is loaded. A page that
 * receives another user, or none after a sign-out, is reloaded. The server then renders it for that user, or shows the
 * sign-in page. A sign-in page that receives a user opens `returnTo`.
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
