import type { AttentionShape } from "./plan.ts";

/** How many pairs of a query and a key that it sees there are, over all heads of queries. */
export function visiblePairs({ batch, heads, queries, keys, causal }: AttentionShape): number {
  const [whole, triangle] = [Math.max(0, keys - queries), Math.min(queries, keys)];
  const pairs = causal ? queries * whole + (triangle * (triangle + 1)) / 2 : queries * keys;
  return batch * heads * pairs;
}
