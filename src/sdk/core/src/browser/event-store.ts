/** An accepted event as it is sent: its identity, and its JSON. */
export interface UnsentEvent {
  readonly id: string;
  readonly json: string;
}

/** Where unsent events outlive their page. Each has an owner: the page that will deliver it. */
export interface EventStore {
  /** Keeps the event; false if there is no room for it. */
  save(owner: string, event: UnsentEvent): boolean;
  remove(owner: string, id: string): void;
  /** Everyone who has events here. */
  owners(): ReadonlySet<string>;
  load(owner: string): readonly UnsentEvent[];
}
