import { formatDay } from "@/features/dashboard/format";

/** Says up to which time the shown data include the events that the API has received. */
export function Freshness({ complete_through }: { readonly complete_through: string | null }) {
  return (
    <p className="border-t border-line px-4 py-2.5 text-xs text-muted">
      {complete_through === null ? (
        "This organisation has no events yet."
      ) : (
        <>
          Includes all events received until{" "}
          <time dateTime={complete_through}>
            {formatDay(complete_through.slice(0, 10))}, {complete_through.slice(11, 19)}
          </time>
          . Times are in UTC.
        </>
      )}
    </p>
  );
}
