import * as tf from "@tensorflow/tfjs-core";
import type { LlamaConfig } from "@tsuki/nn";
import { product, swapped } from "./product.ts";

export type Weights = Readonly<Record<string, tf.Variable>>;

/** What every step needs and no step changes. */
export interface Constants {
  readonly cos: tf.Tensor;
  readonly sin: tf.Tensor;
  /** −1e30 above the diagonal. */
  readonly mask: tf.Tensor;
}

export function constantsOf({ headDim, ropeTheta }: LlamaConfig, length: number): Constants {
  const half = headDim / 2;
  const table = (f: (angle: number) => number): tf.Tensor => {
    const angle = (i: number): number => Math.floor(i / half) * ropeTheta ** ((-2 * (i % half)) / headDim);
    return tf.tensor(
      Float32Array.from({ length: length * half }, (_, i) => f(angle(i))),
      [length, half],
    );
  };
  const hidden = Array.from({ length: length * length }, (_, i) => (i % length > Math.floor(i / length) ? -1e30 : 0));
  return { cos: table(Math.cos), sin: table(Math.sin), mask: tf.tensor(hidden, [length, length]) };
}

function linear(x: tf.Tensor, weight: tf.Tensor): tf.Tensor {
  return product(x, swapped(weight));
}

function rmsNorm(x: tf.Tensor, gain: tf.Tensor, eps: number): tf.Tensor {
  const square = tf.mean(tf.square(x), -1, true);
  return tf.mul(tf.mul(x, tf.rsqrt(tf.add(square, eps))), gain);
}

function rotate(x: tf.Tensor, { cos, sin }: Constants): tf.Tensor {
  const [first, second] = tf.split(x, 2, -1);
  const a = tf.sub(tf.mul(first, cos), tf.mul(second, sin));
  const b = tf.add(tf.mul(first, sin), tf.mul(second, cos));
  return tf.concat([a, b], -1);
}

/** Mean cross-entropy of one-hot tokens [B·T, V] against one-hot targets. */
export function llamaLoss(
  w: Weights,
  constants: Constants,
  tokens: tf.Tensor2D,
  targets: tf.Tensor2D,
  config: LlamaConfig,
): tf.Scalar {
  const { headDim, numAttentionHeads: heads, numHiddenLayers, rmsNormEps: eps } = config;
  const length = constants.mask.shape[0];
  const rows = tokens.shape[0];
  let x = product(tokens, w["model.embed_tokens.weight"]);
  for (let layer = 0; layer < numHiddenLayers; layer++) {
    const weight = (name: string): tf.Tensor => w[`model.layers.${layer}.${name}.weight`];
    const byHead = (h: tf.Tensor, name: string): tf.Tensor => {
      const projected = linear(h, weight(`self_attn.${name}_proj`));
      return tf.transpose(tf.reshape(projected, [rows / length, length, heads, headDim]), [0, 2, 1, 3]);
    };
    const normed = rmsNorm(x, weight("input_layernorm"), eps);
    const [q, k] = ["q", "k"].map((name) => rotate(byHead(normed, name), constants));
    const scores = tf.add(tf.mul(product(q, swapped(k)), 1 / Math.sqrt(headDim)), constants.mask);
    const attended = tf.transpose(product(tf.softmax(scores, -1), byHead(normed, "v")), [0, 2, 1, 3]);
    x = tf.add(x, linear(tf.reshape(attended, [rows, heads * headDim]), weight("self_attn.o_proj")));
    const h = rmsNorm(x, weight("post_attention_layernorm"), eps);
    const gate = linear(h, weight("mlp.gate_proj"));
    const gated = tf.mul(tf.mul(gate, tf.sigmoid(gate)), linear(h, weight("mlp.up_proj")));
    x = tf.add(x, linear(gated, weight("mlp.down_proj")));
  }
  const logits = linear(rmsNorm(x, w["model.norm.weight"], eps), w["lm_head.weight"]);
  return tf.mul(tf.sum(tf.mul(tf.logSoftmax(logits, -1), targets)), -1 / rows);
}
