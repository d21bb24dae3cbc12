/** A text of its own as tokens. */
export interface Document {
  readonly ids: Int32Array;
  /** As long: what each place is to be predicted as, `ignoredLabel` where that does not count. */
  readonly labels: Int32Array;
}

/** A text of which every token counts. */
export function documentOf(ids: ArrayLike<number>): Document {
  const tokens = Int32Array.from(ids);
  return { ids: tokens, labels: tokens };
}
