// A proxy on loopback in front of the real API that simulates network faults.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync } from "node:zlib";

/** A request that the proxy has received. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  /** The body, decompressed. */
  readonly text: string;
  readonly wireBytes: number;
  readonly at: number;
}

/** The fault for a request. Without a fault, the proxy forwards the request. */
export interface Fault {
  /** Wait this long first. */
  readonly delayMs?: number;
  /** Cut the connection: before the API receives the request, or after it has responded. */
  readonly cut?: "before" | "after";
  /** Respond with this instead of the API's response. */
  readonly response?: { status: number; headers?: Record<string, string>; body?: string };
  /** Never respond. */
  readonly hang?: boolean;
}

export type Faults = (request: Seen, index: number) => Fault | undefined;

export class FaultProxy {
  /** All requests, in the order in which they arrived. */
  readonly seen: Seen[] = [];
  /** Chooses the fault for each request. */
  faults: Faults = () => undefined;
  /** The largest number of requests in flight at the same time. */
  inFlightMax = 0;
  readonly #server: Server;
  readonly #upstream: string;
  #inFlight = 0;

  private constructor(upstream: string) {
    this.#upstream = upstream;
    this.#server = createServer((request, response) => void this.#handle(request, response));
  }

  /** Start a proxy in front of this URL, by default on a free port. */
  static async before(upstream: string, port = 0): Promise<FaultProxy> {
    const proxy = new FaultProxy(upstream);
    await new Promise<void>((resolve) => {
      proxy.#server.listen(port, "127.0.0.1", resolve);
    });
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The requests that carried events. */
  get batches(): Seen[] {
    return this.seen.filter(({ method, path }) => method === "POST" && path === "/api/v1/events");
  }

  get tokenRequests(): Seen[] {
    return this.seen.filter(({ path }) => path === "/api/v1/auth/token");
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.inFlightMax = Math.max(this.inFlightMax, ++this.#inFlight);
    response.once("close", () => this.#inFlight--);
    const body = await bodyOf(request);
    const seen = describe(request, body);
    const fault = this.faults(seen, this.seen.push(seen) - 1) ?? {};
    if (fault.delayMs) await sleep(fault.delayMs);
    if (fault.hang) return;
    if (fault.cut === "before") return void response.destroy();
    if (fault.response) {
      response.writeHead(fault.response.status, fault.response.headers).end(fault.response.body ?? "");
      return;
    }
    await this.#forward(request, body, response, fault.cut === "after");
  }

  async #forward(
    request: IncomingMessage,
    body: Buffer,
    response: ServerResponse,
    isCut: boolean,
  ): Promise<void> {
    const { host: _, connection: __, "content-length": ___, ...headers } = request.headers;
    const forwarded = await fetch(this.#upstream + request.url, {
      method: request.method!,
      headers: headers as Record<string, string>,
      body: body.length ? new Uint8Array(body) : null,
    }).catch(() => undefined);
    const text = await forwarded?.text();
    if (isCut || !forwarded) {
      response.destroy();
      return;
    }
    const { "content-encoding": ____, ...passed } = Object.fromEntries(forwarded.headers);
    response.writeHead(forwarded.status, passed).end(text);
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
  } catch {
    // the client has closed the connection
  }
  return Buffer.concat(chunks);
}

function describe(request: IncomingMessage, body: Buffer): Seen {
  const isGzip = request.headers["content-encoding"] === "gzip";
  return {
    method: request.method!,
    path: request.url!,
    headers: request.headers,
    text: (isGzip ? gunzipSync(body) : body).toString(),
    wireBytes: body.length,
    at: Date.now(),
  };
}
