/** Something whose state is plain data: a loader, a generator of random numbers. */
export interface Stateful {
  /** What JSON can hold. */
  state(): unknown;
  // A method, so that each may ask for the type that its own `state()` has.
  restore(state: never): void;
}

/** Where a trainer takes its batches from; the state is the place of the next one. */
export interface BatchSource<B> extends Stateful {
  next(): B | Promise<B>;
}
