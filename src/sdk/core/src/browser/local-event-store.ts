import type { EventStore, UnsentEvent } from "./event-store.ts";

/**
 * An event store in localStorage, with one item per event. If the storage is full, blocked or edited by other scripts,
 * the page gets no error.
 */
export class LocalEventStore implements EventStore {
  readonly #storage: Storage;
  readonly #prefix: string;
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(storage: Storage, prefix: string, bytesMax: number) {
    this.#storage = storage;
    this.#prefix = prefix;
    this.#bytesMax = bytesMax;
    for (const key of this.#keys()) this.#bytes += this.#sizeOf(key);
  }

  save(owner: string, event: UnsentEvent): boolean {
    const key = this.#key(owner, event.id);
    const size = 2 * (key.length + event.json.length);
    if (this.#bytes + size > this.#bytesMax) return false;
    try {
      this.#storage.setItem(key, event.json);
    } catch {
      return false; // the quota of the origin, which other scripts share, is used up
    }
    this.#bytes += size;
    return true;
  }

  remove(owner: string, id: string): void {
    const key = this.#key(owner, id);
    this.#bytes -= this.#sizeOf(key);
    this.#storage.removeItem(key);
  }

  owners(): ReadonlySet<string> {
    return new Set(this.#keys().map((key) => key.slice(this.#prefix.length).split("/", 1)[0]!));
  }

  load(owner: string): UnsentEvent[] {
    const prefix = this.#key(owner, "");
    const keys = this.#keys().filter((key) => key.startsWith(prefix));
    return keys.sort().flatMap((key) => {
      const json = this.#storage.getItem(key) ?? "";
      return isJson(json) ? { id: key.slice(prefix.length), json } : [];
    });
  }

  #key(owner: string, id: string): string {
    return `${this.#prefix}${owner}/${id}`;
  }

  #keys(): string[] {
    return Object.keys(this.#storage).filter((key) => key.startsWith(this.#prefix));
  }

  /** Return the item's size in bytes. Browsers count two bytes per UTF-16 code unit. */
  #sizeOf(key: string): number {
    const json = this.#storage.getItem(key);
    return json === null ? 0 : 2 * (key.length + json.length);
  }
}

/** Return the page's localStorage, unless the browser denies it. */
export function localStorageOfPage(): Storage | undefined {
  try {
    return window.localStorage;
  } catch {
    return undefined;
  }
}

function isJson(text: string): boolean {
  try {
    return Boolean(JSON.parse(text));
  } catch {
    return false;
  }
}
