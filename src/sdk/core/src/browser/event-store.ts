/** A tracked event as it is sent: its id and its JSON. */
export interface UnsentEvent {
  readonly id: string;
  readonly json: string;
}

/** Storage for unsent events that outlives the page. The owner of an event is the page that will deliver it. */
export interface EventStore {
  /** Save the event. Return false if there is no room for it. */
  save(owner: string, event: UnsentEvent): boolean;
  remove(owner: string, id: string): void;
  /** Return all owners of stored events. */
  owners(): ReadonlySet<string>;
  load(owner: string): readonly UnsentEvent[];
}

/** Options for the storage of unsent events. */
export interface BrowserOptions {
  /** The maximum size of stored events in bytes. Default: 1 MiB. Origins usually have 10 MiB. */
  readonly maxStoredBytes?: number | undefined;
  /** The storage of unsent events. Default: localStorage. */
  readonly store?: EventStore | undefined;
}
