import "server-only";
import { foreignOrigin } from "./origin";

type Fields = Readonly<Record<string, string | undefined>>;

/** Much more than any of our forms sends. */
const BODY_BYTES_MAX = 16 * 1024;

/** A route for POST requests of our own pages. Other sites are refused, and bodies before they are buffered. */
export function ownPost(
  handle: (request: Request, body: string) => Promise<Response>,
): (request: Request) => Promise<Response> {
  return async (request) => {
    const refusal = foreignOrigin(request);
    if (refusal) return refusal;
    const body = await readBody(request);
    if (body !== undefined) return handle(request, body);
    const title = `The body is larger than ${BODY_BYTES_MAX} bytes.`;
    return Response.json({ title }, { status: 413, headers: { Connection: "close" } });
  };
}

/** The fields of a posted form. */
export function formOf(body: string): Fields {
  return Object.fromEntries(new URLSearchParams(body));
}

/** The text fields of an action's form. */
export function fieldsOf(form: FormData): Fields {
  return Object.fromEntries(
    [...form].filter((field): field is [string, string] => typeof field[1] === "string"),
  );
}

/** Undefined for a body that is too large, by its declared length or once so much has arrived. */
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
