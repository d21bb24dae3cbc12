import type { TensorData } from "@tsuki/core";
import type { LlamaConfig } from "../src/llama-config.ts";

type Vector = readonly number[];

/** The logits of a Llama for one text, place by place in float64, as the definition reads; weights by their names. */
export function referenceLogits(
  config: LlamaConfig,
  weights: Readonly<Record<string, TensorData>>,
  ids: readonly number[],
): number[] {
  const { numAttentionHeads: heads, numKeyValueHeads: groups, headDim, ropeTheta, rmsNormEps, slidingWindow } = config;
  const rows = (name: string): Vector[] => {
    const { data, shape } = weights[name];
    return Array.from({ length: shape[0] }, (_, row) =>
      Array.from(data.subarray(row * shape[1], (row + 1) * shape[1])),
    );
  };
  const dot = (a: Vector, b: Vector): number => a.reduce((sum, value, i) => sum + value * b[i], 0);
  const linear = (name: string): ((x: Vector) => number[]) => {
    const matrix = rows(`${name}.weight`);
    const bias = weights[`${name}.bias`]?.data;
    return (x) => matrix.map((row, i) => dot(row, x) + (bias?.[i] ?? 0));
  };
  const norm = (name: string) => {
    const gain = weights[`${name}.weight`].data;
    return (x: Vector): number[] => {
      const factor = 1 / Math.sqrt(dot(x, x) / x.length + rmsNormEps);
      return x.map((value, i) => value * factor * gain[i]);
    };
  };
  const plus = (a: Vector, b: Vector): number[] => a.map((value, i) => value + b[i]);
  const rotate = (x: Vector, position: number): number[] =>
    x.map((value, i) => {
      const half = headDim / 2;
      const angle = position * ropeTheta ** (-(i % half) / half);
      return i < half
        ? value * Math.cos(angle) - x[i + half] * Math.sin(angle)
        : value * Math.cos(angle) + x[i - half] * Math.sin(angle);
    });

  const layer = (hidden: Vector[], prefix: string): Vector[] => {
    const normed = hidden.map(norm(`${prefix}.input_layernorm`));
    const [q, k, v] = ["q", "k", "v"].map((letter) => normed.map(linear(`${prefix}.self_attn.${letter}_proj`)));
    const part = (x: Vector, head: number): Vector => x.slice(head * headDim, (head + 1) * headDim);
    const attended = hidden.map((_, query) =>
      Array.from({ length: heads }, (_, head) => {
        const shared = Math.floor((head * groups) / heads);
        const first = slidingWindow === null ? 0 : Math.max(0, query - slidingWindow + 1);
        const seen = Array.from({ length: query + 1 - first }, (_, i) => first + i);
        const rotated = rotate(part(q[query], head), query);
        const scores = seen.map((key) => dot(rotated, rotate(part(k[key], shared), key)) / Math.sqrt(headDim));
        const exps = scores.map((score) => Math.exp(score - Math.max(...scores)));
        const total = exps.reduce((a, b) => a + b);
        const values = seen.map((key) => part(v[key], shared));
        return Array.from({ length: headDim }, (_, i) =>
          values.reduce((sum, x, j) => sum + (exps[j] / total) * x[i], 0),
        );
      }).flat(),
    );
    const between = attended.map(linear(`${prefix}.self_attn.o_proj`)).map((y, i) => plus(hidden[i], y));
    const [gate, up, down] = ["gate", "up", "down"].map((name) => linear(`${prefix}.mlp.${name}_proj`));
    return between.map((x) => {
      const input = norm(`${prefix}.post_attention_layernorm`)(x);
      const ups = up(input);
      const inner = gate(input).map((value, i) => (value / (1 + Math.exp(-value))) * ups[i]);
      return plus(x, down(inner));
    });
  };

  const table = rows("model.embed_tokens.weight");
  let hidden: Vector[] = ids.map((id) => table[id]);
  for (let i = 0; i < config.numHiddenLayers; i++) hidden = layer(hidden, `model.layers.${i}`);
  const head = config.tieWordEmbeddings ? (x: Vector): number[] => table.map((row) => dot(row, x)) : linear("lm_head");
  return hidden.map(norm("model.norm")).flatMap(head);
}
