interface NodeProcess {
  readonly pid: number;
  readonly versions?: { readonly node?: string };
  once?(event: string, listener: () => void): void;
  listenerCount(event: string): number;
  kill(pid: number, signal: string): void;
}

/** A client, as far as the end of a process is concerned. */
export interface Deliverer {
  readonly queue: { readonly unsettled: ReadonlySet<unknown> };
  /** Delivers what is queued, within a time. */
  deliver(): Promise<void>;
}

const SIGNALS = ["SIGINT", "SIGTERM"];
// One listener serves all clients: Node warns of more than ten.
const unfinished = new Set<Deliverer>();
let isListeningToSignals = false;

/** Lets the client deliver before the Node process ends. */
export function deliverBeforeExit(client: Deliverer): void {
  if (unfinished.has(client)) return;
  if (!unfinished.size) nodeProcess()?.once?.("beforeExit", () => void deliverAll());
  for (const other of unfinished) if (!other.queue.unsettled.size) unfinished.delete(other);
  unfinished.add(client);
}

/**
 * Delivers when a signal asks the Node process to end. The process then ends by that signal, unless the
 * app listens to it too and decides for itself.
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

/** A process that goes on, and tracks again, adds its clients again. */
async function deliverAll(): Promise<void> {
  const clients = [...unfinished];
  unfinished.clear();
  await Promise.all(clients.map((client) => client.deliver()));
}

/**
 * Node's process where there is one; found by no name that bundlers would replace. What edge runtimes put
 * in its place has no version, and methods that throw.
 */
function nodeProcess(): NodeProcess | undefined {
  const found = (globalThis as { process?: NodeProcess }).process;
  return found?.versions?.node ? found : undefined;
}
