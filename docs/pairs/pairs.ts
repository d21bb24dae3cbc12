/** Tables of the same computation in Python and in TypeScript. The tests run both sides and compare. */

export interface Pair {
  /** The last line is an expression. */
  readonly python: string;
  /** The last line is an expression, which may have to be awaited. */
  readonly tsuki: string;
  readonly note?: string;
  /**
   * Where the results differ, and that is what the pair shows: the test asks that they do. Default: they are the same.
   */
  readonly differs?: true;
}

export interface Section {
  readonly title: string;
  readonly about?: string;
  readonly pairs: readonly Pair[];
}

/** A page of tables. */
export interface Table {
  readonly title: string;
  readonly about: string;
  /** What both sides may use; shown above the tables. */
  readonly python: string;
  readonly tsuki: string;
  readonly sections: readonly Section[];
}
