import "server-only";
import { settings } from "./settings";

type Fields = Readonly<Record<string, string | undefined>>;

/** The largest body that is accepted. No form of the dashboard sends nearly as much. */
const BODY_BYTES_MAX = 16 * 1024;

const PATH_CHARACTERS_MAX = 1_000;

/** Make a route for POST requests from the dashboard's pages. Cross-site requests and large bodies are rejected. */
export function sameOriginPost(
  handle: (request: Request, body: string) => Promise<Response>,
): (request: Request) => Promise<Response> {
  return async (request) => {
    if (request.headers.get("origin") !== ownOrigin(request))
      return Response.json({ title: "Cross-site requests aren't allowed" }, { status: 403 });
    const body = await readBody(request);
    if (body !== undefined) return handle(request, body);
    const title = `Request body larger than ${BODY_BYTES_MAX} bytes`;
    return Response.json({ title }, { status: 413, headers: { Connection: "close" } });
  };
}

/** Return the fields of a posted form. */
export function formOf(body: string): Fields {
  return Object.fromEntries(new URLSearchParams(body));
}

/** Return the text fields of a server action's form. */
export function fieldsOf(form: FormData): Fields {
  return Object.fromEntries(
    [...form].filter((field): field is [string, string] => typeof field[1] === "string"),
  );
}

/** Return the origin at which browsers reach this dashboard. */
export function ownOrigin(request: Request): string {
  const { dashboardUrl } = settings();
  return dashboardUrl ? new URL(dashboardUrl).origin : `http://${request.headers.get("host")}`;
}

/** Redirect to a page of the dashboard. The headers of `Response.redirect()` can't be changed, so it can't set cookies. */
export function redirectTo(request: Request, path: string): Response {
  const Location = new URL(path, ownOrigin(request)).href;
  return new Response(null, { status: 303, headers: { Location } });
}

/** Return the path if it stays on this site and fits into a sign-in's cookie, and otherwise `/`. */
export function safePath(path: string | null | undefined): string {
  return path && path.length <= PATH_CHARACTERS_MAX && /^\/(?![/\\])[^\s\\]*$/.test(path) ? path : "/";
}

/** Return the body, or undefined if its declared or actual length is too large. */
async function readBody(request: Request): Promise<string | undefined> {
  if (Number(request.headers.get("content-length")) > BODY_BYTES_MAX) return undefined;
  if (!request.body) return "";
  const decoder = new TextDecoder();
  const reader = request.body.getReader();
  let [text, bytes] = ["", 0];
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    bytes += next.value.byteLength;
    if (bytes > BODY_BYTES_MAX) return undefined;
    text += decoder.decode(next.value, { stream: true });
  }
  return text + decoder.decode();
}
