/** The ops that are functions only, since they take no tensor first: one line for each file of ops. */
export { attention } from "./attention.ts";
export { where } from "./comparison.ts";
export { arange, eye, full, fullLike, linspace, ones, onesLike, zeros, zerosLike } from "./creation.ts";
export { einsum } from "./einsum.ts";
export { groupBy, histogram, oneHot } from "./grouping.ts";
export { concat, stack } from "./joining.ts";
export { bernoulli, normal, permutation, randint, uniform } from "./random.ts";
