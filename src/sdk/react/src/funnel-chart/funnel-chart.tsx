import type { FunnelQuery, FunnelStepResult } from "@acme/analytics-sdk/insights";
import type { JSX } from "react";
import { nameOf, numbers, shares } from "../insights/format.ts";
import { Frame } from "../insights/frame.tsx";
import type { InsightProps } from "../insights/props.ts";
import { useInsight } from "../use-insight.ts";
import { FUNNEL_CHART_STYLES } from "./styles.ts";

export interface FunnelChartProps extends InsightProps<"funnel"> {
  readonly query: Omit<FunnelQuery, "timezone" | "breakdown">;
  /** The names of the steps. Default: their event types. */
  readonly names?: readonly string[] | undefined;
}

/** The steps of a funnel as bars, with the users of each step, the conversion and the users who dropped off. */
export function FunnelChart({ query, names, ...props }: FunnelChartProps): JSX.Element {
  const { timeZone, initialData, refreshMs } = props;
  const options = { initialData, refreshMs };
  const result = useInsight({ ...query, kind: "funnel", timezone: timeZone }, options);
  const steps = result.data?.steps ?? [];
  return (
    <Frame
      name="acme-funnel-chart"
      css={FUNNEL_CHART_STYLES}
      props={props}
      result={result}
      isEmpty={!steps[0]?.users}
    >
      <ol>
        {query.steps.map((step, index) => (
          <Step
            key={index} // oxlint-disable-line react/no-array-index-key -- steps may be equal
            name={names?.[index] ?? nameOf(step)}
            step={steps[index]}
            previous={steps[index - 1]}
            isFirst={index === 0}
            locale={props.locale}
          />
        ))}
      </ol>
    </Frame>
  );
}

interface StepProps {
  readonly name: string;
  /** Undefined while the funnel is loading. */
  readonly step: FunnelStepResult | undefined;
  readonly previous: FunnelStepResult | undefined;
  readonly isFirst: boolean;
  readonly locale: string | undefined;
}

function Step({ name, step, previous, isFirst, locale }: StepProps): JSX.Element {
  const [format, formatShare] = [numbers(locale), shares(locale)];
  const share = step?.conversion_overall ?? null;
  const dropped = step && previous && previous.users - step.users;
  return (
    <li>
      <span className="acme-funnel-heading">
        <bdi>{name}</bdi>
        <span>
          <b>{formatShare(share)}</b> {format(step?.users)} {step?.users === 1 ? "user" : "users"}
        </span>
      </span>
      <svg aria-hidden="true" width="100%" height="24" className="acme-funnel-bar">
        <rect width="100%" height="24" rx="4" className="acme-funnel-track" />
        <rect width={`${100 * (share ?? 0)}%`} height="24" rx="4" />
      </svg>
      {!isFirst && (
        <span className="acme-insight-note">
          {formatShare(step?.conversion_previous)} continued, {format(dropped)} dropped off
        </span>
      )}
    </li>
  );
}
