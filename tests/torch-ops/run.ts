/** Runs the golden calls and compares values and gradients. */
import {
  Device,
  defaultDevice,
  grad,
  readAll,
  setDefaultDevice,
  type Tensor,
  type TensorData,
  withDefaultDtype,
  zerosLike,
} from "@tsuki/core";
import "@tsuki/core/reference";
import { compare, type Difference } from "./compare.ts";
import { Arguments, cases, load, stored } from "./data.ts";
import { elementwise } from "./elementwise.ts";
import { indexing } from "./indexing.ts";
import type { Argument, Case, Mapped, Mapping } from "./mapping.ts";
import { nn } from "./nn.ts";
import { products } from "./products.ts";
import { reductions } from "./reductions.ts";
import { views } from "./views.ts";

type Float = "float32" | "float64";

/** A backend and the dtype of the float inputs. */
export interface Setting {
  readonly backend: "reference" | "wasm";
  readonly dtype: Float;
}

export const settings: readonly Setting[] = [
  { backend: "reference", dtype: "float64" },
  { backend: "reference", dtype: "float32" },
  { backend: "wasm", dtype: "float32" },
];

/** What came of one call. */
export interface Outcome {
  readonly case: Case;
  /** By what differs: `output 0`, `gradient of` a stored input, or `call` where it threw. */
  readonly differences: readonly (Difference & { readonly what: string })[];
  /** Why the call has no counterpart; "" where it has. */
  readonly unmapped: string;
}

/** What the rooms map. */
export const mapping: Mapping = { ...elementwise, ...reductions, ...views, ...indexing, ...products, ...nn };

/** PyTorch's names of the ops, in the order of the file. */
export const ops: readonly string[] = [...new Set(cases.map(({ op }) => op))];

/** Every call, on a device of its own; those of one op are one plan where none fails. */
export async function runAll({ backend, dtype }: Setting): Promise<Outcome[]> {
  const outer = defaultDevice();
  const device = setDefaultDevice(new Device(backend, { threads: 2 }));
  const outcomes: Outcome[] = [];
  try {
    for (const op of ops) {
      outcomes.push(
        ...(await runCases(
          cases.filter((each) => each.op === op),
          dtype,
        )),
      );
    }
  } finally {
    setDefaultDevice(outer);
    await device.close();
  }
  return outcomes;
}

/** A call as part of the lazy graph. */
interface Built {
  readonly outputs: readonly Tensor[];
  /** By the stored names of the inputs. */
  readonly gradients: Readonly<Record<string, Tensor>>;
}

async function runCases(list: readonly Case[], dtype: Float): Promise<Outcome[]> {
  const prepared = list.map((each) => new Arguments(each, dtype));
  const built: (Built | Outcome)[] = [];
  for (const [i, each] of list.entries()) built.push(await build(each, prepared[i], dtype));
  const wanted = built.flatMap((one) => ("case" in one ? [] : [...one.outputs, ...Object.values(one.gradients)]));
  try {
    const values = new Map(
      Object.values(await readAll(Object.fromEntries(wanted.entries()))).map((value, i) => [wanted[i], value]),
    );
    return built.map((one, i) => ("case" in one ? one : judge(list[i], one, values, dtype)));
  } catch (error) {
    if (list.length === 1) return [threw(list[0], error)];
    const alone: Outcome[] = [];
    for (const each of list) alone.push(...(await runCases([each], dtype)));
    return alone;
  } finally {
    for (const { parameters } of prepared) for (const parameter of parameters) parameter.dispose();
  }
}

async function build(each: Case, prepared: Arguments, dtype: Float): Promise<Built | Outcome> {
  try {
    const inputs = each.inputs.map((argument) => prepared.of(argument));
    const named = Object.entries(each.kwargs).map(([name, argument]): [string, Argument] => [
      name,
      prepared.of(argument),
    ]);
    const call = { inputs, kwargs: Object.fromEntries(named), case: each };
    const mapped = await inDtype(dtype, () => mapping[each.op](call));
    if (typeof mapped === "string") return { case: each, differences: [], unmapped: mapped };
    const outputs = Array.isArray(mapped) ? (mapped as readonly Tensor[]) : [mapped as Tensor];
    return { outputs, gradients: gradientsOf(each, outputs, prepared, dtype) };
  } catch (error) {
    return threw(each, error);
  }
}

function threw(each: Case, error: unknown): Outcome {
  return { case: each, differences: [{ what: "call", elements: "all", text: String(error) }], unmapped: "" };
}

/** The dtype of constants is that of the run; a promise leaves the scope, which is synchronous, by the side. */
function inDtype(dtype: Float, body: () => Mapped | Promise<Mapped>): Mapped | Promise<Mapped> {
  let result: Mapped | Promise<Mapped> = "";
  withDefaultDtype(dtype, () => {
    result = body();
  });
  return result;
}

/** Of Σ output · weight over the outputs that have a gradient; where none has, zeros. */
function gradientsOf(
  { grads, gradWeights }: Case,
  outputs: readonly Tensor[],
  { made }: Arguments,
  dtype: Float,
): Record<string, Tensor> {
  const names = Object.keys(grads);
  const inputs = names.map((name) => made.get(name) as Tensor);
  const weighted = outputs.flatMap((output, i) => {
    const weight = gradWeights[i];
    return weight && output.requiresGrad ? [output.mul(load(weight, dtype)).sum()] : [];
  });
  const gradients =
    weighted.length > 0
      ? grad(
          weighted.reduce((sum, term) => sum.add(term)),
          inputs,
        )
      : inputs.map((input) => zerosLike(input));
  return Object.fromEntries(gradients.map((gradient, i) => [names[i], gradient]));
}

function judge(each: Case, { outputs, gradients }: Built, values: Map<Tensor, TensorData>, dtype: Float): Outcome {
  const differences: Outcome["differences"][number][] = [];
  const check = (what: string, tensor: Tensor, name: string, measured: number | null): void => {
    const tolerance = toleranceOf(measured, dtype);
    const found = tolerance === null ? null : compare(values.get(tensor) as TensorData, stored(name), tolerance);
    if (found) differences.push({ what, ...found });
  };
  if (outputs.length !== each.outputs.length) {
    differences.push({ what: "outputs", elements: "all", text: `${outputs.length} of ${each.outputs.length}` });
  }
  for (const [i, name] of each.outputs.entries()) {
    const free = each.note === "ties: index order not specified" && stored(name).dtype === "int32";
    if (i < outputs.length && !free) check(`output ${i}`, outputs[i], name, each.float32.outputs);
  }
  for (const [name, gradient] of Object.entries(gradients)) {
    check(`gradient of ${name}`, gradient, each.grads[name], each.float32.grads);
  }
  return { case: each, differences, unmapped: "" };
}

/** By the largest error of PyTorch's own float32 run; `null` where that overflows. */
function toleranceOf(measured: number | null, dtype: Float): number | null {
  if (dtype === "float64") return Math.max(1e-9, 4e-8 * (measured ?? 0));
  return measured === null ? null : Math.max(2e-5, 20 * measured);
}
