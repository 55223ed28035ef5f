// The memory of the dashboard's process while it receives large bodies.
import { readFileSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { freePort } from "../../src/sdk/tests/support/processes.ts";
import { expect, test } from "./fixtures.ts";
import { at, serveDashboard } from "./servers.ts";

const ROUTES = ["token", "sign-in", "sign-out", "organization"];
const MB = 1024 * 1024;
const BODY_BYTES = 120 * MB;
const CONCURRENT = 3;
const GROWTH_BYTES_MAX = 100 * MB;
const PIECE = Buffer.alloc(64 * 1024, "a");

test.skip(process.platform !== "linux", "Peak memory is read from /proc.");

test("three bodies of 120 MB at once are not buffered, with and without Content-Length", async () => {
  const dashboard = await serveDashboard({ port: await freePort(), apiUrl: at(await freePort()) });
  try {
    await send(dashboard.url, "token", "Content-Length", PIECE.length); // loads the code of the routes
    writeFileSync(`/proc/${dashboard.pid}/clear_refs`, "5"); // the peak starts again
    const before = peakMemoryOf(dashboard.pid);
    const responses: string[] = [];
    for (const route of ROUTES)
      for (const framing of ["Content-Length", "Transfer-Encoding"] as const) {
        const bodies = Array.from({ length: CONCURRENT }, () => send(dashboard.url, route, framing));
        responses.push(...(await Promise.all(bodies)));
      }

    expect(peakMemoryOf(dashboard.pid) - before).toBeLessThan(GROWTH_BYTES_MAX);
    for (const response of responses) expect(response).toMatch(/^(HTTP\/1\.1 413 |$)/);
    expect((await fetch(`${dashboard.url}/healthz`)).ok).toBe(true);
  } finally {
    await dashboard.stop();
  }
});

/** Send a body until its end or until the server closes the connection. Return the response. */
async function send(origin: string, route: string, framing: string, bytes = BODY_BYTES): Promise<string> {
  const { hostname, port, host } = new URL(origin);
  const socket = connect(Number(port), hostname);
  const length = framing === "Content-Length" ? String(bytes) : "chunked";
  const head = [`POST /session/${route} HTTP/1.1`, `Host: ${host}`, `Origin: ${origin}`, "Connection: close"];
  const response = text(socket).catch(() => ""); // reset before the response was read
  const piece = framing === "Content-Length" ? PIECE : chunk(PIECE);
  socket.write(`${[...head, `${framing}: ${length}`].join("\r\n")}\r\n\r\n`);
  for (let sent = 0; sent < bytes && socket.writable; sent += PIECE.length) await write(socket, piece);
  if (framing !== "Content-Length" && socket.writable) socket.write("0\r\n\r\n");
  return response;
}

/** Write a piece, and wait until the server has taken it or the connection is closed. */
function write(socket: Socket, piece: Buffer): Promise<void> {
  return new Promise((resolve) => {
    socket.once("close", resolve);
    socket.write(piece, () => {
      socket.off("close", resolve);
      resolve();
    });
  });
}

function chunk(piece: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from("\r\n")]);
}

/** Return the process's peak memory in bytes. */
function peakMemoryOf(pid: number): number {
  const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))!;
  return Number(kilobytes) * 1024;
}
