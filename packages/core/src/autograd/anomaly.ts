import { type Inspection, setInspector } from "../device/inspection.ts";
import { isFloat, type TypedArray } from "../dtype.ts";
import { TsukiError } from "../errors.ts";
import type { Capture } from "../graph/capture.ts";
import { constantLeaf } from "../graph/leaves.ts";
import type { Part, Read } from "../graph/partition.ts";
import { currentWatch, noGrad, setWatch } from "../graph/scope.ts";
import type { Node, Tensor } from "../graph/tensor.ts";
import { readOp } from "../graph/variable.ts";
import { stack, where } from "../ops/functions.ts";
import { eq, isFinite, max } from "../ops/methods.ts";
import { builtAt, qualifiedName } from "../plan/graph.ts";

/** Thrown by what runs a plan that was built under `detectAnomaly`: where NaN or infinity came from. */
export class AnomalyError extends TsukiError {}

let always = false;
let scopes = 0;

/**
 * Looks for the place where a NaN or an infinity arises: whatever is built while it is on is checked when it runs, and
 * `realize`, `step`, `item` or `data` rejects with an `AnomalyError` that names the first such node, its module path, whether
 * it belongs to a gradient (and of what), and where it was created. Infinities that were given (the −∞ of a mask), and
 * values that reach no result, are no anomalies. The plan has run by then: variables hold what it wrote.
 *
 * `detectAnomaly(true)` and `detectAnomaly(false)` switch it. Given a function, it is on until the function has returned
 * and the promise that it may return is settled. For debugging: every intermediate value lives until its plan ends.
 */
export function detectAnomaly(on: boolean): void;
export function detectAnomaly<T>(body: () => T): T;
export function detectAnomaly<T>(on: boolean | (() => T)): T | undefined {
  setInspector(inspectValues);
  if (typeof on === "boolean") {
    always = on;
    change(0);
    return undefined;
  }
  const leave = (): void => change(-1);
  change(1);
  let result: T | undefined;
  try {
    result = on();
    return result;
  } finally {
    // Without a claim to have heard its failure, which `WorkPromise.then` would make.
    if (result instanceof Promise) Promise.prototype.then.call(result, leave, leave);
    else leave();
  }
}

function change(by: number): void {
  scopes += by;
  setWatch(always || scopes > 0 ? { gradientOf: "" } : undefined);
}

const finite = 0;
const nan = 2;

/** The worst element: 0 where all are finite, 1 with an infinity, 2 with a NaN. */
function severity(x: Tensor): Tensor {
  const [none, some, most] = [finite, 1, nan].map((value) => constantLeaf(value, "int32"));
  return max(where(isFinite(x), none, where(eq(x, x), some, most)));
}

function inspectValues({ requests, effects }: Part, { nodes, resolve }: Capture): Inspection | null {
  if (!nodes.some((node) => node.watch)) return null;
  const floats = (tensors: readonly Tensor[]): Tensor[] =>
    tensors.map(resolve).filter(({ dtype, size }) => isFloat(dtype) && size > 0);
  // Edges may be dropped before the values are there.
  const steps = nodes.map((node) => ({
    node,
    isLeaf: node.inputs.length === 0,
    inputs: floats(node.inputs),
    outputs: floats(node.outputs),
  }));
  const roots = floats([...requests, ...effects.flatMap((effect) => ("value" in effect ? [effect.value] : []))]);
  const tensors = [...new Set([...roots, ...steps.flatMap(({ inputs, outputs }) => [...inputs, ...outputs])])];
  const watch = currentWatch();
  setWatch(undefined);
  const probe = noGrad(() => stack(tensors.map(severity)));
  setWatch(watch);
  const check = (contents: TypedArray): void => {
    const severities = new Map(tensors.map((tensor, i) => [tensor, contents[i]]));
    const of = (tensor: Tensor): number => severities.get(tensor) ?? finite;
    // From the results back to where it began, through what is not finite.
    const reached = new Set(roots.filter((root) => of(root) > finite));
    let first: AnomalyError | undefined;
    for (const { node, isLeaf, inputs, outputs } of steps.reverse()) {
      for (const output of outputs.filter((tensor) => reached.delete(tensor))) {
        const worst = Math.max(finite, ...inputs.map(of));
        const isGiven = isLeaf && of(output) < nan;
        if (of(output) > worst && !isGiven) first = anomaly(node, output, of(output), worst);
        for (const input of inputs) if (of(input) > finite) reached.add(input);
      }
    }
    const leaf = [...reached].find((tensor) => of(tensor) === nan);
    if (leaf) throw new AnomalyError(`detectAnomaly: NaN was given: ${nameOf(leaf)}`);
    if (first) throw first;
  };
  return { probe, check };
}

function nameOf({ node: { op, path, attributes }, shape }: Tensor): string {
  const name = op.id === readOp.id ? `"${(attributes as Read).variable.name}"` : qualifiedName(path, op.name);
  return `${name}, shape [${shape}]`;
}

function anomaly({ watch, trace }: Node, output: Tensor, severity: number, worst: number): AnomalyError {
  const values = severity === nan ? "NaN" : "an infinity";
  const from = worst === finite ? "finite values" : "infinities";
  const origin = watch?.gradientOf ? `, in the gradient of ${watch.gradientOf},` : "";
  return new AnomalyError(
    `detectAnomaly: ${nameOf(output)}${origin} made ${values} of ${from}${builtAt(watch?.trace ?? trace)}`,
  );
}
