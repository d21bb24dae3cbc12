import { macrotask } from "../plan/pace.ts";
import { WorkPromise } from "./promise.ts";

/** Failures of work that nobody was waiting for: each comes with the next await on the device. */
export class Failures {
  #unheard: unknown[] = [];

  add(error: unknown): void {
    this.#unheard.push(error);
  }

  /**
   * The promise of work, and of the news of earlier failures. Where nobody awaits it, its own failure becomes such news: it
   * must not end the process.
   */
  promise<T>(work: Promise<T>): Promise<T> {
    let awaited = false;
    const promise = new WorkPromise<T>((resolve, reject) => {
      const fail = (error: unknown): void => {
        reject(error);
        // One who awaits it has done so by the next turn.
        void macrotask().then(() => {
          if (awaited) this.#unheard = this.#unheard.filter((other) => !isOrCauses(other, error));
          else if (!this.#unheard.includes(error)) this.#unheard.push(error);
        });
      };
      work.then((value) => {
        if (this.#unheard.length > 0) fail(this.#unheard.shift());
        else resolve(value);
      }, fail);
    });
    promise.then(undefined, () => {});
    promise.onAwait = () => {
      awaited = true;
    };
    return promise;
  }
}

/** Whether `error` is `other`, or was caused by it. */
function isOrCauses(other: unknown, error: unknown): boolean {
  let at: unknown = error;
  while (at !== other && at instanceof Error) at = at.cause;
  return at === other;
}
