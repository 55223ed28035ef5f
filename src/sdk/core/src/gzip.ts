import type { Message } from "./http.ts";

/** The text as a request's body, compressed if it is so long and the platform can. */
export async function compress(text: string, from: number): Promise<Message> {
  if (text.length < from || typeof CompressionStream !== "function") return { body: text };
  const compressed = new Response(text).body!.pipeThrough(new CompressionStream("gzip"));
  const body = await new Response(compressed).arrayBuffer();
  return { body, headers: { "Content-Encoding": "gzip" } };
}
