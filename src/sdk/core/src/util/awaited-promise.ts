import { awaited } from "./timers.ts";

type Then = Promise<unknown>["then"];

/** The prototype of promises that keep a Node process alive while they are awaited. A `.catch()` is not an `await`. */
const KEPT_ALIVE = {
  __proto__: Promise.prototype,
  constructor: undefined, // `await` then calls `then`, which returns a plain promise
  // oxlint-disable-next-line unicorn/no-thenable -- it is the prototype of promises
  then(...[onFulfilled, onRejected]: Parameters<Then>): Promise<unknown> {
    const next = super.then(onFulfilled, onRejected) as Promise<unknown>;
    return onFulfilled ? awaited(next) : next;
  },
};

/** Make the promise keep a Node process alive while it is awaited. */
export function keptAlive<T>(promise: Promise<T>): Promise<T> {
  return Object.setPrototypeOf(promise, KEPT_ALIVE) as Promise<T>;
}
