"use client";

import { type ReactNode, useId, useRef } from "react";
import { useSession } from "@/features/auth/session-provider";
import { ErrorAlert } from "@/features/errors/error-alert";
import { firstToReport } from "@/features/errors/error-messages";
import { CopyButton } from "@/ui/copy-button";
import { Panel } from "@/ui/panel";
import { Skeleton } from "@/ui/skeleton";
import { curlOf, type Operation, sdkCodeOf } from "./code";
import { CsvButton } from "./csv-button";
import type { Cell } from "./csv";
import { Updated } from "./updates";
import type { Answer } from "./use-answer";

interface Found {
  readonly complete_through: string | null;
}

/** The properties of a component that shows the answer to one kind of question. */
export interface ResultOf<Question> {
  readonly question: Question;
  /** Whether the code that asks the API the same question is offered. */
  readonly hasCode?: boolean | undefined;
}

/** What a component shows for one kind of question and its answer. */
export interface AnswerOf<Question, Data> extends ResultOf<Question> {
  readonly answer: Answer<Question, Data>;
  /** Whether numbers open the lists of the users behind them. */
  readonly hasUsers?: boolean | undefined;
}

interface ResultProps<Question, Data extends Found> {
  readonly title: string;
  readonly operation: Operation;
  readonly query: object;
  readonly answer: Answer<Question, Data>;
  readonly hasCode?: boolean | undefined;
  /** Whether the result has no events. */
  readonly isEmpty: (data: Data) => boolean;
  /** Next to the button for the CSV file. */
  readonly aside?: ReactNode;
  /** The rows of the CSV file. */
  readonly table: (data: Data, question: Question) => readonly (readonly Cell[])[];
  readonly children: (data: Data, question: Question) => ReactNode;
}

/** The answer to a question, with its age, a CSV file, and the code that asks the API the same question. */
export function Result<Question, Data extends Found>(props: ResultProps<Question, Data>) {
  const { title, operation, query, answer, hasCode = true, isEmpty, aside, table, children } = props;
  const { shown, isOld, error, updatedAt, refetch } = answer;
  const failure = firstToReport([error]);
  return (
    <>
      {failure && <ErrorAlert error={failure} retry={() => void refetch()} />}
      {!(error && !shown) && (
        <Panel
          title={title}
          aside={
            shown &&
            !isOld && (
              <div className="flex gap-2">
                {aside}
                <CsvButton name={operation} rows={() => table(shown.data, shown.question)} />
              </div>
            )
          }
          className="min-w-0"
        >
          <div aria-busy={!shown || isOld} className="answer" data-old={isOld || undefined}>
            {!shown && <Skeleton className="mx-4 mb-4 h-72" />}
            {shown && isEmpty(shown.data) && (
              <p className="px-4 pb-6 text-muted">
                No events match in this period.
                {hasCode && " Choose another range, other events or fewer filters."}
              </p>
            )}
            {shown && !isEmpty(shown.data) && children(shown.data, shown.question)}
          </div>
          {shown && <Updated at={updatedAt} complete_through={shown.data.complete_through} />}
        </Panel>
      )}
      {hasCode && <AsCode operation={operation} query={query} />}
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
