import { profileIfAsked } from "../builtin.ts";
import { dtypes, type TypedArray } from "../dtype.ts";
import { DeviceError, DTypeError } from "../errors.ts";
import { type Capture, capture } from "../graph/capture.ts";
import type { Effect } from "../graph/effect.ts";
import { type Part, partition, readOf, staleGroup } from "../graph/partition.ts";
import type { Runtime } from "../graph/runtime.ts";
import { type Node, Result, type Tensor } from "../graph/tensor.ts";
import type { Storage, Variable } from "../graph/variable.ts";
import { present } from "../invariant.ts";
import type { Backend, Program } from "../plan/backend.ts";
import { nodeName, qualifiedName } from "../plan/graph.ts";
import { macrotask } from "../plan/pace.ts";
import type { Plan } from "../plan/plan.ts";
import { type Entry, PlanCache, planOf } from "./cache.ts";
import { Collector } from "./collect.ts";
import { Failures } from "./failures.ts";
import { isInHostScope } from "./host-scope.ts";
import { inspect } from "./inspection.ts";
import { Pending } from "./pending.ts";
import { profiler } from "./profiler.ts";
import { type BackendOptions, createBackend } from "./registry.ts";
import { bind, freeStorage, giveUp, isEmpty, Run } from "./run.ts";
import { type Stats, zeroCounters } from "./stats.ts";

const plansKept = 64;

/** A device: what is pending on it, in program order; the plans that it has compiled; the queue in which they run. */
export class Device implements Runtime {
  #name: string;
  #options: BackendOptions;
  #backend: Promise<Backend> | null = null;
  /** The backend once it is there. */
  #ready: Backend | null = null;
  readonly #pending = new Pending();
  readonly #plans = new PlanCache(plansKept, (entry) => this.#drop(entry));
  #queue: Promise<unknown> = Promise.resolve();
  readonly #failures = new Failures();
  readonly #counters = zeroCounters();
  #saidRecomputed = false;
  readonly #collector = new Collector();
  readonly #known = new WeakSet<Variable>();
  /** Nothing that is queued can use a variable that is gone: its memory is free at once. */
  readonly #finalizer = new FinalizationRegistry<Storage>((storage) => {
    if (this.#ready) freeStorage(storage, this.#ready);
  });

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

  backend(): Promise<Backend> {
    this.#backend ??= Promise.resolve(createBackend(this.name, this.#options)).then(async (backend) => {
      await profileIfAsked();
      this.#ready = backend;
      return backend;
    });
    return this.#backend;
  }

  // Recording

  record(effect: Effect): void {
    if (effect.kind === "assign" && !this.#known.has(effect.variable)) {
      this.#known.add(effect.variable);
      this.#finalizer.register(effect.variable, effect.variable.storage);
    }
    this.#pending.add(effect, this.name);
  }

  beforeBackward(outputs: readonly Tensor[]): void {
    const prefix = this.#pending.unshared(outputs);
    if (prefix.length === 0) return;
    const parts = this.#partition(prefix, []);
    this.#pending.take((_effect, place) => place < prefix.length);
    this.#all(this.#fix(parts)).catch((error) => this.#failures.add(error));
  }

  afterBackward(): void {
    this.#pending.markBackward();
  }

  // Running

  /**
   * Fixes the plans of all that is pending and of the requested values, now; resolves when they have run. A stale request
   * is refused before anything is taken.
   */
  realize(requests: readonly Tensor[]): Promise<void> {
    if (isInHostScope(this)) {
      const error = new DeviceError(
        `a host step asks for values of "${this.name}", which waits for the host step: give it what it needs as inputs`,
      );
      return this.#failures.promise(Promise.reject(error));
    }
    const missing = [...new Set(requests)].filter((tensor) => tensor.result === null);
    const stored = missing.filter((tensor) => this.#isStored(tensor));
    const computed = missing.filter((tensor) => !stored.includes(tensor));
    let parts: Part[];
    try {
      parts = this.#partition(this.#pending.effects, computed);
    } catch (error) {
      return this.#failures.promise(Promise.reject(error));
    }
    this.#pending.clear();
    const work = [...this.#fix(parts), ...stored.map((tensor) => this.#copyOut(tensor))];
    // A loop of awaits that run no plan must not starve timers, signals and finalizers.
    if (parts.length === 0) work.push(macrotask());
    return this.#failures.promise(this.#all(work));
  }

  /** The promise of work on the device's values: where nobody awaits it, its failure comes with the next await. */
  watch<T>(work: Promise<T>): Promise<T> {
    return this.#failures.promise(work);
  }

  /** A copy of the contents of a tensor that a plan makes or has made, once that plan has run. */
  read({ result }: Tensor): Promise<TypedArray> {
    const value = present(result);
    const contents = async (): Promise<TypedArray> => {
      const { error, host, handle } = value;
      if (error) throw error;
      if (host) return host.slice();
      return (await this.backend()).read(present(handle));
    };
    // No plan overwrites a value that is there: it does not wait for what is queued.
    return value.error || value.host || value.handle ? contents() : this.#enqueue(contents);
  }

  /** Cuts into parts. An effect that a stale value makes impossible is given up, once, with what it would have written. */
  #partition(effects: readonly Effect[], requests: readonly Tensor[]): Part[] {
    try {
      return partition(effects, requests);
    } catch (error) {
      const group = staleGroup(error);
      if (group !== null)
        giveUp(
          this.#pending.take((effect) => effect.group === group),
          error,
        );
      throw error;
    }
  }

  /** Whether a tensor is a variable as it is stored, and stays so in what runs next: it is read without a plan. */
  #isStored({ node }: Tensor): boolean {
    const read = readOf(node);
    return read !== null && read.version === read.variable.storage.committed && !this.#pending.writes(read.variable);
  }

  /** Copies a variable to the host, in the order of the queue: a later plan may overwrite it. */
  #copyOut(tensor: Tensor): Promise<void> {
    const { variable } = readOf(tensor.node) as { variable: Variable };
    const result = new Result({ shape: tensor.shape, dtype: tensor.dtype }, null, this);
    tensor.result = result;
    return this.#enqueue(async () => {
      try {
        const backend = await this.backend();
        result.host = await backend.read(bind(variable, true, this, backend));
      } catch (error) {
        result.error = error;
        throw error;
      }
    });
  }

  /** Waits for all of the work; rejects with its first failure. */
  async #all(work: readonly Promise<void>[]): Promise<void> {
    for (const outcome of await Promise.allSettled(work)) if (outcome.status === "rejected") throw outcome.reason;
  }

  /** From here on the versions that the plans write count as overwritten, and their results as there. */
  #fix(parts: readonly Part[]): Promise<void>[] {
    return parts.map((part) => {
      const began = performance.now();
      const plain = capture(part);
      const inspection = inspect(part, plain);
      const captured = inspection ? capture({ ...part, requests: [...part.requests, inspection.probe] }) : plain;
      const known = this.#plans.find(captured.key);
      if (known) this.#counters.planHits++;
      const entry = known ?? this.#plans.add(captured.key, captured.graph());
      const run = new Run(captured, this);
      this.#count(captured);
      for (const [variable, { version }] of captured.written) variable.storage.committed = version;
      for (const { node } of captured.outputs) node.release();
      this.#counters.captureMs += performance.now() - began;
      profiler?.span(this, "capture", began);
      const done = this.#enqueue(() => this.#run(entry, run));
      return inspection ? done.then(async () => inspection.check(await this.read(inspection.probe))) : done;
    });
  }

  #count({ nodes }: Capture): void {
    let again = 0;
    let first: Node | undefined;
    for (const node of nodes) {
      if (node.computed && node.inputs.length > 0) {
        again++;
        first ??= node;
      }
      if (node.outputs.some(isPending)) node.computed = true;
    }
    this.#counters.nodes += nodes.length;
    this.#counters.recomputedNodes += again;
    if (!first || this.#saidRecomputed) return;
    this.#saidRecomputed = true;
    console.warn(
      `tsuki: ${again} nodes are computed a second time (first: ${qualifiedName(first.path, first.op.name)}). ` +
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
      await this.#collector.watch(() => backend.memory().liveBytes);
      const began = performance.now();
      const watched = profiler?.run(this, plan);
      await run.execute(plan, program, backend, watched);
      watched?.end();
      this.#counters.runMs += performance.now() - began;
      if (!isEmpty(plan)) this.#counters.plansRun++;
      this.#counters.kernelsRun += plan.steps.length;
    } catch (error) {
      run.fail(error);
      throw error;
    }
  }

  async #compile(entry: Entry, backend: Backend): Promise<{ plan: Plan; program: Program }> {
    if (entry.plan && entry.program) return { plan: entry.plan, program: await entry.program };
    const began = performance.now();
    checkDTypes(entry, backend);
    const plan = await planOf(entry, backend.limits);
    entry.program = backend.compile(plan);
    const program = await entry.program.catch((error: unknown) => {
      entry.program = null;
      throw error;
    });
    this.#counters.plansCompiled++;
    this.#counters.kernelsCompiled += program.compiledKernels;
    this.#counters.compileMs += performance.now() - began;
    profiler?.span(this, "compile", began);
    return { plan, program };
  }

  // Memory

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

  /** What has been compiled, the last used last; `explain` shows it. */
  get plans(): readonly Entry[] {
    return [...this.#plans.entries()];
  }

  /** Waits for what is queued, then ends the backend: its workers and its memory. */
  async close(): Promise<void> {
    await this.#queue;
    await this.#ready?.close();
  }
}

function isPending({ result }: Tensor): boolean {
  return result === null;
}

function checkDTypes({ graph }: Entry, backend: Backend): void {
  for (const node of graph?.nodes ?? []) {
    for (const { dtype } of node.outputs) {
      if (backend.supports(dtypes[dtype].compute)) continue;
      const remedy = dtype === "float64" ? '; the device "reference" does' : "";
      throw new DTypeError(`${nodeName(node)}: "${backend.name}" does not compute in ${dtype}${remedy}`);
    }
  }
}
