/** Sums, extremes, statistics, scans, order. */
import type { Tensor } from "@tsuki/core";
import * as core from "@tsuki/core";
import { svd } from "@tsuki/core/linalg";
import { type Argument, type Call, type Mapping, named } from "./mapping.ts";

interface Axes {
  readonly axis?: number | number[];
  readonly keepDim?: boolean;
}

/** PyTorch's `dim` and `keepdim`; no dim, or an empty list, is all of them. */
function axes({ dim, keepdim }: Readonly<Record<string, Argument>>): Axes {
  const all = dim === undefined || dim === null || (Array.isArray(dim) && dim.length === 0);
  return { ...(all ? {} : { axis: dim as number | number[] }), keepDim: (keepdim ?? false) as boolean };
}

type Reduction = (x: Tensor, options: Axes) => Tensor;

/** A reduction whose arguments are `(input, dim, keepdim)`. */
function reduction(reduce: Reduction): Mapping[string] {
  return (call) => {
    const options = named(call, "x", "dim", "keepdim");
    return reduce(options.x as Tensor, axes(options));
  };
}

/** A function of one axis: `(input, dim)`. */
function along(f: (x: Tensor, axis: number) => Tensor): Mapping[string] {
  return (call) => {
    const { x, dim } = named(call, "x", "dim");
    return f(x as Tensor, dim as number);
  };
}

/** The second positional argument, where it is a truth value, is `unbiased` over everything. */
function statistic(f: (x: Tensor, options: core.VarianceOptions) => Tensor): Mapping[string] {
  return (call) => {
    const flag = typeof call.inputs[1] === "boolean";
    const options = flag ? named(call, "x", "unbiased") : named(call, "x", "dim", "unbiased", "keepdim");
    const correction = options.unbiased === false ? 0 : ((options.correction ?? 1) as number);
    return f(options.x as Tensor, { ...axes(options), correction });
  };
}

function norm(call: Call, names: readonly string[]): Tensor {
  const options = named(call, ...names);
  return core.norm(options.x as Tensor, { ord: (options.ord ?? 2) as number | "fro", ...axes(options) });
}

/** ±1: the largest (smallest) column sum of |x|; ±∞: row sum. */
function matrixNorm(x: Tensor, ord: number): Tensor | string {
  if (Math.abs(ord) !== 1 && Number.isFinite(ord)) return "singular values are no part of the graph";
  const sums = core.norm(x, { ord: 1, axis: Number.isFinite(ord) ? 0 : 1 });
  return ord > 0 ? sums.max() : sums.min();
}

function sorted(call: Call, ...names: string[]): { x: Tensor; options: core.SortOptions } {
  const { x, dim, descending } = named(call, "x", ...names);
  return {
    x: x as Tensor,
    options: { axis: (dim ?? -1) as number, descending: (descending ?? false) as boolean },
  };
}

export const reductions: Mapping = {
  sum: reduction(core.sum),
  mean: reduction(core.mean),
  prod: reduction(core.prod),
  amax: reduction(core.max),
  amin: reduction(core.min),
  any: reduction(core.any),
  all: reduction(core.all),
  argmax: reduction((x, options) => core.argmax(x, options as { axis?: number })),
  argmin: reduction((x, options) => core.argmin(x, options as { axis?: number })),
  logsumexp: reduction(core.logsumexp),
  var: statistic(core.var),
  std: statistic(core.std),
  softmax: along((x, axis) => core.softmax(x, { axis })),
  log_softmax: along((x, axis) => core.logSoftmax(x, { axis })),
  cumsum: along(core.cumsum),
  cumprod: along(core.cumprod),
  norm: (call) => norm(call, ["x", "ord", "dim", "keepdim"]),
  "linalg.vector_norm": (call) => norm(call, ["x", "ord", "dim", "keepdim"]),
  "linalg.norm": (call) => {
    const [x, ord] = call.inputs;
    const isMatrixNorm = (x as Tensor).rank === 2 && typeof ord === "number" && call.kwargs.dim === undefined;
    return isMatrixNorm ? matrixNorm(x as Tensor, ord) : norm(call, ["x", "ord", "dim", "keepdim"]);
  },
  topk: (call) => {
    const { x, k, dim, largest } = named(call, "x", "k", "dim", "largest", "sorted");
    const options = { axis: (dim ?? -1) as number, largest: (largest ?? true) as boolean };
    const { values, indices } = core.topK(x as Tensor, k as number, options);
    return [values, indices];
  },
  sort: (call) => {
    const { x, options } = sorted(call, "dim", "descending");
    const { values, indices } = core.sort(x, options);
    return [values, indices];
  },
  argsort: (call) => {
    const { x, options } = sorted(call, "dim", "descending");
    return core.argsort(x, options);
  },
  "linalg.svdvals": async ({ inputs: [x] }) => (await svd(x as Tensor)).s,
};
