import { pageToken } from "@/server/access-token";
import { errorCodeOf, errorResponse } from "@/server/auth-errors";
import { exportUser } from "@/server/privacy-api";

/** Everything that is stored about the user `id`, as a file with one JSON object per line. */
export async function GET(request: Request): Promise<Response> {
  const user_id = new URL(request.url).searchParams.get("id") ?? "";
  try {
    const lines = exportUser(pageToken, user_id);
    const first = await lines.next(); // so that an error of the first page has a status
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(encoded(first.value ?? "")),
      async pull(controller) {
        const { value, done } = await lines.next(); // an error ends the download as incomplete
        if (done) controller.close();
        else controller.enqueue(encoded(value));
      },
      cancel: () => void lines.return(),
    });
    return new Response(body, {
      headers: {
        "Content-Type": "application/x-ndjson",
        "Content-Disposition": `attachment; filename*=UTF-8''${encodeURIComponent(user_id)}.ndjson`,
        "Cache-Control": "no-store",
      },
    });
  } catch (error) {
    return errorResponse(errorCodeOf(error));
  }
}

function encoded(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
