import type { Variable } from "@tsuki/core";

export type Taken = readonly (readonly [name: string, parameter: Variable])[];

/** Parameters that share a row: alike but for the number of their layer. */
interface Row {
  readonly use: string;
  /** Name before and after the layer's number. */
  readonly parts: readonly [before: string, after: string];
  readonly layers: number[];
  readonly shape: string;
  elements: number;
}

/** Which optimizer takes which parameter, with shapes and counts; equal parameters of several layers share a row. */
export function parameterTable(groups: readonly (readonly [use: string, taken: Taken])[]): string {
  const rows = new Map<string, Row>();
  const totals = new Map<string, { parameters: number; elements: number }>();
  for (const [use, taken] of groups) {
    for (const [name, { shape, size }] of taken) {
      const [, before, layer, after] = /^(.*?)\.(\d+)(\..*)$/.exec(name) ?? [name, name, undefined, ""];
      const key = JSON.stringify([use, before, after, shape]);
      const row = rows.get(key) ?? {
        use,
        parts: [before, after],
        layers: [],
        shape: `[${shape.join(", ")}]`,
        elements: 0,
      };
      rows.set(key, row);
      row.elements += size;
      if (layer !== undefined) row.layers.push(Number(layer));
      const total = totals.get(use) ?? { parameters: 0, elements: 0 };
      totals.set(use, { parameters: total.parameters + 1, elements: total.elements + size });
    }
  }
  const lines = [["optimizer", "parameter", "shape", "elements"]];
  for (const { use, parts, layers, shape, elements } of rows.values()) {
    const times = layers.length > 1 ? `${layers.length} × ` : "";
    const name = layers.length > 0 ? `${parts[0]}.${ranges(layers)}${parts[1]}` : parts[0];
    lines.push([use, name, `${times}${shape}`, grouped(elements)]);
  }
  for (const [use, { parameters, elements }] of totals) {
    lines.push([use, `${grouped(parameters)} parameters`, "", grouped(elements)]);
  }
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  return lines
    .map((line) => line.map((text, i) => (i === 3 ? text.padStart(widths[i]) : text.padEnd(widths[i]))).join("  "))
    .join("\n");
}

/** 3 as 3, and 0, 1, 2, 5 as {0-2,5}. */
function ranges(numbers: readonly number[]): string {
  const runs: [first: number, last: number][] = [];
  for (const n of [...numbers].sort((a, b) => a - b)) {
    const run = runs.at(-1);
    if (run?.[1] === n - 1) run[1] = n;
    else runs.push([n, n]);
  }
  const texts = runs.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`));
  return numbers.length === 1 ? texts[0] : `{${texts.join(",")}}`;
}

/** 1234567 as 1,234,567. */
function grouped(count: number): string {
  return count.toLocaleString("en-US");
}
