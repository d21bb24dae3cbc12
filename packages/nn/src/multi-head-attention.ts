import { ArgumentError, checkOptions, type Generator, ShapeError, type Tensor } from "@tsuki/core";
import { type AttentionContext, contextNames, scaledDotProductAttention } from "./attention.ts";
import { checkTensor } from "./checks.ts";
import { checkProbability } from "./dropout.ts";
import type { Initializer } from "./init.ts";
import { Linear } from "./linear.ts";
import { Module } from "./module.ts";
import type { RotaryEmbedding } from "./rotary.ts";
import { checkSizes } from "./sizes.ts";

// B batch, T tokens, S tokens of the source, H query heads, G heads of keys and values, D extent of a head

export interface MultiHeadAttentionOptions {
  readonly hiddenSize: number;
  readonly numHeads: number;
  /** Heads of keys and values, each shared by as many query heads; default `numHeads`. 1 is multi-query attention. */
  readonly numKeyValueHeads?: number;
  /** Extent of a head; default hiddenSize / numHeads. */
  readonly headDim?: number;
  /** Width of the source in cross-attention; default `hiddenSize`. */
  readonly sourceSize?: number;
  /** Whether tokens see only themselves and earlier ones; default false. */
  readonly causal?: boolean;
  /** Tokens see only those less than this many places away; default all. */
  readonly window?: number;
  /** Rotates queries and keys by their positions; several layers may share one. Its `dim` is the extent of a head. */
  readonly rotary?: RotaryEmbedding;
  /** Whether queries, keys and values have a bias; default false. */
  readonly bias?: boolean;
  /** Whether the output has a bias; default `bias`. */
  readonly outBias?: boolean;
  /** The probability with which an attention weight is dropped in training; default 0. */
  readonly dropout?: number;
  /** Initial weights; default that of `Linear`. */
  readonly init?: Initializer;
  readonly generator?: Generator;
}

const optionNames = [
  "hiddenSize",
  "numHeads",
  "numKeyValueHeads",
  "headDim",
  "sourceSize",
  "causal",
  "window",
  "rotary",
  "bias",
  "outBias",
  "dropout",
  "init",
  "generator",
];

/**
 * Attention over several heads, in which groups of query heads may share a head of keys and values (Vaswani et al.,
 * "Attention is all you need"; Ainslie et al., "GQA"):
 *
 *     q = W_q·x    k = W_k·source    v = W_v·source    y = W_o·scaledDotProductAttention(rope(q), rope(k), v)
 *
 * The source is x itself (self-attention) unless another is given (cross-attention). Masks, packed documents, positions
 * and the cache of earlier keys and values come with the context.
 */
export class MultiHeadAttention extends Module<[x: Tensor, context?: AttentionContext, source?: Tensor], Tensor> {
  /** [H·D, hidden] */
  readonly qProj: Linear;
  /** [G·D, source] */
  readonly kProj: Linear;
  /** [G·D, source] */
  readonly vProj: Linear;
  /** [hidden, H·D] */
  readonly oProj: Linear;
  readonly headDim: number;
  readonly causal: boolean;
  readonly window: number | undefined;
  readonly dropout: number;
  readonly #rotary: RotaryEmbedding | null;
  readonly #generator: Generator | undefined;

  /** @throws ArgumentError where heads do not divide what they share. */
  constructor(options: MultiHeadAttentionOptions) {
    super();
    checkOptions("MultiHeadAttention", options, ...optionNames);
    const { hiddenSize, numHeads, numKeyValueHeads = numHeads, headDim = hiddenSize / numHeads } = options;
    const { sourceSize = hiddenSize, bias = false, outBias = bias, dropout = 0, rotary, init, generator } = options;
    checkSizes("MultiHeadAttention", { hiddenSize, numHeads, numKeyValueHeads, sourceSize });
    checkHeads(options, numKeyValueHeads, headDim);
    checkProbability(dropout);
    const linear = (inFeatures: number, outFeatures: number, hasBias: boolean): Linear =>
      new Linear({ inFeatures, outFeatures, bias: hasBias, init, generator });
    this.qProj = linear(hiddenSize, numHeads * headDim, bias);
    this.kProj = linear(sourceSize, numKeyValueHeads * headDim, bias);
    this.vProj = linear(sourceSize, numKeyValueHeads * headDim, bias);
    this.oProj = linear(numHeads * headDim, hiddenSize, outBias);
    this.headDim = headDim;
    this.causal = options.causal ?? false;
    this.window = options.window;
    this.dropout = dropout;
    this.#rotary = rotary ?? null;
    this.#generator = generator;
  }

  /**
   * @param x [B, T, hidden] → [B, T, hidden]
   * @param source [B, S, source]; mask and documents are then of its tokens.
   */
  forward(x: Tensor, context: AttentionContext = {}, source: Tensor = x): Tensor {
    // A language model hands its own context on.
    checkOptions("MultiHeadAttention", context, ...contextNames, "logitsAt");
    for (const tensor of [x, source]) checkTensor("MultiHeadAttention", tensor);
    if (x.rank !== 3 || source.rank !== 3) {
      throw new ShapeError(`MultiHeadAttention: [batch, tokens, width] is needed, not [${x.shape}], [${source.shape}]`);
    }
    const crossed = source !== x;
    if (crossed && this.#rotary) {
      throw new ArgumentError("MultiHeadAttention: rotary positions are for self-attention, not for another source");
    }
    const { positions } = context;
    const rotate = (heads: Tensor): Tensor => (this.#rotary ? this.#rotary.call(heads, positions) : heads);
    const queries = rotate(this.#byHead(this.qProj.call(x)));
    const keys = rotate(this.#byHead(this.kProj.call(source)));
    const values = this.#byHead(this.vProj.call(source));
    const attended = this.#attend(queries, keys, values, crossed ? { ...context, cache: undefined } : context);
    const [batch, length] = x.shape;
    return this.oProj.call(attended.permute([0, 2, 1, 3]).reshape([batch, length, -1]));
  }

  #attend(queries: Tensor, keys: Tensor, values: Tensor, { mask, documents, cache }: AttentionContext): Tensor {
    const { causal, window } = this;
    const options = { dropout: this.training ? this.dropout : 0, generator: this.#generator };
    if (!cache)
      return scaledDotProductAttention(queries, keys, values, { ...options, causal, window, mask, documents });
    if (!causal) throw new ArgumentError("MultiHeadAttention: a cache is for causal attention");
    if (documents) throw new ArgumentError("MultiHeadAttention: a cache holds one document a row; leave documents out");
    const [allKeys, allValues] = [cache.update(this, "keys", keys), cache.update(this, "values", values)];
    return scaledDotProductAttention(queries, allKeys, allValues, { ...options, mask: cache.visible({ window }) });
  }

  /** [B, T, n·D] → [B, n, T, D] */
  #byHead(x: Tensor): Tensor {
    const [batch, length, width] = x.shape;
    return x.reshape([batch, length, width / this.headDim, this.headDim]).permute([0, 2, 1, 3]);
  }
}

function checkHeads(
  { hiddenSize, numHeads, rotary, headDim: given }: MultiHeadAttentionOptions,
  numKeyValueHeads: number,
  headDim: number,
): void {
  const wrong: string[] = [];
  if (given !== undefined) checkSizes("MultiHeadAttention", { headDim });
  if (!Number.isInteger(headDim)) wrong.push(`numHeads = ${numHeads} must divide hiddenSize = ${hiddenSize}`);
  if (!Number.isInteger(numHeads / numKeyValueHeads)) {
    wrong.push(`numKeyValueHeads = ${numKeyValueHeads} must divide numHeads = ${numHeads}`);
  }
  if (rotary && rotary.dim !== headDim) wrong.push(`the rotary embedding's dim ${rotary.dim} must be ${headDim}`);
  if (wrong.length > 0) throw new ArgumentError(`MultiHeadAttention: ${wrong.join("; ")}`);
}
