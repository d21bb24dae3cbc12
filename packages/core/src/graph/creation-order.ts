import type { Node } from "./tensor.ts";

/** The same nodes, each there once, in the order of their creation. */
export function inCreationOrder(nodes: readonly Node[]): Node[] {
  let [first, last] = [Number.POSITIVE_INFINITY, -1];
  for (const { id } of nodes) {
    if (id < first) first = id;
    if (id > last) last = id;
  }
  const range = nodes.length === 0 ? 0 : last - first + 1;
  if (range > 4 * nodes.length + 64) return [...nodes].sort((a, b) => a.id - b.id);
  // Numbers lie close together: most nodes that were made since the first one are there.
  const places: (Node | null)[] = new Array(range).fill(null);
  for (const node of nodes) places[node.id - first] = node;
  return places.filter((node) => node !== null);
}
