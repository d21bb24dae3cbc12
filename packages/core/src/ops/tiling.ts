import { ShapeError } from "../errors.ts";
import { dataLeaf } from "../graph/leaves.ts";
import { Result, type Tensor, type TensorLike } from "../graph/tensor.ts";
import { asTensor, checkCount, checkList, normalAxis } from "./build.ts";
import { indexSelect } from "./indexing.ts";
import { concat } from "./joining.ts";
import { slice } from "./slicing.ts";
import { expand, flatten, reshape, unsqueeze } from "./views.ts";

/** The whole tensor, `counts[axis]` times along every axis; more counts than axes add axes in front (PyTorch's rule). */
export function repeat(x: TensorLike, counts: readonly number[]): Tensor {
  const tensor = asTensor(x, "repeat");
  checkList("repeat", counts);
  for (const count of counts) checkCount("repeat", "a count", count);
  const added = counts.length - tensor.rank;
  if (added < 0) throw new ShapeError(`repeat: shape [${tensor.shape}] has more axes than the counts [${counts}]`);
  const shape = [...new Array<number>(added).fill(1), ...tensor.shape];
  const apart = reshape(
    tensor,
    shape.flatMap((extent) => [1, extent]),
  );
  const repeated = expand(
    apart,
    shape.flatMap((extent, axis) => [counts[axis], extent]),
  );
  return reshape(
    repeated,
    shape.map((extent, axis) => counts[axis] * extent),
  );
}

/**
 * Every entry along an axis several times in a row: as often as a number says, or one number for each entry. Without an
 * axis the tensor is flattened.
 */
export function repeatInterleave(x: TensorLike, repeats: number | readonly number[], axis?: number): Tensor {
  const given = asTensor(x, "repeatInterleave");
  const tensor = axis === undefined ? flatten(given) : given;
  const at = normalAxis("repeatInterleave", axis ?? 0, tensor.rank);
  const extent = tensor.shape[at];
  for (const count of [repeats].flat()) checkCount("repeatInterleave", "a count", count);
  if (typeof repeats === "number") {
    const apart = unsqueeze(tensor, at + 1);
    const repeated = expand(apart, [...tensor.shape.slice(0, at + 1), repeats, ...tensor.shape.slice(at + 1)]);
    return reshape(
      repeated,
      tensor.shape.map((e, a) => (a === at ? e * repeats : e)),
    );
  }
  if (repeats.length !== extent) {
    throw new ShapeError(`repeatInterleave: ${repeats.length} counts for axis ${at} of shape [${tensor.shape}]`);
  }
  const places = Int32Array.from(repeats.flatMap((count, place) => new Array<number>(count).fill(place)));
  const signature = { shape: [places.length], dtype: "int32" } as const;
  return indexSelect(tensor, at, dataLeaf(new Result(signature, places), signature.shape, "int32"));
}

/**
 * Shifts entries along axes; what leaves at one end comes back at the other: y[(i + shift) mod n] = x[i]. Without an axis
 * the flattened tensor is shifted.
 */
export function roll(x: TensorLike, shift: number | readonly number[], axis?: number | readonly number[]): Tensor {
  const tensor = asTensor(x, "roll");
  if (axis === undefined) return reshape(roll(flatten(tensor), shift, 0), tensor.shape);
  const [shifts, axes] = [shift, axis].map((list) => [list].flat());
  if (shifts.length !== axes.length || !shifts.every(Number.isInteger)) {
    throw new ShapeError(`roll: one whole number for each axis is needed, not [${shifts}] for axes [${axes}]`);
  }
  return axes.reduce((rolled, a, i) => {
    const extent = rolled.shape[normalAxis("roll", a, rolled.rank)];
    const cut = extent - (((shifts[i] % extent) + extent) % extent);
    return extent === 0 || cut === extent ? rolled : concat([slice(rolled, a, cut), slice(rolled, a, 0, cut)], a);
  }, tensor);
}
