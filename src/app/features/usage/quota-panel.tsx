import type { Usage } from "@acme/analytics-sdk";
import { formatDay, formatNumber, formatShare } from "@/features/dashboard/format";
import { Panel } from "@/ui/panel";
import { quotaLevel } from "./quota-level";

const BARS = { low: "bg-accent", high: "bg-warn", "used up": "bg-bad" };

/** How much of the organisation's monthly quota is used. */
export function QuotaPanel(usage: Usage) {
  const { plan, quota, used } = usage;
  return (
    <Panel title="Monthly quota" aside={plan && <span className="text-sm text-muted">Plan: {plan}</span>}>
      <div className="space-y-2 px-4 pb-3 text-sm tabular-nums">
        {quota === null ? (
          <p>{formatNumber(used)} events this month. The organisation has no quota.</p>
        ) : (
          <UsedQuota {...usage} quota={quota} />
        )}
      </div>
    </Panel>
  );
}

function UsedQuota({ quota, warn_at, used, period_end }: Usage & { readonly quota: number }) {
  const level = quotaLevel({ quota, warn_at, used });
  return (
    <>
      <p className="flex justify-between gap-3">
        <span>
          {formatNumber(used)} of {formatNumber(quota)} events this month
        </span>
        <span className="text-muted">{formatShare(used, quota)}</span>
      </p>
      <div aria-hidden="true" className="h-1.5 overflow-hidden rounded-full bg-raised">
        <div
          className={`h-1.5 ${BARS[level]}`}
          style={{ width: `${level === "used up" ? 100 : (100 * used) / quota}%` }}
        />
      </div>
      {level === "high" && (
        <p className="text-warn">
          At least {warn_at}% of the quota is used. When it is used up, the API refuses new events.
        </p>
      )}
      {level === "used up" && (
        <p className="text-bad">
          The quota is used up, so the API refuses new events. Ask the operator of this service for a larger
          quota.
        </p>
      )}
      <p className="text-muted">The next month starts on {formatDay(period_end.slice(0, 10))} (UTC).</p>
    </>
  );
}
