import type { Message } from "./http.ts";

/** The text as a request's body, compressed where the platform can. */
export async function compress(text: string): Promise<Message> {
  if (!canGzip()) return { body: text };
  const compressed = new Response(text).body!.pipeThrough(new globalThis.CompressionStream("gzip"));
  const body = await new Response(compressed).arrayBuffer();
  return { body, headers: { "Content-Encoding": "gzip" } };
}

/**
 * Edge functions of Next.js have a function of this name that throws, and their build warns of the plain
 * name outside `typeof`.
 */
function canGzip(): boolean {
  return typeof CompressionStream === "function" && "readable" in CompressionStream.prototype;
}
