import type { SessionView } from "./session";
import { rememberLeft } from "./tab-memory";

/** Load the dashboard of another organisation of the user, who has left this one. */
export function openAfterLeaving({ org_id, organizations }: SessionView): void {
  const others = organizations.filter((one) => one.org_id !== org_id);
  const left = organizations.find((one) => one.org_id === org_id);
  if (left && others.length) rememberLeft(left.name);
  openOrganization("/dashboard");
}

/**
 * Load a page in this organisation, with the user's current role in it. Without `org_id`, the page is loaded in the
 * user's first organisation.
 */
export function openOrganization(path: string, org_id?: string): void {
  const form = document.createElement("form");
  form.method = "post";
  form.action = "/session/organization";
  for (const [name, value] of Object.entries({ return: path, org_id })) {
    if (value === undefined) continue;
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name, value });
    form.append(field);
  }
  document.body.append(form);
  form.submit();
}
