import type { Tensor, TensorLike } from "@tsuki/core";
import type { AttentionContext } from "./attention.ts";
import type { Module } from "./module.ts";

/** What a language model knows of its tokens besides the tokens. */
export interface LanguageModelContext extends AttentionContext {
  /** The place of the token whose logits alone are wanted, a run-time number: they are [batch, 1, V]. Default: all. */
  readonly logitsAt?: TensorLike;
}

/** A causal language model: ids [batch, T] (int32) → logits [batch, T, V]. */
export type LanguageModel = Module<[ids: Tensor, context?: LanguageModelContext], Tensor>;
