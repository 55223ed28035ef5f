import Link from "next/link";
import { useState } from "react";
import { usePath, useSession } from "@/features/auth/session-provider";
import { attempt } from "@/features/errors/attempt";
import { ERRORS, type ErrorMessage } from "@/features/errors/error-messages";
import { ErrorText } from "@/features/errors/error-text";
import { create } from "@/features/keys/actions";
import { CopyOnce } from "@/ui/copy-once";
import { PLACEHOLDER } from "./snippets";

const NAME = "First key";

interface KeyStepProps {
  /** The key that was created here. */
  readonly apiKey: string | undefined;
  readonly onCreated: (apiKey: string) => void;
}

/** Creates a publishable key, which the code of the next step then contains. */
export function KeyStep({ apiKey, onCreated }: KeyStepProps) {
  const keys = usePath()("settings/keys");
  const { scopes } = useSession();
  const [error, setError] = useState<ErrorMessage>();
  const [isPending, setIsPending] = useState(false);
  const createKey = async (): Promise<void> => {
    const form = new FormData();
    form.set("name", NAME);
    form.set("kind", "publishable");
    setIsPending(true);
    const result = await attempt(create(form));
    setIsPending(false);
    if (result === "request_failed") setError(ERRORS.request_failed);
    else if (result.created) onCreated(result.created.api_key);
    else setError(result.error);
  };
  if (!scopes.includes("keys:manage"))
    return (
      <p>
        Ask an admin of your organisation for a publishable key, and put it in place of{" "}
        <code className="font-mono">{PLACEHOLDER}</code> in the code.
      </p>
    );
  return (
    <>
      <p className="text-muted">
        A publishable key can only send events, so it can be in a page.{" "}
        <Link href={keys} className="underline underline-offset-2">
          Manage all keys
        </Link>
      </p>
      {!apiKey && (
        <button
          type="button"
          className="button button-main aria-disabled:opacity-60"
          aria-disabled={isPending}
          onClick={() => {
            if (!isPending) void createKey();
          }}
        >
          Create key
        </button>
      )}
      <output className="block">
        {apiKey && (
          <CopyOnce text={apiKey} label="Copy key">
            The code below contains your new key. Copy it now.
          </CopyOnce>
        )}
        {!apiKey && error && <ErrorText error={error} />}
      </output>
    </>
  );
}
