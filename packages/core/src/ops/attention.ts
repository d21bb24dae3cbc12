import { ShapeError } from "../errors.ts";
import { defineOp, type Op } from "../graph/op.ts";
import { Node, type Tensor, type TensorLike } from "../graph/tensor.ts";
import { sameShape } from "../plan/view.ts";
import { add, mul, neg, sub } from "./arithmetic.ts";
import { asTensor, checkOptions, computeType, constantLike, numberLike, promote, requireFloat } from "./build.ts";
import { le, where } from "./comparison.ts";
import { cast } from "./conversion.ts";
import { arange, zerosLike } from "./creation.ts";
import { exp } from "./exponential.ts";
import { matmul } from "./matmul.ts";
import { sum } from "./reduction.ts";
import { reshape, transpose } from "./views.ts";

// B batch, H heads of the queries, G heads of keys and values, Tq queries, Tk keys, D extent of a head

export interface AttentionOptions {
  /** Query i sees only keys j ≤ i + Tk − Tq: the last query is at the place of the last key. Default false. */
  readonly causal?: boolean;
  /** Factor of the dot products; default 1 / √D. */
  readonly scale?: number;
}

export interface Attended {
  /** [B, H, Tq, Dv] */
  readonly output: Tensor;
  /** log Σ exp of the scores that a query sees, [B, H, Tq]. */
  readonly logSumExp: Tensor;
}

/** Inputs: q, k, v, scale. The attribute: causal. */
const attentionOp: Op<boolean> = defineOp<boolean>({
  name: "attention",
  key: (causal) => [Number(causal)],
  gradient: ([g, ofLog], { inputs: [q, k, v, scale], outputs: [output, logSumExp], attributes: causal }) => {
    const dOut = g ?? zerosLike(output);
    const products = sum(mul(dOut, output), { axis: -1 });
    const delta = ofLog ? sub(products, ofLog) : products;
    const inputs = [q, k, v, scale, logSumExp, delta, dOut];
    const signatures = [q, k, v].map(({ shape }) => ({ shape, dtype: computeType(output) }));
    return [...new Node(backwardOp, inputs, causal, signatures).outputs, null];
  },
  lower: (l, [q, k, v, scale], causal) => l.attention(q, k, v, scale, causal),
});

/**
 * Gradients of q, k, v, as `AttentionBackwardKernel` defines them. Its own gradient is composed: with P the weights,
 * N = dOut·vᵀ − delta, E = P∘N (so that dq = s·E·k, dk = s·Eᵀ·q, dv = Pᵀ·dOut) and gradients a, b, c of dq, dk, dv
 *
 *     Ē = s·(a·kᵀ + q·bᵀ)    N̄ = P∘Ē    S̄ = P∘(Ē∘N + dOut·cᵀ)
 */
const backwardOp: Op<boolean> = defineOp<boolean>({
  name: "attentionBackward",
  key: (causal) => [Number(causal)],
  gradient: (gradients, { inputs, attributes: causal }) => {
    const [q, k, v, scale, logSumExp, delta, dOut] = inputs;
    const [batch, heads, queries] = q.shape;
    const [, groups, keys] = k.shape;
    // The heads that share keys are rows of one matrix.
    const rows = (x: Tensor): Tensor => reshape(x, [batch, groups, (heads / groups) * queries, x.shape[3] ?? 1]);
    const [a, b, c] = gradients.map((gradient, i) => gradient ?? zerosLike(inputs[i]));
    const [qs, ofOut, as] = [q, dOut, a].map(rows);
    const scores = sub(mul(matmul(qs, transpose(k)), scale), rows(logSumExp));
    const [place, key] = [reshape(arange(keys - queries, keys), [queries, 1]), arange(keys)];
    const shown = causal
      ? where(le(key, place), reshape(scores, [batch, heads, queries, keys]), constantLike(-Infinity, scores))
      : scores;
    const weights = reshape(exp(shown), scores.shape);
    const differences = sub(matmul(ofOut, transpose(v)), rows(delta));
    const products = mul(weights, differences);
    const ofProducts = mul(add(matmul(as, transpose(k)), matmul(qs, transpose(b))), scale);
    const ofDifferences = mul(weights, ofProducts);
    const ofScores = mul(weights, add(mul(ofProducts, differences), matmul(ofOut, transpose(c))));
    const ofRows = (x: Tensor): Tensor => reshape(neg(sum(x, { axis: -1 })), logSumExp.shape);
    const keysOf = (e: Tensor, x: Tensor): Tensor => matmul(transpose(e), x);
    return [
      reshape(mul(add(matmul(ofScores, k), matmul(products, b)), scale), q.shape),
      mul(add(keysOf(ofScores, qs), keysOf(products, as)), scale),
      keysOf(ofDifferences, ofOut),
      null,
      ofRows(ofScores),
      ofRows(ofDifferences),
      reshape(add(matmul(ofDifferences, v), matmul(weights, c)), dOut.shape),
    ];
  },
  lower: (l, inputs, causal) => l.attentionBackward(inputs, causal),
});

/**
 * softmax(q·kᵀ · scale)·v over the keys that a query sees (Vaswani et al., "Attention is all you need"), computed block by
 * block: the scores of all heads are never in memory. q [B, H, Tq, D], k [B, G, Tk, D], v [B, G, Tk, Dv]; query heads h with
 * equal ⌊h·G/H⌋ share a head of keys and values.
 *
 * A query that sees no key gives zeros and a log of −∞, and no gradient passes through it. Keys that are not seen change no
 * bit of the result, as long as they are finite.
 */
export function attention(q: TensorLike, k: TensorLike, v: TensorLike, options: AttentionOptions = {}): Attended {
  checkOptions("attention", options, "causal", "scale");
  const given = [q, k, v].map((x) => asTensor(x, "attention"));
  const dtype = promote("attention", ...given);
  for (const tensor of given) requireFloat("attention", tensor);
  const [queries, keys, values] = given.map((tensor) => cast(tensor, dtype));
  checkShapes(queries.shape, keys.shape, values.shape);
  const { causal = false, scale } = options;
  const shape = [...queries.shape.slice(0, 3), values.shape[3]];
  const factor =
    scale === undefined
      ? constantLike(Math.max(1, queries.shape[3]) ** -0.5, queries)
      : numberLike("attention", scale, queries);
  const [output, logSumExp] = new Node(attentionOp, [queries, keys, values, factor], causal, [
    { shape, dtype },
    { shape: shape.slice(0, 3), dtype },
  ]).outputs;
  return { output, logSumExp };
}

function checkShapes(q: readonly number[], k: readonly number[], v: readonly number[]): void {
  const fits =
    q.length === 4 && k.length === 4 && v.length === 4 && q[0] === k[0] && q[3] === k[3] && q[1] % k[1] === 0;
  if (fits && sameShape(k.slice(0, 3), v.slice(0, 3))) return;
  throw new ShapeError(
    `attention: q [B, H, Tq, D], k [B, G, Tk, D] and v [B, G, Tk, Dv] where G divides H are needed, not [${q}], [${k}] and [${v}]`,
  );
}
