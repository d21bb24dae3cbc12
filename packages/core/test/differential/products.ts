/** Sums of products. */
import type { Tensor } from "../../src/graph/tensor.ts";
import { concat, tensor } from "../../src/index.ts";
import { attention } from "../../src/ops/attention.ts";
import { einsum } from "../../src/ops/einsum.ts";
import * as methods from "../../src/ops/methods.ts";
import { broadcasts, pair } from "./choose.ts";
import { flag, integer, narrower, one, shape } from "./draw.ts";
import { floatInput, type Input } from "./input.ts";
import { type Choose, type Draw, type Model, type Spec, type Specs, smallest, spec } from "./spec.ts";

const extents = [0, 1, 2, 3, 4, 5, 8, 17, 40];
const extent = (draw: Draw): number => one(draw, extents);
const floats = (draw: Draw, of: readonly number[]): Input => draw(floatInput, of, "moderate" as const);

const sum = (terms: readonly number[]): number => terms.reduce((a, b) => a + b, 0);

/** The model of sums of k products. */
const sumOfProducts = (k: number, f: (a: Tensor, b: Tensor) => Tensor): Model => ({
  units: 2 * k + 2,
  scale: (a, b) => f(a, b),
  absolute: (k + 1) * smallest,
});

const last = (shape: readonly number[], back = 1): number => shape[shape.length - back];

/** Two operands, and products of k terms. */
function product(
  operands: (draw: Draw) => [readonly number[], readonly number[]],
  terms: (a: readonly number[]) => number,
  f: (a: Tensor, b: Tensor) => Tensor,
  choose?: Choose,
): Spec {
  return spec(
    (draw) => operands(draw).map((of) => floats(draw, of)),
    (_draw, [a]) => ({ call: (x, y) => f(x, y), model: sumOfProducts(terms(a.shape), f) }),
    choose,
  );
}

const equations: readonly [equation: string, ...labels: string[]][] = [
  ["ij,jk->ik", "ij", "jk"],
  ["ij,kj->ki", "ij", "kj"],
  ["bij,bjk->bik", "bij", "bjk"],
  ["bhqd,bhkd->bhqk", "bhqd", "bhkd"],
  ["i,j", "i", "j"],
  ["i,i->", "i", "i"],
  ["ij,ij->i", "ij", "ij"],
  ["ijk,kl->lij", "ijk", "kl"],
];

/** The scale of the error of attention: its largest score, as an error of all weights, times the largest value. */
function scaleOfAttention(q: Tensor, k: Tensor, v: Tensor, scale: number): Tensor {
  const sharing = q.shape[1] / k.shape[1];
  const largest = (x: Tensor): Tensor => x.max({ axis: -2, keepDim: true }).repeatInterleave(sharing, 1);
  const score = q.mul(largest(k)).sum({ axis: -1, keepDim: true }).mul(Math.abs(scale)).add(1);
  const value = largest(v).mul(score);
  return concat([value, score], -1);
}

export const products: Specs = {
  attention: {
    trial: (draw) => {
      const [batch, groups, sharing] = [integer(draw, 0, 2), integer(draw, 1, 2), integer(draw, 1, 3)];
      const [queries, width, valueWidth] = [extent(draw), extent(draw), extent(draw)];
      const keys = Math.max(1, extent(draw));
      const causal = flag(draw);
      const scale = one(draw, [0.5, -0.25, 0]);
      // What is not seen is to be finite.
      const kind = causal ? "ordinary" : "moderate";
      const shapes = [
        [batch, groups * sharing, queries, width],
        [batch, groups, keys, width],
        [batch, groups, keys, valueWidth],
      ];
      const inputs = shapes.map((of) => draw(floatInput, of, kind as "ordinary" | "moderate"));
      const call = (q: Tensor, k: Tensor, v: Tensor): Tensor => {
        const { output, logSumExp } = attention(q, k, v, { causal, scale });
        return concat([output, logSumExp.unsqueeze(-1)], -1);
      };
      const units = 4 * (width + keys + 8);
      return {
        inputs,
        step: { call, model: { units, scale: (q, k, v) => scaleOfAttention(q, k, v, scale), absolute: smallest } },
      };
    },
  },
  matmul: product(
    (draw) => {
      const [m, k, n] = [extent(draw), extent(draw), extent(draw)];
      const batch = shape(draw).slice(0, integer(draw, 0, 2));
      const a = flag(draw) || flag(draw) ? [...narrower(draw, batch), m, k] : [k];
      const b = flag(draw) || flag(draw) ? [...narrower(draw, batch), k, n] : [k];
      return [a, b];
    },
    (a) => last(a),
    methods.matmul,
    pair(
      (a, b) => a.length >= 2 && b.length >= 2 && last(a) === last(b, 2) && broadcasts(a.slice(0, -2), b.slice(0, -2)),
    ),
  ),
  dot: product(
    (draw) => {
      const n = extent(draw);
      return [[n], [n]];
    },
    ([n]) => n,
    methods.dot,
  ),
  outer: product(
    (draw) => [[extent(draw)], [extent(draw)]],
    () => 0,
    methods.outer,
  ),
  tensordot: product(
    (draw) => {
      const common = [integer(draw, 0, 4), integer(draw, 1, 5)];
      return [
        [...shape(draw).slice(0, 2), ...common],
        [...common, ...shape(draw).slice(0, 2)],
      ];
    },
    (a) => last(a) * last(a, 2),
    methods.tensordot,
  ),
  einsum: {
    trial: (draw) => {
      const [equation, ...labels] = one(draw, equations);
      const sizes = new Map([...new Set(labels.join(""))].map((label) => [label, integer(draw, 0, 5)]));
      const product = (a: Tensor, b: Tensor): Tensor => einsum(equation, a, b);
      const inputs = labels.map((each) =>
        floats(
          draw,
          [...each].map((label) => sizes.get(label) ?? 0),
        ),
      );
      return { inputs, step: { call: (a, b) => product(a, b), model: sumOfProducts(25, product) } };
    },
  },
  groupedMatmul: {
    trial: (draw) => {
      const counts = Array.from({ length: integer(draw, 1, 4) }, () => integer(draw, 0, 5));
      const bounds = counts.map((_, group) => sum(counts.slice(0, group + 1)));
      const [rows, k, n] = [sum(counts), extent(draw), extent(draw)];
      const product = (x: Tensor, w: Tensor): Tensor =>
        methods.groupedMatmul(x, w, tensor(Int32Array.of(0, ...bounds)));
      return {
        inputs: [floats(draw, [rows, k]), floats(draw, [counts.length, k, n])],
        step: { call: (x, w) => product(x, w), model: sumOfProducts(k, product) },
      };
    },
  },
};
