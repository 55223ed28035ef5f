export type Timer = ReturnType<typeof setTimeout>;

/** A timer that keeps no Node process alive. */
export function later(callback: () => void, ms: number): Timer {
  const timer = setTimeout(callback, ms);
  (timer as { unref?: () => void }).unref?.();
  return timer;
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    later(resolve, ms);
  });
}
