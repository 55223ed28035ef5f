import { version } from "../../package.json";

/** Report that this server works. The API has its own `/healthz`. */
export function GET(): Response {
  return Response.json({ status: "ok", version }, { headers: { "Cache-Control": "no-store" } });
}
