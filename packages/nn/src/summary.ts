import { checkOptions, dtypes, type Variable } from "@tsuki/core";
import type { Module } from "./module.ts";
import { join } from "./names.ts";
import { isBuffer } from "./roles.ts";

export interface SummaryOptions {
  /** How many levels of modules are shown, the model itself at 0; what is below is counted all the same. Default all. */
  readonly depth?: number;
}

/** A variable where it is met for the first time. */
interface Entry {
  readonly variable: Variable;
  /** Path of the module that holds it. */
  readonly owner: string;
  readonly path: string;
}

type Row = readonly [name: string, kind: string, shape: string, dtype: string, count: string, bytes: string];

/**
 * The modules of a model and their variables as a table: kinds, shapes, dtypes, how many numbers and bytes. What is tied is
 * counted once, where it stands first.
 *
 *     console.log(summary(model, { depth: 2 }));
 */
export function summary(model: Module, options: SummaryOptions = {}): string {
  checkOptions("summary", options, "depth");
  const { depth = Number.POSITIVE_INFINITY } = options;
  const modules = [...model.namedModules()];
  const entries = firstEntries(modules);
  const rows: Row[] = [];
  const above: string[] = [];
  for (const [path, module] of modules) {
    while (above.length > 0 && !isBelow(path, above[above.length - 1])) above.pop();
    const level = above.length;
    const parent = above[level - 1] ?? "";
    above.push(path);
    if (level > depth) continue;
    const indent = "  ".repeat(level);
    const name = level === 0 ? "model" : path.slice(parent === "" ? 0 : parent.length + 1);
    const below = entries.filter(({ owner }) => owner === path || isBelow(owner, path));
    rows.push([indent + name, module.constructor.name, "", "", ...totals(below)]);
    for (const [name, variable] of Object.entries(module.ownVariables())) {
      rows.push(variableRow(`${indent}  ${name}`, variable, join(path, name), entries));
    }
  }
  const parameters = entries.filter(({ variable }) => !isBuffer(variable));
  const sums: Row[] = [
    ["parameters", "", "", "", ...totals(parameters)],
    ["  trainable", "", "", "", ...totals(parameters.filter(({ variable }) => variable.requiresGrad))],
    ["  frozen", "", "", "", ...totals(parameters.filter(({ variable }) => !variable.requiresGrad))],
    ["buffers", "", "", "", ...totals(entries.filter(({ variable }) => isBuffer(variable)))],
  ];
  return table(["name", "kind", "shape", "dtype", "numbers", "bytes"], rows, sums);
}

function firstEntries(modules: readonly (readonly [string, Module])[]): Entry[] {
  const seen = new Set<Variable>();
  return modules.flatMap(([owner, module]) =>
    Object.entries(module.ownVariables()).flatMap(([name, variable]) => {
      if (seen.has(variable)) return [];
      seen.add(variable);
      return [{ variable, owner, path: join(owner, name) }];
    }),
  );
}

function variableRow(label: string, variable: Variable, path: string, entries: readonly Entry[]): Row {
  const first = entries.find((entry) => entry.variable === variable);
  const shape = `[${variable.shape.join(", ")}]`;
  if (first && first.path !== path) return [label, `tied to ${first.path}`, shape, variable.dtype, "", ""];
  const kind = isBuffer(variable) ? "buffer" : variable.requiresGrad ? "parameter" : "frozen";
  return [label, kind, shape, variable.dtype, grouped(variable.size), grouped(bytesOf(variable))];
}

function totals(entries: readonly Entry[]): [count: string, bytes: string] {
  const sum = (of: (variable: Variable) => number): string =>
    grouped(entries.reduce((total, { variable }) => total + of(variable), 0));
  return [sum(({ size }) => size), sum(bytesOf)];
}

function bytesOf({ size, dtype }: Variable): number {
  return size * dtypes[dtype].bytes;
}

function isBelow(path: string, above: string): boolean {
  return path !== above && (above === "" || path.startsWith(`${above}.`));
}

/** 1234567 as 1,234,567. */
function grouped(count: number): string {
  return count.toLocaleString("en-US");
}

/** Names and kinds to the left, the rest to the right, with lines around the body. */
function table(header: Row, body: readonly Row[], foot: readonly Row[]): string {
  const all = [header, ...body, ...foot];
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column].length)));
  const written = ([...row]: Row): string =>
    row
      .map((text, column) => (column < 2 ? text.padEnd(widths[column]) : text.padStart(widths[column])))
      .join("  ")
      .trimEnd();
  const rule = "─".repeat(widths.reduce((sum, width) => sum + width + 2, -2));
  return [written(header), rule, ...body.map(written), rule, ...foot.map(written)].join("\n");
}
