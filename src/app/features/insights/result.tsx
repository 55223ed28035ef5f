"use client";

import type { AnalyticsError } from "@acme/analytics-sdk";
import { type ReactNode, useId, useRef } from "react";
import { useSession } from "@/features/auth/session-provider";
import { ErrorAlert } from "@/features/errors/error-alert";
import { firstToReport } from "@/features/errors/error-messages";
import { CopyButton } from "@/ui/copy-button";
import { Panel } from "@/ui/panel";
import { Skeleton } from "@/ui/skeleton";
import { curlOf, type Operation, sdkCodeOf } from "./code";
import { type Cell, csvOf, download } from "./csv";
import { Freshness } from "./freshness";

interface Found {
  readonly complete_through: string | null;
}

interface ResultProps<Data extends Found> {
  readonly title: string;
  readonly operation: Operation;
  readonly query: object;
  readonly found: {
    readonly data: Data | undefined;
    readonly error: AnalyticsError | undefined;
    readonly refetch: () => Promise<void>;
  };
  /** Whether the result has no events. */
  readonly isEmpty: (data: Data) => boolean;
  /** The rows of the CSV file. */
  readonly table: (data: Data) => readonly (readonly Cell[])[];
  readonly children: (data: Data) => ReactNode;
}

/** The result of a question, with its age, a CSV file, and the code that asks the API for it. */
export function Result<Data extends Found>(props: ResultProps<Data>) {
  const { title, operation, query, found, isEmpty, table, children } = props;
  const { data, error, refetch } = found;
  const failure = firstToReport([error]);
  const save = data && (
    <button type="button" className="button" onClick={() => download(`${operation}.csv`, csvOf(table(data)))}>
      Download CSV
    </button>
  );
  return (
    <>
      {failure && <ErrorAlert error={failure} retry={() => void refetch()} />}
      {!(error && !data) && (
        <Panel title={title} aside={save} className="min-w-0">
          <div aria-busy={!data}>
            {!data && <Skeleton className="mx-4 mb-4 h-72" />}
            {data && isEmpty(data) && (
              <p className="px-4 pb-6 text-muted">
                No events match in this period. Choose another range, other events or fewer filters.
              </p>
            )}
            {data && !isEmpty(data) && children(data)}
          </div>
          {data && <Freshness complete_through={data.complete_through} />}
        </Panel>
      )}
      <AsCode operation={operation} query={query} />
    </>
  );
}

/** The same question as a shell command and as code. */
function AsCode({ operation, query }: { readonly operation: Operation; readonly query: object }) {
  const { apiBaseUrl } = useSession();
  return (
    <details className="rounded-lg border border-line bg-surface">
      <summary className="px-4 py-3 text-sm font-medium">Ask the API the same question</summary>
      <div className="grid gap-4 px-4 pb-4 lg:grid-cols-2">
        <Code
          title="curl"
          hint="Set TOKEN to an access token."
          label="Copy as curl"
          text={curlOf(apiBaseUrl, operation, query)}
        />
        <Code
          title="TypeScript"
          hint="This code needs a secret key or a read-only key."
          label="Copy as SDK code"
          text={sdkCodeOf(apiBaseUrl, operation, query)}
        />
      </div>
    </details>
  );
}

interface CodeProps {
  readonly title: string;
  readonly hint: string;
  readonly label: string;
  readonly text: string;
}

function Code({ title, hint, label, text }: CodeProps) {
  const code = useRef<HTMLPreElement>(null);
  const id = useId();
  return (
    <section aria-labelledby={id} className="min-w-0">
      <div className="flex flex-wrap items-center justify-between gap-2 pb-2">
        <h3 id={id} className="text-sm font-medium">
          {title} <span className="font-normal text-muted">{hint}</span>
        </h3>
        <CopyButton key={text} of={code} label={label} />
      </div>
      <pre
        ref={code}
        tabIndex={0} // oxlint-disable-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be focusable
        aria-label={`${title} code`}
        className="max-h-96 overflow-auto rounded-md bg-raised p-3 font-mono text-xs/5"
      >
        {text}
      </pre>
    </section>
  );
}
