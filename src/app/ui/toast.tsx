import { type ReactNode, useCallback, useEffect, useState } from "react";

const SHOWN_FOR_MS = 6000;

interface Message {
  readonly text: string;
  /** Whether the message remains until another one replaces it. */
  readonly stays: boolean;
}

/** Return a message in the corner, and a function that shows a text there for a few seconds. */
export function useToast(): {
  readonly toast: ReactNode;
  readonly show: (text: string, stays?: boolean) => void;
} {
  const [message, setMessage] = useState<Message>();
  useEffect(() => {
    if (!message || message.stays) return undefined;
    const timer = setTimeout(() => setMessage(undefined), SHOWN_FOR_MS);
    return () => clearTimeout(timer);
  }, [message]);
  const show = useCallback((text: string, stays = false) => setMessage({ text, stays }), []);
  return { toast: <output className={message ? "toast" : "sr-only"}>{message?.text}</output>, show };
}
