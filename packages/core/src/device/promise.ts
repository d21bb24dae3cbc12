/** The promise of work on a device: it tells whether anybody waits for it, so that no error is lost. */
export class WorkPromise<T> extends Promise<T> {
  /** Called when somebody waits for it. */
  onAwait: (() => void) | undefined;

  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  override then<A = T, B = never>(
    onfulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onrejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.onAwait?.();
    return super.then(onfulfilled, onrejected);
  }
}
