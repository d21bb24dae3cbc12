/** The ops that are methods of tensors and variables as well as functions: one line for each file of ops. */
export { logSoftmax, relu, silu, softmax } from "./activation.ts";
export {
  abs,
  add,
  clamp,
  div,
  floor,
  floorDivide,
  isFinite,
  maximum,
  minimum,
  mod,
  mul,
  neg,
  pow,
  reciprocal,
  rsqrt,
  sign,
  sqrt,
  square,
  sub,
} from "./arithmetic.ts";
export { eq, ge, gt, le, logicalAnd, logicalNot, logicalOr, lt, ne } from "./comparison.ts";
export { cast, detach } from "./conversion.ts";
export { gather, take, topK } from "./indexing.ts";
export { groupedMatmul, matmul } from "./matmul.ts";
export { all, any, argmax, argmin, logsumexp, max, mean, min, sum } from "./reduction.ts";
export { cos, exp, log, sigmoid, sin, tanh } from "./transcendental.ts";
export {
  expand,
  flip,
  narrow,
  pad,
  permute,
  reshape,
  select,
  slice,
  split,
  squeeze,
  transpose,
  unsqueeze,
} from "./views.ts";
