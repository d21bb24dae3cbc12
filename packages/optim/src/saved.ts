import { ArgumentError, type DType, fromData, StateError, shown, Tensor, type TensorData, Variable } from "@tsuki/core";

/** A tensor of a checkpoint: contents from a file, or a value or variable of this program. */
export type SavedTensor = Variable | Tensor | TensorData;

/** Shape and dtype of what is loaded. */
export interface Form {
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** @throws ArgumentError for what is no record, such as a promise of one */
export function checkSaved(record: object): void {
  if (typeof record === "object" && record !== null && !(record instanceof Promise)) return;
  const remedy = (record as unknown) instanceof Promise ? "; await it first" : "";
  throw new ArgumentError(`loadStateDict: a record of what was saved is needed, not ${shown(record)}${remedy}`);
}

/** What is wrong with a saved tensor that must be there. */
export function mismatch(key: string, saved: Readonly<Record<string, SavedTensor>>, { shape, dtype }: Form): string[] {
  if (!Object.hasOwn(saved, key)) return [`missing: ${key}`];
  const found = saved[key];
  if (found.shape.join() === shape.join() && found.dtype === dtype) return [];
  return [`${key}: [${found.shape}] ${found.dtype} where [${shape}] ${dtype} is needed`];
}

/** The keys that nothing knows. */
export function unexpected(keys: readonly string[], known: ReadonlySet<string>): string[] {
  return keys.filter((key) => !known.has(key)).map((key) => `unexpected: ${key}`);
}

/** @throws StateError that names all problems, if there are any */
export function refuse(what: string, problems: readonly string[]): void {
  if (problems.length > 0) throw new StateError(`the state of ${what} does not fit:\n  ${problems.join("\n  ")}`);
}

/** A saved tensor as a value. */
export function contents(saved: SavedTensor): Tensor {
  if (saved instanceof Variable) return saved.read();
  return saved instanceof Tensor ? saved : fromData(saved);
}
