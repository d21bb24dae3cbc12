import type { Tensor } from "@tsuki/core";
import type { Projections } from "./attention.ts";
import type { Routing } from "./routing.ts";

/**
 * What a forward pass shows of its inside, to tests, experiments and losses. The values are lazy: those that nobody reads
 * are not computed. Layers count from 0.
 */
export type Observation =
  /** The residual stream: the embedding, what leaves a layer, and what leaves the final norm. [B, T, D] */
  | { readonly kind: "hidden"; readonly place: "embedding" | "norm" | number; readonly value: Tensor }
  /** What attends to what in a layer. */
  | { readonly kind: "projections"; readonly layer: number; readonly projections: Projections }
  /** The output of a layer's attention, before the residual sum. [B, T, D] */
  | { readonly kind: "attention"; readonly layer: number; readonly output: Tensor }
  /** The output of a layer's dense or mixture-of-experts part, before the residual sum. [B, T, D] */
  | { readonly kind: "mlp"; readonly layer: number; readonly output: Tensor }
  /** The choices of a layer's router, for N = B·T tokens in row-major order. */
  | { readonly kind: "routing"; readonly layer: number; readonly routing: Routing };

export type Observe = (observation: Observation) => void;
