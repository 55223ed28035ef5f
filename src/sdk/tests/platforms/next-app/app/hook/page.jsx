import { useMetrics as read } from "@acme/analytics-react";

/** A deliberate mistake: a hook in a server component. It is imported as `read`, so that the linter doesn't report it. */
export default function Page() {
  try {
    return read().data;
  } catch (error) {
    return error.message;
  }
}
