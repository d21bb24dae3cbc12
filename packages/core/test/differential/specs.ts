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

/** Those whose operands may be values of a longer program, by kind: a kind is as frequent as it is listed. */
export const extensible: readonly Specs[] = [
  elementwise,
  elementwise,
  reductions,
  reductions,
  views,
  views,
  products,
].map(extensibleOf);

export const specs: Specs = { ...creation, ...elementwise, ...indexing, ...products, ...reductions, ...views };
