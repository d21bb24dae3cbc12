import { checkRecord, IndexError, ShapeError, type TensorData } from "@tsuki/core";
import type { Dataset } from "./dataset.ts";

/**
 * The rows of arrays along their first axis, which all have as many: of `{ images: [1797, 8, 8], labels: [1797] }`, example
 * i is `{ images: [8, 8], labels: [] }`, views of row i.
 *
 *     new Loader(new TensorDataset(await loadNpz("digits.npz")), { batch: 32 })      // images [32, 8, 8], labels [32]
 */
export class TensorDataset<Name extends string> implements Dataset<Readonly<Record<Name, TensorData>>> {
  readonly length: number;
  readonly #arrays: Readonly<Record<Name, TensorData>>;

  /** @throws ShapeError where the arrays have different numbers of rows, or one has no axis. */
  constructor(arrays: Readonly<Record<Name, TensorData>>) {
    checkRecord("TensorDataset", arrays);
    const shapes = Object.entries<TensorData>(arrays).map(([name, { shape }]) => ({ name, shape }));
    const rows = new Set(shapes.map(({ shape }) => shape[0]));
    const [length] = rows;
    if (rows.size !== 1 || length === undefined) {
      const given = shapes.map(({ name, shape }) => `${name} [${shape}]`).join(", ");
      throw new ShapeError(
        `TensorDataset: arrays with as many rows along their first axis are needed, not ${given || "none"}`,
      );
    }
    this.length = length;
    this.#arrays = arrays;
  }

  get(index: number): Readonly<Record<Name, TensorData>> {
    if (!(Number.isSafeInteger(index) && index >= 0 && index < this.length)) {
      throw new IndexError(`TensorDataset: there is no row ${index} among ${this.length}`);
    }
    const rows = Object.entries<TensorData>(this.#arrays).map(([name, { dtype, shape, data }]) => {
      const size = data.length / this.length;
      const row: TensorData = { dtype, shape: shape.slice(1), data: data.subarray(index * size, (index + 1) * size) };
      return [name, row] as const;
    });
    return Object.fromEntries(rows) as Record<Name, TensorData>;
  }
}
