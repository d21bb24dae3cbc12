/** The random calls of every op. */
import { creation } from "./creation.ts";
import { elementwise } from "./elementwise.ts";
import { indexing } from "./indexing.ts";
import { products } from "./products.ts";
import { reductions } from "./reductions.ts";
import type { Specs } from "./spec.ts";
import { views } from "./views.ts";

const extensibleOf = (kind: Specs): Specs =>
  Object.fromEntries(Object.entries(kind).filter(([, { extend }]) => extend));

/** Those whose operands may be values of a longer program, by kind. */
export const extensible: readonly Specs[] = [elementwise, reductions, views, products].map(extensibleOf);

/** A few of each kind that fusion treats in its own way, so that programs meet their combinations. */
export const structures: readonly Specs[] = [
  { neg: elementwise.neg, add: elementwise.add, exp: elementwise.exp },
  { sum: reductions.sum, max: reductions.max, softmax: reductions.softmax, cumsum: reductions.cumsum },
  { flip: views.flip, permute: views.permute, slice: views.slice, reshape: views.reshape, expand: views.expand },
  { pad: views.pad, concat: views.concat, split: views.split, tril: views.tril, matmul: products.matmul },
];

/** The random calls of every op. */
export const specs: Specs = { ...creation, ...elementwise, ...indexing, ...products, ...reductions, ...views };
