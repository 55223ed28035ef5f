import { useMetrics as read } from "@acme/analytics-react";

/** A mistake: a hook in a server component; by another name, or the linter would find it. */
export default function Page() {
  try {
    return read().data;
  } catch (error) {
    return error.message;
  }
}
