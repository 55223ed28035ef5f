type Listener = () => void;

/** How long a state that nobody looks at is kept for whoever comes back. */
const KEPT_FOR_MS = 5 * 60_000;

/** A state that components watch through `useSyncExternalStore`. */
export abstract class Observable<State extends object> {
  readonly #listeners = new Set<Listener>();
  readonly #forget: () => void;
  #state: State;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(state: State, forget: () => void) {
    this.#state = state;
    this.#forget = forget;
  }

  readonly getSnapshot = (): State => this.#state;

  readonly subscribe = (listener: Listener): (() => void) => {
    clearTimeout(this.#timer);
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.onWatched();
    return () => {
      this.#listeners.delete(listener);
      if (!this.#listeners.size) this.#timer = setTimeout(this.#forget, KEPT_FOR_MS);
    };
  };

  /** The first component has come. */
  protected abstract onWatched(): void;

  protected change(changes: Partial<State>): void {
    this.#state = { ...this.#state, ...changes };
    for (const listener of this.#listeners) listener();
  }
}
