import { useRef, useState } from "react";
import { useSession } from "@/features/auth/session-provider";
import { CopyButton } from "@/ui/copy-button";
import { type Framework, PLACEHOLDER, snippetOf, SNIPPETS } from "./snippets";

/** The code that sends an event, in the framework that the user chooses. */
export function CodeStep({ apiKey = PLACEHOLDER }: { readonly apiKey: string | undefined }) {
  const { apiBaseUrl } = useSession();
  const [framework, setFramework] = useState<Framework>("next");
  const code = useRef<HTMLPreElement>(null);
  const snippet = snippetOf(framework);
  const text = snippet.code(apiKey, apiBaseUrl);
  return (
    <>
      <fieldset aria-label="Framework" className="flex flex-wrap gap-1">
        {Object.entries(SNIPPETS).map(([name, { title }]) => (
          <button
            key={name}
            type="button"
            aria-pressed={name === framework}
            className="segment"
            onClick={() => setFramework(name as Framework)}
          >
            {title}
          </button>
        ))}
      </fieldset>
      {snippet.needs && (
        <p className="text-muted">
          The package isn&apos;t published on npm yet. In a clone of the repository, run{" "}
          <code className="font-mono">{snippet.needs.pack}</code>, then install it in your project with{" "}
          <code className="font-mono">{snippet.needs.install}</code>.
        </p>
      )}
      <pre
        ref={code}
        tabIndex={0} // oxlint-disable-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be focusable
        aria-label="Code"
        className="overflow-auto rounded-md bg-raised p-3 font-mono text-xs/5"
      >
        {text}
      </pre>
      {snippet.isForPages && (
        <p className="text-muted">
          Browser requests work only from origins that the API&apos;s operator has allowed.
        </p>
      )}
      <CopyButton key={text} of={code} label="Copy code" />
    </>
  );
}
