/** The random calls of every op. */
import { creation } from "./creation.ts";
import { elementwise } from "./elementwise.ts";
import { indexing } from "./indexing.ts";
import { products } from "./products.ts";
import { reductions } from "./reductions.ts";
import type { Specs } from "./spec.ts";
import { views } from "./views.ts";

export const specs: Specs = { ...creation, ...elementwise, ...indexing, ...products, ...reductions, ...views };
