/** The ops that are functions only, since they take no tensor first: one line for each file of ops. */
export { where } from "./comparison.ts";
export { arange, eye, full, ones, onesLike, zeros, zerosLike } from "./creation.ts";
export { groupBy, histogram, oneHot, scatterAdd } from "./indexing.ts";
export { concat, stack } from "./views.ts";
