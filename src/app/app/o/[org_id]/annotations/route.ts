import type { AnnotationDescription } from "@acme/analytics-sdk";
import { pageToken } from "@/server/access-token";
import { listAnnotations } from "@/server/annotations-api";
import { errorCodeOf } from "@/server/auth-errors";

/** The annotations from the time `start_date` to the time `end_date`, or null: charts work without them. */
export async function GET(request: Request): Promise<Response> {
  const search = new URL(request.url).searchParams;
  const [start_date, end_date] = ["start_date", "end_date"].map((name) => search.get(name) ?? "");
  const data = await read(start_date!, end_date!).catch((error: unknown) => {
    errorCodeOf(error); // throws an unexpected error
    return null;
  });
  return Response.json({ data }, { headers: { "Cache-Control": "no-store" } });
}

async function read(start_date: string, end_date: string): Promise<readonly AnnotationDescription[]> {
  return listAnnotations(await pageToken(), start_date, end_date);
}
