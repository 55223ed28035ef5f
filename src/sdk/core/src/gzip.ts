/** Compress the text. */
export function gzip(text: string): Promise<ArrayBuffer> {
  const compressed = new Response(text).body!.pipeThrough(new globalThis.CompressionStream("gzip"));
  return new Response(compressed).arrayBuffer();
}

/**
 * Whether the platform can. Edge functions of Next.js have a function of this name that throws, and their
 * build warns of the plain name outside `typeof`.
 */
export function canGzip(): boolean {
  return typeof CompressionStream === "function" && "readable" in CompressionStream.prototype;
}
