/** docs/ops.md as text. */
import { deviations } from "../../tests/torch-ops/deviations.ts";
import { type Outcome, type Setting, settings } from "../../tests/torch-ops/run.ts";
import { counterpart } from "./counterparts.ts";
import { type Entry, exportsOf, functionsOf } from "./source.ts";
import { type Traits, traitsOf } from "./traits.ts";

interface Row extends Entry {
  readonly form: string;
  /** Absent where there are no random calls: of functions that are no ops of the graph. */
  readonly traits?: Traits;
}

/** The page, with what came of the golden calls in each setting. */
export function page(results: readonly (readonly Outcome[])[]): string {
  const rows = allRows(new Set(results[0].map((outcome) => counterpart(outcome.case.op))));
  const files = [...new Set(rows.map(({ file }) => file))];
  const sections = files.map((file) =>
    section(
      file,
      rows.filter((row) => row.file === file),
      results,
    ),
  );
  return `${[introduction(results), ...sections, differing(results)].join("\n\n")}\n`;
}

function allRows(called: ReadonlySet<string>): Row[] {
  const ops = (path: string, form: string): Row[] =>
    exportsOf(path).map((entry) => ({ ...entry, form, traits: traitsOf(entry.name) }));
  const graph = [
    ...ops("packages/core/src/ops/methods.ts", "method, function"),
    ...ops("packages/core/src/ops/functions.ts", "function"),
  ].sort((a, b) => (a.file < b.file ? -1 : Number(a.file > b.file)));
  const named = new Set(graph.map(({ name }) => name));
  const withForm = (entries: readonly Entry[], form: string): Row[] => entries.map((each) => ({ ...each, form }));
  const nn = exportsOf("packages/nn/src/index.ts").filter(({ name }) => called.has(name));
  const others = [
    ...withForm(functionsOf("packages/core/src/tensor/selection.ts"), "async function"),
    ...withForm(exportsOf("packages/core/src/linalg/index.ts"), "async function of `@tsuki/core/linalg`"),
    ...withForm(nn, "function of `@tsuki/nn`"),
  ].filter(({ name }) => !named.has(name));
  const missing = [...called].filter((name) => !named.has(name) && !others.some((row) => row.name === name));
  if (missing.length > 0) throw new Error(`PyTorch's calls are mapped to ${missing}, which no file exports`);
  return [...graph, ...others];
}

function introduction(results: readonly (readonly Outcome[])[]): string {
  const totals = settings.map((setting, i) => `- ${title(setting)}: ${passes(results[i])}`);
  return `# Ops

<!-- Written by \`npm run docs\` from the sources and from what the tests find; a test fails when it is out of date. -->

Methods are called on tensors and variables, \`x.add(y)\`; every method is also a function, \`add(x, y)\`. Where a
\`TensorLike\` is taken, a number takes the dtype of the other operand.

- **dtypes**: those of the first operand (of the result where there is none) that the tests try. \`float\` is float32, and float64
  on the reference backend.
- **gradient**: whether gradients pass. All of them can be differentiated again.
- **float64**, **float32**, **wasm**: PyTorch's golden calls (\`fixtures/torch-ops\`) that give its values and gradients, of all
  that are mapped to the op: in both dtypes on the reference backend, and in float32 on wasm. What differs, and why, stands at
  the [end](#calls-that-differ).

Of ${results[0].length} golden calls pass:

${totals.join("\n")}`;
}

const title = ({ backend, dtype }: Setting): string => `${dtype} on ${backend}`;
const passed = ({ differences, unmapped }: Outcome): boolean => differences.length === 0 && unmapped === "";
const passes = (outcomes: readonly Outcome[]): string => `${outcomes.filter(passed).length} / ${outcomes.length}`;

function section(file: string, rows: readonly Row[], results: readonly (readonly Outcome[])[]): string {
  const lines = rows.map(({ name, form, signatures, summary, traits }) => {
    const golden = results.map((outcomes) => {
      const own = outcomes.filter((outcome) => counterpart(outcome.case.op) === name);
      return own.length > 0 ? passes(own) : "";
    });
    const differentiated = results[0].some(
      (outcome) => counterpart(outcome.case.op) === name && Object.keys(outcome.case.grads).length > 0,
    );
    const code = signatures.map((signature) => `\`${signature}\``).join("<br>");
    const gradient = (traits?.differentiable ?? differentiated) ? "yes" : "";
    return row([`\`${name}\``, form, code, summary, traits?.dtypes.join(", ") ?? "", gradient, ...golden]);
  });
  const head = ["op", "form", "signature", "what", "dtypes", "gradient", "float64", "float32", "wasm"];
  return [`## [${file}](../${file})`, "", row(head), row(head.map(() => "---")), ...lines].join("\n");
}

/** A line of a table; a bar inside of a cell is escaped. */
function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function differing(results: readonly (readonly Outcome[])[]): string {
  const known = deviations.map(({ op, index, what, backend, dtype, reason }) => {
    const where = settings.filter(
      (each) => (backend ?? each.backend) === each.backend && (dtype ?? each.dtype) === each.dtype,
    );
    return row([
      `\`${op}\` ${index}`,
      what,
      where.length === settings.length ? "all" : where.map(title).join(", "),
      reason,
    ]);
  });
  const unmapped = results[0]
    .filter((outcome) => outcome.unmapped !== "")
    .map((outcome) => row([`\`${outcome.case.op}\` ${outcome.case.index}`, "no counterpart", "all", outcome.unmapped]));
  const head = ["call", "what", "where", "why"];
  return ["## Calls that differ", "", row(head), row(head.map(() => "---")), ...known, ...unmapped].join("\n");
}
