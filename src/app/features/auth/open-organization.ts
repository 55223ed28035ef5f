import type { SessionView } from "./session";
import { rememberLeft } from "./tab-memory";

/** Load the overview of the user's first organisation, after they have left this one. */
export function openAfterLeaving({ org_id, organizations }: SessionView): void {
  const others = organizations.filter((one) => one.org_id !== org_id);
  const left = organizations.find((one) => one.org_id === org_id);
  if (left && others.length) rememberLeft(left.name);
  const form = document.createElement("form");
  form.method = "post";
  form.action = "/session/organization";
  document.body.append(form);
  form.submit();
}
