/** The text, compressed. */
export function gzip(text: string): Promise<ArrayBuffer> {
  const { readable, writable } = new CompressionStream("gzip");
  const writer = writable.getWriter();
  const written = Promise.all([writer.write(new TextEncoder().encode(text)), writer.close()]);
  written.catch(() => {}); // the reading side fails too, and is awaited
  return new Response(readable).arrayBuffer();
}
