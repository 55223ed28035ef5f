/** Compress the text. */
export function gzip(text: string): Promise<ArrayBuffer> {
  const compressed = new Response(text).body!.pipeThrough(new globalThis.CompressionStream("gzip"));
  return new Response(compressed).arrayBuffer();
}

/**
 * Return whether the platform can compress. Edge functions of Next.js have a `CompressionStream` that throws, and
 * their build warns about the plain name outside `typeof`.
 */
export function canGzip(): boolean {
  return typeof CompressionStream === "function" && "readable" in CompressionStream.prototype;
}
