import { type JSX, type ReactNode, useId, useRef } from "react";
import type { InsightKind, InsightResult } from "../use-insight.ts";
import { Failure } from "./failure.tsx";
import { FRAME_STYLES } from "./frame-styles.ts";
import type { InsightProps } from "./props.ts";
import { StyleElement } from "./style-element.tsx";

interface FrameProps<Kind extends InsightKind> {
  /** The component's own class. */
  readonly name: string;
  /** The component's own styles. */
  readonly css: string;
  readonly props: InsightProps<Kind>;
  readonly result: InsightResult<Kind>;
  readonly isEmpty: boolean;
  /** The data, or a placeholder of the same size. */
  readonly children: ReactNode;
}

/** The title of an insight, and its data, which may be missing for now. All states have the same size. */
export function Frame<Kind extends InsightKind>(frame: FrameProps<Kind>): JSX.Element {
  const { name, css, props, result, isEmpty, children } = frame;
  const { data, error, isLoading, refetch } = result;
  const { title, emptyState = "No data in this period.", className = "", style, nonce } = props;
  const id = useId();
  const ref = useRef<HTMLElement>(null);
  const hasData = data !== undefined && !isEmpty;
  const status = error || hasData ? "" : isLoading ? "Loading…" : emptyState;
  return (
    <figure
      ref={ref}
      className={`acme-insight ${name} ${className}`}
      style={style}
      tabIndex={-1} // gets the focus when the button "Try again" disappears
      aria-labelledby={id}
      aria-busy={isLoading}
    >
      <StyleElement name="acme-insight" css={FRAME_STYLES} nonce={nonce} />
      <StyleElement name={name} css={css} nonce={nonce} />
      <figcaption id={id} className="acme-insight-title" dir="auto">
        {title}
      </figcaption>
      <div className="acme-insight-body">
        <div
          className="acme-insight-data"
          aria-hidden={!hasData || undefined}
          data-state={hasData ? (error ? "old" : undefined) : isLoading && !error ? "loading" : "none"}
        >
          {children}
        </div>
        <output className={`acme-insight-status ${isLoading ? "acme-insight-hidden" : ""}`}>{status}</output>
        {error && <Failure error={error} hasData={hasData} refetch={refetch} frameRef={ref} />}
      </div>
    </figure>
  );
}
