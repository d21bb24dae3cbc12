import type { KernelProfile, PlanProfile, Profile } from "./profile.ts";

export interface FormatOptions {
  /** Most rows of each table; default 25. */
  readonly rows?: number;
}

/** Kernels that are shown as one, and what they took together in all runs of the plan. */
interface Group {
  readonly name: readonly string[];
  readonly kernels: number;
  readonly ms: number;
  /** Sum of the fastest calls. */
  readonly minMs: number;
  readonly waitMs: number;
  readonly flops: number;
  readonly bytes: number;
}

/** The columns that hold numbers. */
const numbers = ["ms", "%", "min", "wait", "kernels", "GFLOP/s", "GB/s"];

/** Plans that took less than this share of all runs are not shown. */
const leastShare = 0.005;

/**
 * A profile as text: for each plan its kernels sorted by time, those of all layers (`layers.0`, `layers.1` …) with equal
 * shapes as one; then totals by kind and by label. Times are milliseconds for one run of the plan: the mean, the least, and
 * what all threads together waited for each other.
 */
export function formatProfile(profile: Profile, { rows = 25 }: FormatOptions = {}): string {
  const { build, capture, compile, run } = profile.totals;
  const head =
    `run ${fixed(run)} ms, compile ${fixed(compile)} ms, capture ${fixed(capture)} ms, ` +
    `build and the program's own work ${fixed(build)} ms`;
  const plans = [...profile.plans].sort((a, b) => b.ms - a.ms).filter((plan) => plan.ms >= leastShare * run);
  const left = profile.plans.length - plans.length;
  const rest = left > 0 ? [`${left} other plans: less than ${100 * leastShare}% of the time each`] : [];
  return [head, ...plans.map((plan) => formatPlan(plan, rows)), ...rest].join("\n\n");
}

function formatPlan(plan: PlanProfile, rows: number): string {
  const { id, device, runs, ms, threads, kernels } = plan;
  const busy = sum(kernels.map((kernel) => kernel.threadMs)) / runs / threads;
  const waiting = sum(kernels.map((kernel) => kernel.waitMs)) / runs / threads;
  const head =
    `plan ${id} on ${device}: ${runs} runs of ${fixed(ms / runs)} ms; ${kernels.length} kernels; ` +
    `each of ${threads} threads computes ${fixed(busy)} ms and waits ${fixed(waiting)} ms`;
  const tables = [
    table(["kernel", "shape", "label"], runs, rows, kernels, (k) => [k.kind, k.shape, general(k.label)]),
    table(["kind"], runs, rows, kernels, (k) => [k.kind]),
    table(["label"], runs, rows, kernels, (k) => [general(k.label)]),
  ];
  return [head, ...tables].join("\n\n");
}

/** A label for all layers of its kind: numbers in a path become `*`. */
function general(label: string): string {
  return label.replace(/(?<=^|\.)\d+(?=[.:]|$)/g, "*");
}

function table(
  titles: readonly string[],
  runs: number,
  rows: number,
  kernels: readonly KernelProfile[],
  nameOf: (kernel: KernelProfile) => string[],
): string {
  const groups = [...grouped(kernels, nameOf)].sort((a, b) => b.ms - a.ms);
  const total = sum(groups.map((group) => group.ms)) || 1;
  const line = ({ name, kernels, ms, minMs, waitMs, flops, bytes }: Group): string[] => [
    fixed(ms / runs, 3),
    fixed((100 * ms) / total),
    fixed(minMs, 3),
    fixed(waitMs / runs, 3),
    String(kernels),
    fixed(ms > 0 ? flops / ms / 1e6 : 0),
    fixed(ms > 0 ? bytes / ms / 1e6 : 0),
    ...name,
  ];
  const left = groups.slice(rows);
  const lines = groups.slice(0, rows).map(line);
  if (left.length > 0) lines.push(line(merged([`${left.length} more`], left)));
  return aligned([[...numbers, ...titles], ...lines]);
}

function grouped(kernels: readonly KernelProfile[], nameOf: (kernel: KernelProfile) => string[]): Iterable<Group> {
  const groups = new Map<string, Group>();
  for (const kernel of kernels) {
    const name = nameOf(kernel);
    const key = name.join("\n");
    const { ms, minMs, waitMs, calls } = kernel;
    const [flops, bytes] = [kernel.flops * calls, kernel.bytes * calls];
    const own: Group = { name, kernels: 1, ms, minMs, waitMs, flops, bytes };
    const known = groups.get(key);
    groups.set(key, known ? merged(name, [known, own]) : own);
  }
  return groups.values();
}

function merged(name: readonly string[], groups: readonly Group[]): Group {
  const all = (field: Exclude<keyof Group, "name">): number => sum(groups.map((group) => group[field]));
  return {
    name,
    kernels: all("kernels"),
    ms: all("ms"),
    minMs: all("minMs"),
    waitMs: all("waitMs"),
    flops: all("flops"),
    bytes: all("bytes"),
  };
}

/** Columns of numbers to the right, names to the left. */
function aligned(lines: readonly (readonly string[])[]): string {
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => (line[column] ?? "").length)));
  const cell = (text: string, column: number): string =>
    column < numbers.length ? text.padStart(widths[column]) : text.padEnd(widths[column]);
  return lines.map((line) => `  ${line.map(cell).join("  ")}`.trimEnd()).join("\n");
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}

function fixed(number: number, digits = 1): string {
  return number.toFixed(digits);
}
