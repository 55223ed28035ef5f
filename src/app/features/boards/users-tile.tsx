import { ErrorAlert } from "@/features/errors/error-alert";
import { firstToReport } from "@/features/errors/error-messages";
import { summaryOf, useUsers, UserTable } from "@/features/users/users";
import { Skeleton } from "@/ui/skeleton";
import type { TileProps } from "./tile";

/** The users that a saved view finds, the one with the latest event first. */
export default function UsersTile({ state }: TileProps) {
  const search = new URLSearchParams(state).get("search")?.trim() ?? "";
  const { list, error, load } = useUsers(search);
  const failure = firstToReport([error]);
  return (
    <>
      {failure && <ErrorAlert error={failure} retry={() => load(null)} />}
      {list && <p className="text-xs text-muted">{summaryOf(list, search)}</p>}
      {!list && !error && <Skeleton className="h-80" />}
      {list && list.data.length > 0 && (
        <section
          aria-label="Users"
          className="max-h-96 overflow-y-auto"
          tabIndex={0} // oxlint-disable-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be focusable
        >
          <UserTable users={list.data} />
        </section>
      )}
    </>
  );
}
