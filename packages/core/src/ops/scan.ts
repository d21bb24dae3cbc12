import { constantLeaf } from "../graph/leaves.ts";
import { defineOp, type Op } from "../graph/op.ts";
import type { Tensor, TensorLike } from "../graph/tensor.ts";
import { mul } from "./arithmetic.ts";
import { build, computeType, normalAxis } from "./build.ts";
import { asNumbers } from "./conversion.ts";
import { concat } from "./joining.ts";
import { flip, slice } from "./slicing.ts";
import { moveAxis, reshape } from "./views.ts";

/** Which operands there are: at least one. */
interface Operands {
  readonly terms: boolean;
  readonly factors: boolean;
}

/**
 * yᵢ = fᵢ·yᵢ₋₁ + tᵢ along the last axis. With λᵢ = gᵢ + fᵢ₊₁·λᵢ₊₁ (a scan from the end) the gradient of tᵢ is λᵢ, that of fᵢ
 * is λᵢ·yᵢ₋₁: nothing is divided, so that zeros do no harm.
 */
const scanOp: Op<Operands> = defineOp<Operands>({
  name: "scan",
  key: ({ terms, factors }) => [Number(terms), Number(factors)],
  gradient: ([g], { inputs, outputs: [y], attributes: { terms, factors } }) => {
    // The first factor of the scan from the end is not used.
    const behind = factors ? later(flip(inputs[inputs.length - 1], -1), 0) : null;
    const adjoint = g && flip(scan(flip(g, -1), behind), -1);
    const ofFactors = factors && adjoint ? mul(adjoint, later(y, terms ? 0 : 1)) : null;
    return terms ? [adjoint, ofFactors] : [ofFactors];
  },
  lower: (l, inputs, { terms, factors }) => [
    l.scan(terms ? inputs[0] : null, factors ? inputs[inputs.length - 1] : null),
  ],
});

function scan(terms: Tensor | null, factors: Tensor | null): Tensor {
  const inputs = [terms, factors].filter((x) => x !== null);
  const [{ shape, dtype }] = inputs;
  return build(scanOp, inputs, { terms: terms !== null, factors: factors !== null }, { shape, dtype });
}

/** Every entry a place later along the last axis, behind `first`. */
export function later(x: Tensor, first: number): Tensor {
  const shape = [...x.shape.slice(0, -1), Math.min(1, x.shape[x.rank - 1])];
  return concat([constantLeaf(first, computeType(x), shape), slice(x, -1, 0, -1)], -1);
}

/** A scan along any axis of a tensor; one of rank 0 is a row of one entry. */
function alongAxis(name: string, x: TensorLike, axis: number, walk: (row: Tensor) => Tensor): Tensor {
  const given = asNumbers(x, name);
  const tensor = given.rank === 0 ? reshape(given, [1]) : given;
  const at = normalAxis(name, axis, tensor.rank);
  return reshape(moveAxis(walk(moveAxis(tensor, at, -1)), -1, at), given.shape);
}

/** Running sums along an axis: yᵢ = x₀ + … + xᵢ, added in that order. Truth values are counted. */
export function cumsum(x: TensorLike, axis: number): Tensor {
  return alongAxis("cumsum", x, axis, (row) => scan(row, null));
}

/** Running products along an axis: yᵢ = x₀ · … · xᵢ. The gradient is exact where entries are 0. */
export function cumprod(x: TensorLike, axis: number): Tensor {
  return alongAxis("cumprod", x, axis, (row) => scan(null, row));
}
