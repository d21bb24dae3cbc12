/** Layers and losses. */
import { arange, oneHot, type Tensor, where } from "@tsuki/core";
import { crossEntropy, layerNorm, mseLoss, nllLoss, rmsNorm, scaledDotProductAttention } from "@tsuki/nn";
import { type Argument, type Call, type Mapping, named } from "./mapping.ts";

type Reduction = "mean" | "sum" | "none";

export const nn: Mapping = {
  "nn.functional.embedding": (call) => {
    const { input, weight, padding_idx: padding, scale_grad_by_freq: byFrequency } = named(call, "input", "weight");
    if (byFrequency) return "gradients are not scaled by how often an index occurs";
    const [ids, table] = [input as Tensor, weight as Tensor];
    if (padding === undefined) return table.take(ids);
    const row = ((padding as number) + table.shape[0]) % table.shape[0];
    const isPadding = arange(table.shape[0]).eq(row).unsqueeze(1);
    return where(isPadding, table.detach(), table).take(ids);
  },
  "nn.functional.one_hot": async (call) => {
    const { input, num_classes: given } = named(call, "input", "num_classes");
    const ids = input as Tensor;
    const classes = given === -1 ? (await ids.max().item()) + 1 : (given as number);
    return oneHot(ids, classes).cast("int32");
  },
  "nn.functional.cross_entropy": (call) => {
    const { input, target, label_smoothing: labelSmoothing } = named(call, "input", "target");
    const smoothing = labelSmoothing !== undefined && { labelSmoothing: labelSmoothing as number };
    return crossEntropy(input as Tensor, target as Tensor, { ...classOptions(call), ...smoothing });
  },
  "nn.functional.nll_loss": (call) => {
    const { input, target } = named(call, "input", "target");
    return nllLoss(input as Tensor, target as Tensor, classOptions(call));
  },
  "nn.functional.mse_loss": (call) => {
    const { input, target, reduction = "mean" } = named(call, "input", "target");
    return mseLoss(input as Tensor, target as Tensor, { reduction: reduction as Reduction });
  },
  "nn.functional.layer_norm": (call) => {
    const { input, axes, weight, bias, eps = 1e-5 } = named(call, "input", "axes", "weight", "bias", "eps");
    return layerNorm(input as Tensor, {
      axes: (axes as readonly number[]).length,
      weight: tensorOrNull(weight),
      bias: tensorOrNull(bias),
      eps: eps as number,
    });
  },
  rms_norm: (call) => {
    const { input, axes, weight, eps = 1e-6 } = named(call, "input", "axes", "weight", "eps");
    return rmsNorm(input as Tensor, {
      axes: (axes as readonly number[]).length,
      weight: tensorOrNull(weight),
      eps: eps as number,
    });
  },
  scaled_dot_product_attention: (call) => {
    const { query, key, value, attn_mask: given, scale, is_causal: causal } = named(call, "query", "key", "value");
    const [q, k, v] = [query, key, value].map((x) => withAxes(x as Tensor, 4));
    const square = q.shape[2] === k.shape[2];
    const mask = causal && !square ? causalFromTheTopLeft(q, k) : given && withAxes(given as Tensor, 4);
    if (mask && mask.dtype !== "bool") return "masks are truth values, not numbers that are added to the scores";
    const result = scaledDotProductAttention(q, k, v, {
      causal: causal === true && square,
      ...(mask && { mask }),
      ...(scale !== undefined && { scale: scale as number }),
    });
    return result.reshape([...(query as Tensor).shape.slice(0, -1), v.shape[3]]);
  },
};

/** The classes are axis 1, or axis 0 without a batch. */
function classOptions(call: Call): {
  axis: number;
  weight?: Tensor;
  ignoreIndex?: number;
  reduction?: Reduction;
} {
  const { weight, ignore_index: ignoreIndex, reduction } = call.kwargs;
  return {
    axis: Math.min(1, (call.inputs[0] as Tensor).rank - 1),
    ...(weight !== undefined && { weight: weight as Tensor }),
    ...(ignoreIndex !== undefined && { ignoreIndex: ignoreIndex as number }),
    ...(reduction !== undefined && { reduction: reduction as Reduction }),
  };
}

function tensorOrNull(x: Argument | undefined): Tensor | null {
  return (x as Tensor | null | undefined) ?? null;
}

function withAxes(x: Tensor, rank: number): Tensor {
  return x.reshape([...new Array<number>(rank - x.rank).fill(1), ...x.shape]);
}

/** Query i sees keys 0 … i; ours, with unequal lengths, is aligned at the bottom right. */
function causalFromTheTopLeft(q: Tensor, k: Tensor): Tensor {
  const [queries, keys] = [q.shape[2], k.shape[2]];
  return arange(keys).le(arange(queries).unsqueeze(1)).reshape([1, 1, queries, keys]);
}
