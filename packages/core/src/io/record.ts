import { ArgumentError } from "../errors.ts";
import { isPlain, shown } from "../ops/build.ts";
import type { TensorData } from "./data.ts";

/**
 * Checks that something is a record of host copies by name, before it is saved or loaded.
 *
 * @param op Named in the error.
 * @throws ArgumentError for anything else, such as a promise of one, and that names an entry which is no host copy.
 */
export function checkRecord(op: string, record: Readonly<Record<string, TensorData>>): void {
  if (!isPlain(record)) {
    const remedy = (record as unknown) instanceof Promise ? "; await it first" : "";
    throw new ArgumentError(`${op}: a record of host copies by name is needed, not ${shown(record)}${remedy}`);
  }
  for (const [name, value] of Object.entries(record)) {
    if (ArrayBuffer.isView(value?.data)) continue;
    throw new ArgumentError(
      `${op}: ${shown(name)} is ${shown(value)}, not { dtype, shape, data } on the host; give await readAll(…)`,
    );
  }
}
