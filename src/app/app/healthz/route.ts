import { version } from "../../package.json";

/** That this server works; the API's state is the API's own `/healthz`. */
export function GET(): Response {
  return Response.json({ status: "ok", version }, { headers: { "Cache-Control": "no-store" } });
}
