import "server-only";
import { headers } from "next/headers";
import { notFound } from "next/navigation";
import { organizationIn } from "@/features/navigation/paths";

const HEADER = "x-acme-organization";

/** Set the header from which `pathOrganization` reads. A value that the browser sent is replaced. */
export function setOrganization(request: Headers, path: string): void {
  request.set(HEADER, organizationIn(path) ?? "");
}

/**
 * Return the organisation in the path of the page or the action. Nothing else decides in which organisation the server
 * reads or acts, so a page can't show one organisation and act in another.
 */
export async function pathOrganization(): Promise<string> {
  return (await headers()).get(HEADER) || notFound();
}
