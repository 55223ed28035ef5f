// A server in a separate process that counts the events it receives and fails in the way its argument selects.
import { createServer } from "node:http";
import { gunzipSync } from "node:zlib";

const RESULT = { accountId: "bench", success: true, status: 1 };

/** For the path of each SDK: the ids of events, and a successful response. */
const DIALECTS = {
  "/api/v1/events": {
    ids: ({ events }) => events.map(({ event_id }) => event_id),
    answer: ({ events }) => {
      const results = events.map(({ event_id, properties }, index) =>
        properties.poison
          ? {
              index,
              event_id,
              status: "rejected",
              error: { pointer: `/events/${index}`, code: "poison", detail: "is bad" },
            }
          : { index, event_id, status: "created" },
      );
      const rejected = results.filter(({ status }) => status === "rejected").length;
      return [rejected ? 207 : 201, { created: results.length - rejected, duplicates: 0, rejected, results }];
    },
    isPoison: ({ properties }) => properties.poison,
    list: ({ events }) => events,
  },
  "/v1/batch": {
    ids: ({ batch }) => batch.map(({ messageId }) => messageId),
    answer: () => [200, RESULT],
    isPoison: ({ properties }) => properties.poison,
    list: ({ batch }) => batch,
  },
  "/batch/": {
    ids: ({ batch }) => batch.map(({ uuid }) => uuid),
    answer: () => [200, RESULT],
    isPoison: ({ properties }) => properties.poison,
    list: ({ batch }) => batch,
  },
  "/2/httpapi": {
    ids: ({ events }) => events.map(({ insert_id }) => insert_id),
    answer: ({ events }) => [200, { code: 200, events_ingested: events.length }],
    isPoison: ({ event_properties }) => event_properties.poison,
    list: ({ events }) => events,
  },
};

const REFUSED_FROM_EVENTS = 11;

/** Ways to fail, as a function of the number of the request with events, and of the time since the first of these requests. */
const MODES = {
  good: () => undefined,
  "20 % of 500s": (n) => (n % 5 === 4 ? { status: 500 } : undefined),
  "15 s outage, then close": (_, ms) => (ms < 15_000 ? { status: 500 } : undefined),
  "429 + Retry-After for 20 s": (_, ms) => (ms < 20_000 ? { status: 429, retryAfter: 5 } : undefined),
  "20 requests/s": limited(20),
  "10 % lost responses": (n) => (n % 10 === 9 ? { lost: true } : undefined),
  "10 poison events": () => undefined,
  "permanent 401": () => ({ status: 401 }),
  "rejected size (413)": (_, __, events) => (events >= REFUSED_FROM_EVENTS ? { status: 413 } : undefined),
  outage: (_, ms) => (ms < 6_000 ? { status: 500 } : undefined),
  "10 % without a response": (n) => (n % 10 === 9 ? { hang: true } : undefined),
};

/** Accept this number of requests per second, and reject others with 429 and a Retry-After of two seconds. */
function limited(perSecond) {
  let [second, count] = [0, 0];
  return (_, ms) => {
    const now = Math.floor(ms / 1000);
    if (now !== second) [second, count] = [now, 0];
    return ++count > perSecond ? { status: 429, retryAfter: 2 } : undefined;
  };
}

const fault = MODES[process.argv[2]];
const deliveries = new Map();
const counts = { requests: 0, bytes: 0, inFlight: 0, inFlightMax: 0 };
let firstAt;

const server = createServer((request, response) => void handle(request, response));

async function handle(request, response) {
  const path = request.url.split("?")[0];
  const dialect = DIALECTS[path];
  if (path === "/stats") return send(response, 200, stats());
  if (!dialect) return send(response, 200, { access_token: "token", expires_in: 900 });
  counts.inFlightMax = Math.max(counts.inFlightMax, ++counts.inFlight);
  response.once("close", () => counts.inFlight--);
  const body = await bodyOf(request);
  firstAt ??= Date.now();
  const failure = fault(counts.requests++, Date.now() - firstAt, dialect.list(body).length) ?? {};
  if (failure.hang) return undefined;
  if (failure.status) {
    return send(
      response,
      failure.status,
      { code: failure.status },
      failure.retryAfter && { "Retry-After": failure.retryAfter },
    );
  }
  const isRefused = path !== "/api/v1/events" && dialect.list(body).some(dialect.isPoison);
  if (isRefused) return send(response, 400, {}); // other APIs have no result per event
  const taken = dialect.list(body).map((event) => !dialect.isPoison(event));
  for (const [index, id] of dialect.ids(body).entries()) {
    if (taken[index]) deliveries.set(id, (deliveries.get(id) ?? 0) + 1);
  }
  if (failure.lost) return response.destroy();
  return send(response, ...dialect.answer(body));
}

server.listen(0, "127.0.0.1", () => process.send(server.address().port));
process.on("disconnect", () => process.exit());

function stats() {
  const sent = [...deliveries.values()].reduce((sum, times) => sum + times, 0);
  const { requests, bytes, inFlightMax } = counts;
  return { stored: deliveries.size, repeats: sent - deliveries.size, requests, bytes, inFlightMax };
}

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  counts.bytes += body.length;
  return JSON.parse(body[0] === 0x1f ? gunzipSync(body) : body);
}

function send(response, status, body, headers = {}) {
  response.writeHead(status, { "Content-Type": "application/json", ...headers }).end(JSON.stringify(body));
}
