/** Longest work in milliseconds without giving way to the event loop. */
const longest = 16;

/**
 * The next turn of the event loop: timers, signals and finalizers run before it resolves. Microtasks would starve them.
 */
export function macrotask(): Promise<void> {
  return typeof setImmediate === "function" ? new Promise((resolve) => setImmediate(resolve)) : throughMessageChannel();
}

/** A macrotask where there is no `setImmediate`: in browsers, whose `setTimeout` would wait for 4 ms. */
export function throughMessageChannel(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/** Does work that comes in small pieces, giving way to the event loop at least once in 16 ms. */
export class Pace {
  #since = performance.now();

  async through(pieces: Iterable<unknown>): Promise<void> {
    for (const _ of pieces) {
      if (performance.now() - this.#since >= longest) await this.giveWay();
    }
  }

  async giveWay(): Promise<void> {
    await macrotask();
    this.#since = performance.now();
  }
}
