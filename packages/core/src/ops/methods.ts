/** The ops that are methods of tensors and variables as well as functions: one line for each file of ops. */
export {
  elu,
  gelu,
  hardSigmoid,
  hardSwish,
  leakyRelu,
  logSigmoid,
  mish,
  relu,
  relu6,
  selu,
  silu,
  softplus,
  softsign,
} from "./activation.ts";
export { abs, add, div, lerp, mul, neg, reciprocal, rsqrt, sign, sqrt, square, sub } from "./arithmetic.ts";
export { allClose, isClose } from "./closeness.ts";
export { eq, ge, gt, le, logicalAnd, logicalNot, logicalOr, logicalXor, lt, ne } from "./comparison.ts";
export { dot, outer, tensordot } from "./contraction.ts";
export { cast, detach } from "./conversion.ts";
export { floorDivide, mod } from "./division.ts";
export { erf, exp, exp2, expm1, log, log1p, log2, log10, logaddexp, sigmoid } from "./exponential.ts";
export { clamp, maximum, minimum } from "./extremes.ts";
export { isFinite, isInf, isNaN, nanToNum } from "./finiteness.ts";
export { groupedMatmul } from "./grouped-matmul.ts";
export { segmentSum } from "./grouping.ts";
export { acosh, asinh, atanh, cosh, sinh, tanh } from "./hyperbolic.ts";
export { gather, indexSelect, take, takeAlongAxis } from "./indexing.ts";
export { matmul } from "./matmul.ts";
export { pad } from "./padding.ts";
export { pow } from "./power.ts";
export { all, any, argmax, argmin, max, mean, min, prod, sum } from "./reduction.ts";
export { ceil, floor, round, trunc } from "./rounding.ts";
export { cumprod, cumsum } from "./scan.ts";
export { indexAdd, maskedFill, scatter, scatterAdd } from "./scattering.ts";
export { sliceScatter } from "./slice-scatter.ts";
export { diagonal, flip, narrow, select, slice } from "./slicing.ts";
export { logSoftmax, logsumexp, softmax } from "./softmax.ts";
export { argsort, sort, topK } from "./sorting.ts";
export { chunk, split, unbind } from "./splitting.ts";
export { norm, std, variance as var } from "./statistics.ts";
export { repeat, repeatInterleave, roll } from "./tiling.ts";
export { tril, triu } from "./triangle.ts";
export { acos, asin, atan, atan2, cos, sin, tan } from "./trigonometry.ts";
export { expand, flatten, moveAxis, permute, reshape, squeeze, transpose, unsqueeze } from "./views.ts";
