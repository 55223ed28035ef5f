import type { CSSProperties, ReactNode } from "react";
import type { InsightKind, InsightOptions } from "../use-insight.ts";

/** Props of all components that show an insight. */
export interface InsightProps<Kind extends InsightKind> extends Pick<
  InsightOptions<Kind>,
  "initialData" | "refreshMs"
> {
  /** The title above the data, and the component's name for screen readers. */
  readonly title: string;
  /** The IANA time zone in which days begin. Default: UTC. */
  readonly timeZone?: string | undefined;
  /** The locale of numbers and dates, such as `de-AT`. Default: `en`, on servers and in browsers. */
  readonly locale?: string | undefined;
  /** What is shown if there are no data. Default: a sentence. */
  readonly emptyState?: ReactNode;
  /** Added to the component's own classes, such as `acme-insight acme-funnel-chart`. */
  readonly className?: string | undefined;
  /** Inline styles, such as values of the CSS variables. */
  readonly style?: CSSProperties | undefined;
  /** The nonce for styles under a content security policy. */
  readonly nonce?: string | undefined;
}
