import { dtypes } from "../../dtype.ts";
import { PlanError } from "../../errors.ts";
import type { Kernel, MapKernel, Place, Plan, ReduceKernel, Step, Store } from "../../plan/plan.ts";
import { sizeOf } from "../../plan/view.ts";
import { boundsFault, checkExprs, viewFault } from "./check-expr.ts";
import { loadsOf, MemoryFlow } from "./check-memory.ts";
import { type Use, usesOf } from "./uses.ts";

/**
 * Checks that a plan keeps to the rules of `plan.ts` and `expr.ts`: types, shapes, addresses within buffers, nothing
 * read that was not written, in place only element by element. A fault that other backends would turn into wrong
 * numbers is an error here. Comes in pieces, a step each.
 *
 * @throws PlanError that names the kernel
 */
export function* checkPlan(plan: Plan): Generator<void, void> {
  const flow = new MemoryFlow(plan);
  for (const step of plan.steps) {
    checkStep(step, plan, flow);
    yield;
  }
  for (const { buffer, shape } of plan.outputs) {
    flow.read(buffer, "output");
    if (plan.buffers[buffer].size < sizeOf(shape))
      throw new PlanError(`output [${shape}] of a smaller buffer ${buffer}`);
  }
}

function checkStep(step: Step, plan: Plan, flow: MemoryFlow): void {
  if (step.kind === "map") checkMap(step, plan, flow);
  else if (step.kind === "reduce") checkReduce(step, plan, flow);
  else if (step.kind === "host") {
    for (const { buffer } of step.inputs) flow.read(buffer, step.label);
    for (const { buffer } of step.outputs) flow.write(buffer, step.label);
  } else checkUses(step, plan, flow);
}

function checkMap({ shape, stores, label }: MapKernel, plan: Plan, flow: MemoryFlow): void {
  const exprs = stores.map((store) => store.expr);
  const loads = loadsOf(exprs);
  checkExprs(exprs, shape, plan, label, null);
  flow.inPlace(loads, placesOf(stores), label);
  for (const { buffer } of loads) flow.read(buffer, label);
  checkStores(stores, shape, plan, flow, label);
}

function checkReduce(kernel: ReduceKernel, plan: Plan, flow: MemoryFlow): void {
  const { length, block, input, stores, label } = kernel;
  const shape = block > 0 ? [...kernel.shape, Math.ceil(length / block)] : kernel.shape;
  const exprs = stores.map((store) => store.expr);
  const [inputLoads, outputLoads] = [loadsOf([input]), loadsOf(exprs)];
  checkExprs([input], [...kernel.shape, length], plan, label, null);
  checkExprs(exprs, shape, plan, label, input.dtype);
  flow.apart(
    inputLoads.map((load) => load.buffer),
    [...new Set(stores.map((store) => store.place.buffer))],
    label,
  );
  flow.inPlace(outputLoads, placesOf(stores), label);
  for (const { buffer } of [...inputLoads, ...outputLoads]) flow.read(buffer, label);
  checkStores(stores, shape, plan, flow, label);
}

function placesOf(stores: readonly Store[]): Place[] {
  return stores.map((store) => store.place);
}

function checkStores(
  stores: readonly Store[],
  shape: readonly number[],
  plan: Plan,
  flow: MemoryFlow,
  label: string,
): void {
  for (const { place, expr } of stores) {
    const { dtype } = plan.buffers[place.buffer];
    const fault =
      placeFault(place, shape, plan) ??
      (dtypes[dtype].compute === expr.dtype ? null : `stores ${expr.dtype} to buffer ${place.buffer} of ${dtype}`);
    if (fault) throw new PlanError(`${label}: ${fault}`);
    flow.write(place.buffer, label);
  }
}

function checkUses(kernel: Exclude<Kernel, MapKernel | ReduceKernel>, plan: Plan, flow: MemoryFlow): void {
  const { label } = kernel;
  const { reads, writes } = usesOf(kernel);
  const numeric = [...reads, ...writes].filter((use) => use.type !== "int32");
  const [first] = numeric.map((use) => computeType(use, plan));
  for (const use of [...reads, ...writes]) {
    const fault =
      placeFault(use.place, use.shape, plan) ?? typeFault(use, use.type === "int32" ? "int32" : first, plan);
    if (fault) throw new PlanError(`${label}, ${use.name}: ${fault}`);
  }
  flow.apart(buffersOf(reads), buffersOf(writes), label);
  for (const { place } of reads) flow.read(place.buffer, label);
  for (const { place } of writes) flow.write(place.buffer, label);
  if ("check" in kernel && kernel.check >= plan.checks.length) {
    throw new PlanError(`${label}: check ${kernel.check} of ${plan.checks.length}`);
  }
}

function buffersOf(uses: readonly Use[]): number[] {
  return uses.map((use) => use.place.buffer);
}

function computeType({ place }: Use, plan: Plan): string {
  return dtypes[plan.buffers[place.buffer].dtype].compute;
}

function typeFault(use: Use, expected: string, plan: Plan): string | null {
  const type = computeType(use, plan);
  const computes = use.type === "element" || type !== "bool";
  const allowed = computes && type === expected && (use.type !== "float" || type.startsWith("float"));
  return allowed ? null : `${type} where ${use.type === "int32" ? "int32" : `a ${use.type} (${expected})`} is expected`;
}

function placeFault({ buffer, view }: Place, shape: readonly number[], plan: Plan): string | null {
  return viewFault(view, shape) ?? boundsFault(view, plan.buffers[buffer], buffer);
}
