import { type Array as JaxArray, nn, numpy as np } from "@jax-js/jax";
import type { LlamaConfig } from "@tsuki/nn";

/** Arrays by name. Every use of a jax-js array consumes it: these are used by reference. */
export type Weights = Readonly<Record<string, JaxArray>>;

/** x · wᵀ */
function linear(x: JaxArray, weight: JaxArray): JaxArray {
  return np.matmul(x, np.matrixTranspose(weight.ref));
}

function rmsNorm(x: JaxArray, gain: JaxArray, eps: number): JaxArray {
  const square = np.mean(x.ref.mul(x.ref), -1, { keepdims: true });
  return x.div(np.sqrt(square.add(eps))).mul(gain.ref);
}

/** Cosines and sines [T, head / 2], computed in float64. */
function angles({ headDim, ropeTheta }: LlamaConfig, length: number): { cos: JaxArray; sin: JaxArray } {
  const half = headDim / 2;
  const table = (f: (angle: number) => number): JaxArray => {
    const angle = (i: number): number => Math.floor(i / half) * ropeTheta ** ((-2 * (i % half)) / headDim);
    return np.array(
      Float32Array.from({ length: length * half }, (_, i) => f(angle(i))),
      { shape: [length, half] },
    );
  };
  return { cos: table(Math.cos), sin: table(Math.sin) };
}

function rotate(x: JaxArray, { cos, sin }: ReturnType<typeof angles>): JaxArray {
  const [first, second] = np.split(x, 2, -1);
  const a = first.ref.mul(cos.ref).sub(second.ref.mul(sin.ref));
  const b = first.mul(sin.ref).add(second.mul(cos.ref));
  return np.concatenate([a, b], -1);
}

/** Mean cross-entropy of one-hot tokens [B, T, V] against one-hot targets. */
export function llamaLoss(weights: Weights, tokens: JaxArray, targets: JaxArray, config: LlamaConfig): JaxArray {
  const { headDim, numAttentionHeads: heads, numHiddenLayers, rmsNormEps: eps } = config;
  const [batch, length] = tokens.shape;
  const rotary = angles(config, length);
  const hidden = Array.from({ length: length * length }, (_, i) => (i % length > Math.floor(i / length) ? -1e30 : 0));
  const mask = np.array(Float32Array.from(hidden), { shape: [length, length] });

  let x = np.matmul(tokens, weights["model.embed_tokens.weight"].ref);
  for (let layer = 0; layer < numHiddenLayers; layer++) {
    const weight = (name: string): JaxArray => weights[`model.layers.${layer}.${name}.weight`];
    const byHead = (h: JaxArray, name: string): JaxArray =>
      np.transpose(linear(h, weight(`self_attn.${name}_proj`)).reshape([batch, length, heads, headDim]), [0, 2, 1, 3]);
    const normed = rmsNorm(x.ref, weight("input_layernorm"), eps);
    const q = rotate(byHead(normed.ref, "q"), rotary);
    const k = rotate(byHead(normed.ref, "k"), rotary);
    const v = byHead(normed, "v");
    const scores = np
      .matmul(q, np.matrixTranspose(k))
      .mul(1 / Math.sqrt(headDim))
      .add(mask.ref);
    const attended = np.transpose(np.matmul(nn.softmax(scores, -1), v), [0, 2, 1, 3]);
    x = x.add(linear(attended.reshape([batch, length, heads * headDim]), weight("self_attn.o_proj")));
    const h = rmsNorm(x.ref, weight("post_attention_layernorm"), eps);
    const gate = nn.silu(linear(h.ref, weight("mlp.gate_proj")));
    x = x.add(linear(gate.mul(linear(h, weight("mlp.up_proj"))), weight("mlp.down_proj")));
  }
  const logits = linear(rmsNorm(x, weights["model.norm.weight"], eps), weights["lm_head.weight"]);
  for (const array of [mask, rotary.cos, rotary.sin]) array.dispose();
  return np.sum(nn.logSoftmax(logits, -1).mul(targets)).mul(-1 / (batch * length));
}
