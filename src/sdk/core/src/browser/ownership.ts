/** A page's claim to its stored events: a Web Lock that ends with the page, whatever ends it. */
export class Ownership {
  readonly #scope: string;
  #owner = "";
  #release: (() => void) | undefined;

  constructor(scope: string) {
    this.#scope = scope;
    this.take();
  }

  /** Under which name this page stores its events. */
  get owner(): string {
    return this.#owner;
  }

  /** Takes a new name and holds it. */
  take(): void {
    this.#owner = Math.random().toString(36).slice(2);
    const held = new Promise<void>((resolve) => (this.#release = resolve));
    locks()
      ?.request(this.#scope + this.#owner, () => held)
      .catch(() => {}); // the page is going
  }

  /** Lets go, so that another page may deliver the events, and this one may be kept in the cache. */
  release(): void {
    this.#release?.();
  }

  /** Runs `adopt` if nobody holds this name any more. Without Web Locks nobody can tell: the API deduplicates. */
  async inherit(owner: string, adopt: () => void): Promise<void> {
    if (owner === this.#owner) return;
    const manager = locks();
    if (!manager) return adopt();
    await manager.request(this.#scope + owner, { ifAvailable: true }, (lock) => {
      if (lock) adopt();
    });
  }
}

/** Absent in pages that are not secure. */
function locks(): LockManager | undefined {
  return (navigator as { locks?: LockManager }).locks;
}
