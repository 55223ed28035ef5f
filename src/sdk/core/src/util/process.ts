interface NodeProcess {
  readonly pid: number;
  readonly versions?: { readonly node?: string };
  once?(event: string, listener: () => void): void;
  listenerCount(event: string): number;
  kill(pid: number, signal: string): void;
}

/** A client that delivers its events before the process ends. */
export interface Deliverer {
  readonly unsettled: ReadonlySet<unknown>;
  /** Deliver the queued events within a time limit. */
  deliver(): Promise<void>;
}

const SIGNALS = ["SIGINT", "SIGTERM"];
// One listener serves all clients: Node warns about more than ten.
const unfinished = new Set<Deliverer>();
let isListeningToSignals = false;

/** Deliver the client's events before the Node process ends. */
export function deliverBeforeExit(client: Deliverer): void {
  if (unfinished.has(client)) return;
  if (!unfinished.size) nodeProcess()?.once?.("beforeExit", () => void deliverAll());
  for (const other of unfinished) if (!other.unsettled.size) unfinished.delete(other);
  unfinished.add(client);
}

/**
 * Deliver when SIGINT or SIGTERM is sent to the Node process. The signal then ends the process, unless the app has
 * its own listener.
 */
export function deliverOnSignal(): void {
  if (isListeningToSignals) return;
  isListeningToSignals = true;
  const node = nodeProcess();
  const end = async (signal: string): Promise<void> => {
    await deliverAll();
    if (!node!.listenerCount(signal)) node!.kill(node!.pid, signal);
  };
  for (const signal of SIGNALS) node?.once?.(signal, () => void end(signal));
}

/** Deliver the events of all clients. If the process continues, a client is added again when it tracks again. */
async function deliverAll(): Promise<void> {
  const clients = [...unfinished];
  unfinished.clear();
  await Promise.all(clients.map((client) => client.deliver()));
}

/**
 * Return Node's process, or undefined on other platforms. Bundlers replace `process`, but not `globalThis.process`. The
 * substitute in edge runtimes has no version, and its methods throw.
 */
function nodeProcess(): NodeProcess | undefined {
  const found = (globalThis as { process?: NodeProcess }).process;
  return found?.versions?.node ? found : undefined;
}
