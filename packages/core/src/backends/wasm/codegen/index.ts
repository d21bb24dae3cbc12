/** Machine code for maps and reductions. */
import type { Buffer, MapKernel, ReduceKernel } from "../../../plan/plan.ts";
import type { Local, Module } from "../emit/index.ts";
import { FunctionBuilder } from "../emit/index.ts";
import type { KernelCode, KernelOptions, Launch } from "../kernels/kernel.ts";
import { kernelParameters } from "../kernels/kernel.ts";
import { argumentWords } from "./arguments.ts";
import { Constants } from "./constants.ts";
import type { KernelContext } from "./evaluate.ts";
import { Evaluator } from "./evaluate.ts";
import type { Lowered } from "./lower.ts";
import { lowerMap } from "./lower-map.ts";
import { lowerReduce } from "./lower-reduce.ts";
import { emitMapRow } from "./map.ts";
import { emitReduceRow } from "./reduce.ts";
import { Rows } from "./rows.ts";
import type { Site } from "./site.ts";
import type { Structure } from "./structure.ts";

/** The launch of a map. */
export function generateMap(kernel: MapKernel, buffers: readonly Buffer[], options: KernelOptions): Launch {
  return launch("map", lowerMap(kernel, buffers), options);
}

/** The launch of a reduction. */
export function generateReduce(kernel: ReduceKernel, buffers: readonly Buffer[], options: KernelOptions): Launch {
  return launch("reduce", lowerReduce(kernel, buffers), options);
}

function launch(kind: string, lowered: Lowered | null, options: KernelOptions): Launch {
  const phases = lowered ? [{ code: codeOf(kind, lowered.structure, options), args: lowered.args }] : [];
  return { phases, sharedScratch: 0, threadScratch: 0 };
}

function codeOf(kind: string, structure: Structure, { relaxed }: KernelOptions): KernelCode {
  const key = nameOf(kind, `${relaxed} ${JSON.stringify(structure)}`);
  return { key, emit: (module) => emit(module, key, structure, relaxed) };
}

const names = new Map<string, string>();

/** A short name for a structure, the same whenever it comes again. */
function nameOf(kind: string, structure: string): string {
  let name = names.get(structure);
  if (!name) {
    name = `${kind} ${names.size}`;
    names.set(structure, name);
  }
  return name;
}

/** Writes the kernel twice: the first writing, thrown away, finds out which constants it uses. */
function emit(module: Module, name: string, structure: Structure, relaxed: boolean): void {
  module.export(name, kernelParameters, (f, parameters) => {
    const words = argumentWords(structure);
    const context = { structure, words, args: parameters.args, relaxed };
    const draft = new FunctionBuilder(Object.values(kernelParameters));
    const wanted = new Constants(parameters.args);
    write({ ...context, f: draft, constants: wanted }, parameters);
    write({ ...context, f, constants: wanted.declare(f) }, parameters);
  });
}

interface ThreadParameters {
  readonly thread: Local<"i32">;
  readonly threads: Local<"i32">;
}

function write(context: KernelContext, { thread, threads }: ThreadParameters): void {
  const { structure } = context;
  const rows = new Rows(context);
  const evaluator = new Evaluator(context);
  const kernel = site(0, rows, null);
  const before = (): void => evaluator.hoist(kernel);
  rows.forEach(thread, threads, before, () => {
    const row = site(1, rows, kernel);
    evaluator.hoist(row);
    if (structure.reduction) emitReduceRow(context, evaluator, rows, row, structure.reduction);
    else emitMapRow(context, evaluator, rows, row);
  });
  evaluator.report();
}

function site(depth: 0 | 1, rows: Rows, outer: Site | null): Site {
  const position: Site["position"] = (operand) => ({ base: rows.pointers[operand], offset: 0 });
  return { depth, lanes: 1, position, outer, values: new Map() };
}
