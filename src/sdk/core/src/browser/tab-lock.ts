/** A Web Lock that marks stored events as this page's. The browser releases it when the page ends or crashes. */
export class TabLock {
  readonly #prefix: string;
  /** The name under which this page stores its events. */
  declare owner: string;
  #release: (() => void) | undefined;

  constructor(prefix: string) {
    this.#prefix = prefix;
    this.acquire();
  }

  /** Choose a new name and lock it. */
  acquire(): void {
    this.owner = Math.random().toString(36).slice(2);
    const held = new Promise<void>((resolve) => (this.#release = resolve));
    locks()
      ?.request(this.#prefix + this.owner, () => held)
      .catch(() => {}); // the page is being unloaded
  }

  /** Unlock, so that another page may deliver the events, and the back-forward cache may keep this page. */
  release(): void {
    this.#release?.();
  }

  /** Run `adopt` if no page holds the owner's lock. Without Web Locks it always runs, and the API removes duplicates. */
  async inherit(owner: string, adopt: () => void): Promise<void> {
    if (owner === this.owner) return;
    const manager = locks();
    if (!manager) return adopt();
    await manager.request(this.#prefix + owner, { ifAvailable: true }, (lock) => {
      if (lock) adopt();
    });
  }
}

/** Return the lock manager, which pages over plain http don't have. */
function locks(): LockManager | undefined {
  return (navigator as { locks?: LockManager }).locks;
}
