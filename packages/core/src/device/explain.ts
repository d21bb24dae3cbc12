import { children, type Expr } from "../plan/expr.ts";
import type { Place, Plan, Step } from "../plan/plan.ts";
import type { Entry, Landmark } from "./cache.ts";
import { defaultDevice } from "./default.ts";
import type { Device } from "./device.ts";

/** The compiled plans of a device as text, the last used first: their kernels, memory, and why each was compiled. */
export function explain(device: Device = defaultDevice()): string {
  const entries = [...device.plans].reverse();
  return entries.flatMap((entry) => (entry.plan ? [explainPlan(entry.plan, reasonOf(entry))] : [])).join("\n\n");
}

/** Why an entry had to be compiled: where its key parts from that of the plan with which it has most in common. */
function reasonOf({ landmarks, nearest }: Entry): string {
  if (!nearest) return "it is the first plan of this device";
  const plan = nearest.entry.deref()?.plan;
  const name = plan ? `plan ${plan.id}` : "a plan that was dropped";
  const [here, there] = [landmarks, nearest.landmarks].map((list) => landmarkAt(list, nearest.same));
  if (here === there) return `it parts from ${name} at ${here}, which there has other inputs, attributes or uses`;
  return `it parts from ${name} at ${here}, where that has ${there}`;
}

function landmarkAt(landmarks: readonly Landmark[], place: number): string {
  const at = landmarks.findLastIndex(({ start }) => start <= place);
  if (at < 0) return "its first leaf";
  const { name, outputs } = landmarks[at];
  return `node ${at} (${name} ${outputs.map(({ shape, dtype }) => `[${shape}] ${dtype}`).join(", ")})`;
}

/** A plan as text: a line for each step, with the buffers that it reads and writes. */
function explainPlan(plan: Plan, reason: string): string {
  const kernels = plan.steps.filter((step) => step.kind !== "host").length;
  const head =
    `plan ${plan.id}: ${kernels} kernels, ${plan.steps.length - kernels} host steps, ${plan.buffers.length} buffers, ` +
    `${plan.slots.length} slots, ${plan.numbers.length} numbers, ${plan.outputs.length} outputs, arena ${plan.arenaBytes} bytes\n` +
    `  compiled because: ${reason}`;
  const width = String(plan.steps.length - 1).length;
  const lines = plan.steps.map(
    (step, at) => `  ${String(at).padStart(width)}  ${describe(step, plan)}  [${step.label}]`,
  );
  return [head, ...lines].join("\n");
}

function describe(step: Step, plan: Plan): string {
  const at = (place: Place): string => nameOf(place.buffer, plan);
  switch (step.kind) {
    case "map":
      return `map [${step.shape}]  ${step.stores.map((s) => `${at(s.place)} = ${formula(s.expr, plan)}`).join("; ")}`;
    case "reduce": {
      const stores = step.stores.map((s) => `${at(s.place)} = ${formula(s.expr, plan)}`).join("; ");
      const block = step.block > 0 ? ` in blocks of ${step.block}` : "";
      return `${step.op} [${step.shape}] over ${step.length}${block} of ${formula(step.input, plan)}  ${stores}`;
    }
    case "matmul":
      return `matmul [${[...step.batch, step.m, step.k]}] × [${[...step.batch, step.k, step.n]}]  ${at(step.c)} = ${at(step.a)} × ${at(step.b)}`;
    case "groupedRows":
      return `groupedRows [${step.rows}, ${step.k}] × [${step.groups}, ${step.k}, ${step.n}]  ${at(step.c)} = ${at(step.a)} × ${at(step.b)}`;
    case "groupedContraction":
      return `groupedContraction [${step.rows}, ${step.m}]ᵀ × [${step.rows}, ${step.n}] by ${step.groups}  ${at(step.c)} = ${at(step.a)}ᵀ × ${at(step.b)}`;
    case "attention":
    case "attentionBackward": {
      const { batch, heads, groups, queries, keys, width, valueWidth, causal } = step;
      const [q, k, v] = [step.q, step.k, step.v].map(at);
      const shape = `[${batch}, ${heads}, ${queries}, ${width}] over ${groups} × [${keys}, ${valueWidth}]`;
      const results = step.kind === "attention" ? [step.out, step.logSumExp] : [step.dq, step.dk, step.dv];
      return `${step.kind}${causal ? ", causal," : ""} ${shape}  ${results.map(at).join(", ")} = ${q}, ${k}, ${v}`;
    }
    case "scan": {
      const [terms, factors] = [step.terms, step.factors].map((place) => (place ? at(place) : "none"));
      return `scan [${step.rows}, ${step.length}]  ${at(step.out)} of terms ${terms}, factors ${factors}`;
    }
    case "sort": {
      const order = step.descending ? "falling" : "rising";
      return `sort [${step.rows}, ${step.length}] ${order}, the first ${step.k}  ${at(step.indices)} = ${at(step.input)}`;
    }
    case "groupBy":
      return `groupBy [${step.length}] to ${step.groups}  ${at(step.permutation)}, ${at(step.offsets)} = ${at(step.ids)}`;
    case "segmentSum":
      return `segmentSum [${step.rows}, ${step.width}] to ${step.segments}  ${at(step.out)} = ${at(step.input)}`;
    case "insert":
      return `insert [${step.outer}, ${step.length} of ${step.extent}, ${step.inner}]  ${at(step.out)} = ${at(step.input)} from ${at(step.start)}`;
    case "host":
      return `host call ${step.call}`;
  }
}

function nameOf(buffer: number, plan: Plan): string {
  const { source } = plan.buffers[buffer];
  return source.kind === "slot" ? `${plan.slots[source.slot].kind}${source.slot}` : `t${buffer}`;
}

/** Terms of an expression that are written out; shared terms may make the rest very long. */
const mostTerms = 40;

/** An expression in functional notation, cut where it gets long. */
function formula(root: Expr, plan: Plan): string {
  let terms = 0;
  const write = (expr: Expr): string => {
    if (++terms > mostTerms) return "…";
    switch (expr.kind) {
      case "constant":
        return String(expr.value);
      case "number":
        return `n${expr.slot}`;
      case "index":
        return "index";
      case "accumulated":
        return "·";
      case "load": {
        const inner = children(expr).map(write);
        return inner.length > 0 ? `${nameOf(expr.buffer, plan)}[${inner.join(", ")}]` : nameOf(expr.buffer, plan);
      }
      case "apply":
        return `${expr.op}(${expr.inputs.map(write).join(", ")})`;
    }
  };
  return write(root);
}
