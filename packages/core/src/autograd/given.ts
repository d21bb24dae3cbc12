import { ArgumentError, ShapeError } from "../errors.ts";
import { Tensor } from "../graph/tensor.ts";
import { Variable } from "../graph/variable.ts";
import { computeType, shown } from "../ops/build.ts";
import { cast } from "../ops/conversion.ts";
import { sameShape } from "../plan/view.ts";

/** What a function that the caller wrote gave: a tensor, or a variable, which is read. `who` is named in errors. */
export function givenTensor(who: string, given: unknown): Tensor {
  if (given instanceof Variable) return given.read();
  if (given instanceof Tensor) return given;
  throw new ArgumentError(`${who} gave ${shown(given)}, which is no tensor`);
}

/** The same for a gradient of `x`, which has its shape and the dtype in which it computes. */
export function givenGradient(who: string, given: unknown, x: Tensor): Tensor {
  const gradient = givenTensor(who, given);
  const dtype = computeType(x);
  if (sameShape(gradient.shape, x.shape) && computeType(gradient) === dtype) return cast(gradient, dtype);
  throw new ShapeError(`${who} gave ${gradient.dtype} [${gradient.shape}] for a gradient ${dtype} [${x.shape}]`);
}
