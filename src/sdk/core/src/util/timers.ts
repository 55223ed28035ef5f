export type Timer = ReturnType<typeof setTimeout>;

/** Set a timer that doesn't keep a Node process alive. A wait of more than 23 days ends after 23 days. */
export function setUnrefTimeout(callback: () => void, ms: number): Timer {
  const timer = setTimeout(callback, Math.min(ms, 2e9));
  (timer as { unref?: () => void }).unref?.();
  return timer;
}

const enum Policy {
  /** Longer than the time between two attempts. If the clock advances by more, the device was asleep. */
  AwakeStepMsMax = 60_000,
}
let awake = 0;
let lastReading = 0;

/** Return for how many milliseconds the device was awake. Time in standby or in a frozen function doesn't count. */
export function awakeMs(): number {
  const previous = lastReading;
  lastReading = performance.now();
  return (awake += Math.min(lastReading - previous, Policy.AwakeStepMsMax));
}

/** Keep a Node process alive until the promise settles. */
export function awaited<T>(work: Promise<T>): Promise<T> {
  const alive = setInterval(() => {}, 1e9);
  return work.finally(() => clearInterval(alive));
}

/** Return the promise, and mark its rejection as handled even if the promise is not awaited. */
export function optional<T extends Promise<unknown>>(promise: T): T {
  promise.catch(() => {});
  return promise;
}
