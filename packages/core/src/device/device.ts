import { dtypes, type TypedArray } from "../dtype.ts";
import { DeviceError, DTypeError, PendingGraphError, PlanError, PoisonedError } from "../errors.ts";
import { type Capture, capture } from "../graph/capture.ts";
import type { Effect } from "../graph/effect.ts";
import { type Part, partition, readOf, rootsOf, walk } from "../graph/partition.ts";
import type { Runtime } from "../graph/runtime.ts";
import { type Node, nodesMade, Result, type Tensor } from "../graph/tensor.ts";
import type { Storage, Variable } from "../graph/variable.ts";
import { type Backend, type Handle, IndexOutOfRange, type Program } from "../plan/backend.ts";
import type { Plan } from "../plan/plan.ts";
import { type Entry, PlanCache, planOf } from "./cache.ts";
import { explainPlan } from "./explain.ts";
import { WorkPromise } from "./promise.ts";
import { type BackendOptions, createBackend } from "./registry.ts";
import { type Stats, zeroCounters } from "./stats.ts";

const plansKept = 64;
const warnNodes = 20_000;
const mostNodes = 200_000;

/**
 * A device: what is pending on it, in program order; the plans that it has compiled; and the queue in which they run.
 */
export class Device implements Runtime {
  #name: string;
  #options: BackendOptions;
  readonly #counters = zeroCounters();
  readonly #plans = new PlanCache(plansKept, (entry) => this.#drop(entry));
  readonly #finalizer = new FinalizationRegistry<Storage>((storage) => this.#enqueue(() => this.#freeStorage(storage)));
  readonly #known = new WeakSet<Variable>();
  #backend: Promise<Backend> | null = null;
  #ready: Backend | null = null;
  #pending: Effect[] = [];
  /** How many of the pending effects the last `backward()` and what came before it left. */
  #backwardMark = 0;
  /** How many nodes had been made when the last plans were fixed, and after how many more the graph is looked at. */
  #nodesAtFlush = nodesMade();
  #lookAt = warnNodes;
  #saidPending = false;
  #saidRecomputed = false;
  #queue: Promise<unknown> = Promise.resolve();
  /** Failures that nobody was waiting for. */
  #unheard: unknown[] = [];

  constructor(name: string, options: BackendOptions = {}) {
    this.#name = name;
    this.#options = options;
  }

  get name(): string {
    return this.#name;
  }

  /** Chooses another backend, as long as this one has not started; false: too late. */
  configure(name: string, options: BackendOptions): boolean {
    if (this.#backend) return false;
    this.#name = name;
    this.#options = options;
    return true;
  }

  // Recording

  record(effect: Effect): void {
    this.#pending.push(effect);
    if (effect.kind === "assign" && !this.#known.has(effect.variable)) {
      this.#known.add(effect.variable);
      this.#finalizer.register(effect.variable, effect.variable.storage);
    }
    this.#watchSize();
  }

  /** A `backward()` that shares no unrealized node with what an earlier one left sends that off first, without waiting. */
  beforeBackward(output: Tensor): void {
    if (this.#backwardMark === 0) return;
    const prefix = this.#pending.slice(0, this.#backwardMark);
    const nodes = new Set<Node>();
    const collect = (node: Node): boolean => !nodes.has(node) && nodes.add(node) !== undefined;
    walk(prefix.flatMap(rootsOf), collect);
    let shared = false;
    const seen = new Set<Node>();
    walk(output.result === null ? [output.node] : [], (node) => {
      if (nodes.has(node) && node.inputs.length > 0) shared = true;
      if (shared || seen.has(node)) return false;
      seen.add(node);
      return true;
    });
    if (shared) return;
    this.#send(partition(prefix, []).map((part) => this.#fix(part))).catch((error: unknown) =>
      this.#unheard.push(error),
    );
    this.#pending = this.#pending.slice(prefix.length);
    this.#backwardMark = 0;
  }

  afterBackward(): void {
    this.#backwardMark = this.#pending.length;
  }

  /** A pending graph that only grows is a loop without an await. Walked only when enough nodes were made since. */
  #watchSize(): void {
    if (nodesMade() - this.#nodesAtFlush < this.#lookAt) return;
    const seen = new Set<Node>();
    walk(this.#pending.flatMap(rootsOf), (node) => !seen.has(node) && seen.add(node) !== undefined);
    this.#lookAt += Math.max(1000, warnNodes - seen.size);
    if (seen.size < warnNodes) return;
    const oldest = this.#pending[0];
    const name = "variable" in oldest ? `${oldest.kind} of "${oldest.variable.name}"` : oldest.kind;
    const message =
      `${seen.size} nodes are pending on "${this.name}"; the oldest effect is the ${name}. ` +
      "Await realize(), step() or item() in the loop, so that they run.";
    if (seen.size >= mostNodes) throw new PendingGraphError(message);
    if (!this.#saidPending) console.warn(`tsuki: ${message}`);
    this.#saidPending = true;
    this.#lookAt += warnNodes;
  }

  // Running

  /**
   * Fixes the plans of all that is pending and of the requested values, now; resolves when they have run. A stale request
   * is refused before anything is taken.
   */
  realize(requests: readonly Tensor[]): Promise<void> {
    const missing = [...new Set(requests)].filter((tensor) => tensor.result === null);
    const stored = missing.filter((tensor) => this.#isStored(tensor));
    const parts = partition(
      this.#pending,
      missing.filter((tensor) => !stored.includes(tensor)),
    );
    this.#pending = [];
    this.#backwardMark = 0;
    this.#nodesAtFlush = nodesMade();
    this.#lookAt = warnNodes;
    const sent = this.#send(
      parts.map((part) => this.#fix(part)),
      stored.map((tensor) => this.#copyOut(tensor)),
    );
    const unheard = this.#unheard;
    this.#unheard = [];
    const done = unheard.length > 0 ? sent.then(() => Promise.reject(unheard[0])) : sent;
    let awaited = false;
    const work = new WorkPromise<void>((resolve, reject) => {
      done.then(resolve, (error: unknown) => {
        if (awaited) this.#unheard = this.#unheard.filter((other) => !isOrCauses(other, error));
        else this.#unheard.push(error);
        reject(error);
      });
    });
    // An error that nobody awaits comes with the next await: it must not end the process.
    work.then(undefined, () => {});
    work.onAwait = () => {
      awaited = true;
    };
    return work;
  }

  /** A copy of the contents of a tensor that a plan makes or has made, once that plan has run. */
  read({ result }: Tensor): Promise<TypedArray> {
    return this.#enqueue(async () => {
      if (!result) throw new Error("only realized tensors are read");
      if (result.error) throw result.error;
      if (result.host) return result.host.slice();
      if (!result.handle) throw new Error("a realized tensor has contents");
      return (await this.backend()).read(result.handle);
    });
  }

  backend(): Promise<Backend> {
    this.#backend ??= Promise.resolve(createBackend(this.name, this.#options)).then((backend) => {
      this.#ready = backend;
      return backend;
    });
    return this.#backend;
  }

  /** Whether a tensor is a variable as it is stored, and stays so in what runs next: it is read without a plan. */
  #isStored({ node }: Tensor): boolean {
    const read = readOf(node);
    if (!read || read.version !== read.variable.storage.committed) return false;
    return !this.#pending.some((effect) => "variable" in effect && effect.variable === read.variable);
  }

  /** Copies a variable to the host, in the order of the queue: a later plan may overwrite it. */
  #copyOut(tensor: Tensor): Promise<void> {
    const { variable } = readOf(tensor.node) as { variable: Variable };
    const result = new Result({ shape: tensor.shape, dtype: tensor.dtype });
    result.device = this;
    tensor.result = result;
    return this.#enqueue(async () => {
      try {
        const backend = await this.backend();
        result.host = await backend.read(this.#bind(variable, true, backend));
      } catch (error) {
        result.error = error;
        throw error;
      }
    });
  }

  /** Waits for all of the work; rejects with its first failure. */
  #send(...work: readonly Promise<void>[][]): Promise<void> {
    const outcome = Promise.allSettled(work.flat()).then((results) => {
      for (const result of results) if (result.status === "rejected") throw result.reason;
    });
    outcome.catch(() => {});
    return outcome;
  }

  /** From here on the versions that the plan writes count as overwritten, and its results as there. */
  #fix(part: Part): Promise<void> {
    const began = performance.now();
    const captured = capture(part);
    let entry = this.#plans.find(captured.key);
    if (entry) {
      this.#counters.planHits++;
    } else {
      entry = this.#plans.add(captured.key, captured.graph());
    }
    this.#count(captured);
    const results = captured.outputs.map((tensor) => {
      const result = new Result({ shape: tensor.shape, dtype: tensor.dtype });
      result.device = this;
      tensor.result = result;
      return result;
    });
    for (const [variable, { version }] of captured.written) variable.storage.committed = version;
    for (const node of captured.nodes) node.release();
    this.#counters.captureMs += performance.now() - began;
    // Only what the run needs is kept: the graph may go.
    const { slots, reads, numbers, hosts, written } = captured;
    const fixed = entry;
    const storages = new Map([...written].map(([variable, { stored }]) => [variable, stored]));
    return this.#enqueue(() => this.#run(fixed, { slots, reads, numbers, hosts, results, storages }));
  }

  #count({ nodes, outputs }: Capture): void {
    const kept = new Set(outputs.map((tensor) => tensor.node));
    const again = nodes.filter((node) => node.computed && node.inputs.length > 0);
    for (const node of nodes) if (!kept.has(node)) node.computed = true;
    this.#counters.nodes += nodes.length;
    this.#counters.recomputedNodes += again.length;
    if (again.length === 0 || this.#saidRecomputed) return;
    this.#saidRecomputed = true;
    const [first] = again;
    console.warn(
      `tsuki: ${again.length} nodes are computed a second time (first: ${first.path ? `${first.path}:` : ""}${first.op.name}). ` +
        "Read a loss after backward(), or keep() what is read later. This is said once; stats().recomputedNodes counts.",
    );
  }

  #enqueue<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => {});
    return done;
  }

  async #run(entry: Entry, run: Run): Promise<void> {
    try {
      const backend = await this.backend();
      const { plan, program } = await this.#compile(entry, backend);
      const began = performance.now();
      const slots = run.slots.map((source, i) => this.#bind(source, run.reads[i], backend));
      const handles = await backend
        .run(program, { slots, numbers: run.numbers, hosts: run.hosts })
        .catch((error: unknown) => {
          throw explainFailure(error, plan);
        });
      this.#counters.runMs += performance.now() - began;
      this.#counters.plansRun++;
      this.#counters.kernelsRun += plan.steps.length;
      for (const [i, result] of run.results.entries()) result.handle = handles[i];
      for (const [variable, stored] of run.storages) {
        variable.storage.error = null;
        if (!stored) this.#freeHandle(variable.storage, backend);
      }
    } catch (error) {
      for (const result of run.results) result.error = error;
      for (const variable of run.storages.keys()) {
        variable.storage.error ??= new PoisonedError(
          `"${variable.name}" lost its value: the plan that would have written it failed (${messageOf(error)}). ` +
            "Assign it anew, for instance from a checkpoint.",
          { cause: error },
        );
      }
      throw error;
    }
  }

  #bind(source: Variable | Result, isRead: boolean, backend: Backend): Handle {
    if (source instanceof Result) {
      if (source.error) throw source.error;
      if (source.handle && source.device === this) return source.handle;
      if (!source.host)
        throw new DeviceError(`a value of "${source.device?.name}" is read on "${this.name}"; read its data() first`);
      source.handle = backend.value(source.host, source.signature.dtype, source.signature.shape);
      source.device = this;
      return source.handle;
    }
    const { storage } = source;
    if (isRead && storage.error) throw storage.error;
    if (!storage.handle) {
      if (isRead) throw new PlanError(`"${source.name}" is read but holds no value`);
      storage.handle = backend.allocate(source.dtype, source.shape);
    }
    return storage.handle;
  }

  async #compile(entry: Entry, backend: Backend): Promise<{ plan: Plan; program: Program }> {
    if (entry.plan && entry.program) return { plan: entry.plan, program: await entry.program };
    const began = performance.now();
    checkDTypes(entry, backend);
    const plan = await planOf(entry, backend.limits);
    entry.program = backend.compile(plan);
    const program = await entry.program;
    this.#counters.plansCompiled++;
    this.#counters.kernelsCompiled += program.compiledKernels;
    this.#counters.compileMs += performance.now() - began;
    return { plan, program };
  }

  // Memory

  release(variable: Variable): void {
    const { storage } = variable;
    void this.#enqueue(() => this.#freeStorage(storage));
  }

  async #freeStorage(storage: Storage): Promise<void> {
    if (this.#ready) this.#freeHandle(storage, this.#ready);
  }

  #freeHandle(storage: Storage, backend: Backend): void {
    if (storage.handle) backend.free(storage.handle);
    storage.handle = null;
  }

  #drop(entry: Entry): void {
    void this.#enqueue(async () => {
      const program = await entry.program;
      if (program) this.#ready?.drop(program);
    });
  }

  // Looking

  /** What the device has done and holds. */
  stats(): Stats {
    const memory = this.#ready?.memory() ?? { liveBytes: 0, arenaBytes: 0, cachedBytes: 0 };
    return { ...this.#counters, plansCached: this.#plans.size, ...memory };
  }

  /** The compiled plans as text, the last used first: their kernels, memory, and why each was compiled. */
  explain(): string {
    const entries = [...this.#plans.entries()].reverse();
    return entries.flatMap(({ plan, reason }) => (plan ? [explainPlan(plan, reason)] : [])).join("\n\n");
  }

  /** Waits for what is queued, then ends the backend: its workers and its memory. */
  async close(): Promise<void> {
    await this.#queue;
    await this.#ready?.close();
  }
}

/** What a queued run holds on to. */
interface Run {
  readonly slots: readonly (Variable | Result)[];
  readonly reads: readonly boolean[];
  readonly numbers: readonly number[];
  readonly hosts: Capture["hosts"];
  readonly results: readonly Result[];
  /** Variables that the plan writes, and whether a value is stored (or consumed). */
  readonly storages: ReadonlyMap<Variable, boolean>;
}

/** Whether `error` is `other`, or was caused by it. */
function isOrCauses(other: unknown, error: unknown): boolean {
  for (let at: unknown = error; at !== undefined; at = at instanceof Error ? at.cause : undefined)
    if (at === other) return true;
  return false;
}

function checkDTypes(entry: Entry, backend: Backend): void {
  for (const node of entry.graph?.nodes ?? []) {
    for (const { dtype } of node.outputs) {
      if (backend.supports(dtypes[dtype].compute)) continue;
      const op = node.kind === "op" ? `${node.path ? `${node.path}:` : ""}${node.op.name}` : "a leaf";
      throw new DTypeError(
        `${op}: "${backend.name}" does not compute in ${dtype}${dtypes[dtype].bytes === 8 ? '; the device "reference" does' : ""}`,
      );
    }
  }
}

function explainFailure(error: unknown, plan: Plan): unknown {
  if (!(error instanceof IndexOutOfRange)) return error;
  const check = plan.checks[error.check];
  const where = check.path ? `${check.path}:${check.op}` : check.op;
  const built = check.trace?.stack ? `; it was built\n${check.trace.stack.split("\n").slice(1).join("\n")}` : "";
  return new PlanError(`${where}: a computed index is out of range [0, ${check.extent})${built}`, { cause: error });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
