import { ERRORS } from "@/features/errors/error-messages";
import { ErrorText } from "@/features/errors/error-text";

/** Says that the server couldn't read the boards. */
export function SavedUnavailable() {
  return (
    <div
      role="alert"
      className="flex flex-wrap items-center justify-between gap-3 rounded-lg border border-bad bg-surface px-4 py-3"
    >
      <ErrorText error={ERRORS.saved_unavailable} />
      <button type="button" className="button" onClick={() => location.reload()}>
        Try again
      </button>
    </div>
  );
}
