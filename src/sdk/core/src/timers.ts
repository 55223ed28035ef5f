export type Timer = ReturnType<typeof setTimeout>;

/** A timer that keeps no Node process alive. */
export function later(callback: () => void, ms: number): Timer {
  const timer = setTimeout(callback, ms);
  (timer as { unref?: () => void }).unref?.();
  return timer;
}

/** More than passes between two attempts: a longer step of the clock was a sleep. */
const AWAKE_STEP_MS_MAX = 60_000;
let awake = 0;
let looked = 0;

/** Milliseconds for which the device was awake. A closed laptop or a frozen function does not count. */
export function awakeMs(): number {
  const now = performance.now();
  awake += Math.min(now - looked, AWAKE_STEP_MS_MAX);
  looked = now;
  return awake;
}

/** Keeps a Node process alive until the work that somebody waits for is done. */
export function awaited<T>(work: Promise<T>): Promise<T> {
  const alive = setInterval(() => {}, 2 ** 30);
  return work.finally(() => clearInterval(alive));
}

/** The promise, whose rejection is not unhandled when nobody waits for it. */
export function optional<T extends Promise<unknown>>(promise: T): T {
  promise.catch(() => {});
  return promise;
}
