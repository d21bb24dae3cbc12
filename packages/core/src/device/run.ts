import { DeviceError, PlanError, PoisonedError } from "../errors.ts";
import type { Capture } from "../graph/capture.ts";
import type { Effect } from "../graph/effect.ts";
import type { Runtime } from "../graph/runtime.ts";
import { Result } from "../graph/tensor.ts";
import type { Storage, Variable } from "../graph/variable.ts";
import { type Backend, type Handle, IndexOutOfRange, type Program, type Timeline } from "../plan/backend.ts";
import { builtAt, qualifiedName } from "../plan/graph.ts";
import { macrotask } from "../plan/pace.ts";
import type { Plan } from "../plan/plan.ts";

/** A run whose plan is fixed: what it holds on to until its turn comes. The graph is not needed any more. */
export class Run {
  readonly #device: Runtime;
  readonly #slots: readonly (Variable | Result)[];
  readonly #reads: readonly boolean[];
  readonly #numbers: readonly number[];
  readonly #hosts: Capture["hosts"];
  readonly #results: readonly Result[];
  readonly #written: Capture["written"];
  /** Paths and stacks of the captured ops: the plan may have been compiled for another model. */
  readonly #paths: readonly string[];
  readonly #traces: readonly (Error | undefined)[];

  constructor(captured: Capture, device: Runtime) {
    this.#device = device;
    this.#slots = captured.slots;
    this.#reads = captured.reads;
    this.#numbers = captured.numbers;
    this.#hosts = captured.hosts;
    this.#written = captured.written;
    this.#paths = captured.nodes.map(({ path }) => path);
    this.#traces = captured.nodes.some(({ trace }) => trace) ? captured.nodes.map(({ trace }) => trace) : [];
    this.#results = captured.outputs.map((tensor) => {
      tensor.result = new Result({ shape: tensor.shape, dtype: tensor.dtype }, null, device);
      return tensor.result;
    });
  }

  /** Binds variables, values and numbers, runs the program, and hands the results out. */
  async execute(plan: Plan, program: Program, backend: Backend, timeline?: Timeline): Promise<void> {
    const handles = isEmpty(plan) ? await nothing() : await this.#compute(plan, program, backend, timeline);
    for (const [i, result] of this.#results.entries()) result.handle = handles[i];
    for (const [{ storage }, { stored }] of this.#written) {
      storage.error = null;
      if (!stored) freeStorage(storage, backend);
    }
  }

  #compute(plan: Plan, program: Program, backend: Backend, timeline?: Timeline): Promise<Handle[]> {
    const slots = this.#slots.map((source, i) => bind(source, this.#reads[i], this.#device, backend));
    return backend
      .run(program, { slots, numbers: this.#numbers, hosts: this.#hosts, timeline })
      .catch((error: unknown) => {
        throw this.#explain(error, plan);
      });
  }

  #explain(error: unknown, plan: Plan): unknown {
    if (!(error instanceof IndexOutOfRange)) return error;
    const { op, path, trace, node = -1, extent } = plan.checks[error.check];
    const where = qualifiedName(this.#paths[node] ?? path, op);
    const built = builtAt(node in this.#paths ? this.#traces[node] : trace);
    return new PlanError(`${where}: a computed index is out of range [0, ${extent})${built}`, { cause: error });
  }

  /** The plan did not run to its end: its results are missing, and what it would have written is poisoned. */
  fail(error: unknown): void {
    for (const result of this.#results) result.error = error;
    for (const variable of this.#written.keys()) poison(variable, error);
  }
}

/** Whether there is nothing to compute: variables are only emptied. */
export function isEmpty({ steps, outputs }: Plan): boolean {
  return steps.length === 0 && outputs.length === 0;
}

/** The event loop gets its turn all the same. */
async function nothing(): Promise<Handle[]> {
  await macrotask();
  return [];
}

/** Effects that will never run: what they would have written is poisoned, in their versions. */
export function giveUp(effects: readonly Effect[], error: unknown): void {
  for (const effect of effects) {
    if (!("variable" in effect)) continue;
    effect.variable.storage.committed = Math.max(effect.variable.storage.committed, effect.version);
    if (effect.kind === "assign") poison(effect.variable, error);
  }
}

function poison({ name, storage }: Variable, error: unknown): void {
  storage.error ??= new PoisonedError(
    `"${name}" lost its value: the plan that would have written it failed (${error instanceof Error ? error.message : error}). ` +
      "Assign it anew, for instance from a checkpoint.",
    { cause: error },
  );
}

/** The handle of a variable or value; memory for a variable is found when it is first written. */
export function bind(source: Variable | Result, isRead: boolean, device: Runtime, backend: Backend): Handle {
  if (source instanceof Result) return bindValue(source, device, backend);
  const { storage } = source;
  if (isRead && storage.error) throw storage.error;
  if (isRead && !storage.handle) throw new PlanError(`"${source.name}" is read but holds no value`);
  storage.handle ??= backend.allocate(source.dtype, source.shape);
  return storage.handle;
}

function bindValue(result: Result, device: Runtime, backend: Backend): Handle {
  if (result.error) throw result.error;
  if (result.handle && result.device === device) return result.handle;
  if (!result.host) {
    throw new DeviceError(`a value of "${result.device?.name}" is read on "${device.name}"; read its data() first`);
  }
  result.handle = backend.value(result.host, result.signature.dtype, result.signature.shape);
  result.device = device;
  return result.handle;
}

export function freeStorage(storage: Storage, backend: Backend): void {
  if (storage.handle) backend.free(storage.handle);
  storage.handle = null;
}
