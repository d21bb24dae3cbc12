import type { HostGenerator } from "@tsuki/nn";

/** Examples that are found by their number. */
export interface Dataset<E> {
  readonly length: number;
  /** Example `index` of 0 … length − 1: of an index, always the same. */
  get(index: number): E | Promise<E>;
  /** The examples of an epoch, for data that are cut or changed at random in each; without it, they stay as they are. */
  beginEpoch?(random: HostGenerator): Dataset<E>;
  /** Fewest examples that an epoch has, where `beginEpoch` changes their number. */
  readonly leastLength?: number;
}

/** A list as a data set. */
export function datasetOf<E>(examples: Dataset<E> | readonly E[]): Dataset<E> {
  if ("get" in examples) return examples;
  return { length: examples.length, get: (index) => examples[index] };
}
