/** Runs both sides of the pairs of docs/pairs and compares what they give. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import * as core from "@tsuki/core";
import * as linalg from "@tsuki/core/linalg";
import * as nn from "@tsuki/nn";
import * as optim from "@tsuki/optim";
import type { Pair, Table } from "../../docs/pairs/pairs.ts";
import { type Encoded, type EncodedTensor, isTensor } from "./encode.ts";

const packages = { "@tsuki/core": core, "@tsuki/core/linalg": linalg, "@tsuki/nn": nn, "@tsuki/optim": optim };

/** All pairs of a table, in order. */
export function pairsOf({ sections }: Table): Pair[] {
  return sections.flatMap(({ pairs }) => pairs);
}

/** A program that prints the result of each pair as a line of JSON. */
export function programOf(table: Table): string {
  const pairs = pairsOf(table).map(({ tsuki }) => {
    const lines = tsuki.split("\n");
    const last = lines.pop();
    return `await print(async () => {\n${table.tsuki}\n${lines.join("\n")}\nreturn ${last};\n});`;
  });
  const body = pairs.join("\n");
  return [
    ...importsFor(body),
    // From node_modules/.cache/tsuki/pairs.
    'import { encoded } from "../../../../tests/docs/encode.ts";',
    "async function print(body: () => unknown): Promise<void> {",
    "  console.log(JSON.stringify(await encoded(body)));",
    "}",
    body,
  ].join("\n");
}

/** What a program uses of the packages. */
function importsFor(program: string): string[] {
  return Object.entries(packages).map(([name, exported]) => {
    const used = Object.keys(exported).filter((word) => new RegExp(`(?<![\\w.])${word}(?![\\w:])`).test(program));
    return `import { ${used.join(", ")} } from "${name}";`;
  });
}

/** What Python gives, or which module none here can import. */
export function runPython(table: Table): Encoded[] | { readonly missing: string } {
  const modules = table.python.split("\n").flatMap((line) => /^import (\w+)/.exec(line)?.[1] ?? []);
  const imports = `import ${modules.join(", ")}`;
  const python = ["python3", "/usr/bin/python3"].find((one) => spawnSync(one, ["-c", imports]).status === 0);
  if (!python) return { missing: `no python3 here can ${imports}` };
  const script = fileURLToPath(new URL("pairs.py", import.meta.url));
  const input = JSON.stringify({ setup: table.python, pairs: pairsOf(table).map(({ python }) => python) });
  const { stdout, stderr, status } = spawnSync(python, ["-W", "ignore", script], { input, encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

/** Float32 against Python's floats, relative to the largest element. */
const tolerance = 1e-5;

/** Whether both results are the same: shape, kind of dtype, values. An error equals nothing. */
export function agree(python: Encoded, tsuki: Encoded): boolean {
  if (isList(python) && isList(tsuki)) {
    return python.length === tsuki.length && python.every((one, i) => agree(one, tsuki[i]));
  }
  if (isTensor(python) && isTensor(tsuki)) {
    const isFloat = python.dtype.startsWith("float");
    const sameKind = kindOf(python) === kindOf(tsuki) && String(python.shape) === String(tsuki.shape);
    return sameKind && near(python.data, tsuki.data, isFloat ? tolerance : 0);
  }
  if (typeof python === "number" && typeof tsuki === "number") return near([python], [tsuki], tolerance);
  return python === tsuki;
}

function isList(result: Encoded): result is readonly Encoded[] {
  return Array.isArray(result);
}

function kindOf({ dtype }: EncodedTensor): string {
  return dtype.replace(/\d+$/, "");
}

function near(expected: EncodedTensor["data"], actual: EncodedTensor["data"], relative: number): boolean {
  const largest = Math.max(0, ...expected.filter((value) => typeof value === "number").map(Math.abs));
  return expected.every((value, i) => {
    const other = actual[i];
    if (typeof value === "string" || typeof other === "string") return value === other;
    return Math.abs(value - other) <= relative * largest;
  });
}
