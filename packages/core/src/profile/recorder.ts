import type { Device } from "../device/device.ts";
import type { PlanRun, Profiler } from "../device/profiler.ts";
import type { Plan } from "../plan/plan.ts";
import { RunTimeline } from "./timeline.ts";

/** What the main thread or the queue of a device did. */
export interface Span {
  readonly device: Device;
  /**
   * `build`: the main thread from its last capture or the end of the last run to a capture: the graph is built, and whatever
   * else the program does; `capture`: it is walked and keyed; `compile`, `run`: a plan is.
   */
  readonly name: "build" | "capture" | "compile" | "run";
  /** Milliseconds of `performance.now()`. */
  readonly began: number;
  readonly ended: number;
}

/** A run that came to its end. */
export interface Run extends Span {
  readonly plan: Plan;
  readonly timeline: RunTimeline;
}

/** All runs of a plan together. */
export interface PlanRecord {
  readonly device: Device;
  readonly plan: Plan;
  runs: number;
  /** Sum over its runs, as the main thread sees them. */
  runMs: number;
  threads: number;
  /** By step. */
  readonly ms: Float64Array;
  /** Of its fastest run. */
  readonly minMs: Float64Array;
  readonly threadMs: Float64Array;
  readonly waitMs: Float64Array;
}

/** Most events, and most spans, of which each one is kept; of a longer profile the trace shows the end. */
const mostEvents = 100_000;
const mostSpans = 20_000;

/** Takes down what devices do: sums over all runs, and each event of the last ones. */
export class Recorder implements Profiler {
  readonly plans: Map<Plan, PlanRecord> = new Map();
  /** Milliseconds by what was done. */
  readonly totals: Record<Span["name"], number> = { build: 0, capture: 0, compile: 0, run: 0 };
  readonly #device: Device | undefined;
  readonly #spans = new Latest<Span>(mostSpans);
  readonly #runs = new Latest<Run>(mostEvents);
  /** When the main thread had last done what is known of it. */
  #idle = performance.now();

  /** Of one device, or of all. */
  constructor(device?: Device) {
    this.#device = device;
  }

  get spans(): Iterable<Span> {
    return this.#spans;
  }

  get runs(): Iterable<Run> {
    return this.#runs;
  }

  span(device: Device, name: "capture" | "compile", began: number): void {
    if (!this.#concerns(device)) return;
    const ended = performance.now();
    if (name === "capture") {
      this.#span({ device, name: "build", began: this.#idle, ended: began });
      this.#idle = ended;
    }
    this.#span({ device, name, began, ended });
  }

  run(device: Device, plan: Plan): PlanRun {
    const timeline = new RunTimeline();
    const began = performance.now();
    return {
      add: (...event) => timeline.add(...event),
      end: () => {
        if (!this.#concerns(device)) return;
        this.#idle = performance.now();
        this.#ran({ device, name: "run", began, ended: this.#idle, plan, timeline });
      },
    };
  }

  #concerns(device: Device): boolean {
    return this.#device === undefined || this.#device === device;
  }

  #span(span: Span): void {
    this.totals[span.name] += span.ended - span.began;
    this.#spans.push(span, 1);
  }

  #ran(run: Run): void {
    const { device, plan, timeline } = run;
    this.#span({ device, name: "run", began: run.began, ended: run.ended });
    this.#runs.push(run, timeline.length);
    const record = this.plans.get(plan) ?? emptyRecord(device, plan);
    this.plans.set(plan, record);
    record.runs++;
    record.runMs += run.ended - run.began;
    for (const [step, { ms, threadMs, waitMs }] of timeline.steps()) {
      record.ms[step] += ms;
      record.minMs[step] = record.runs === 1 ? ms : Math.min(record.minMs[step], ms);
      record.threadMs[step] += threadMs;
      record.waitMs[step] += waitMs;
    }
    for (const { thread } of timeline.events()) record.threads = Math.max(record.threads, thread + 1);
  }
}

function emptyRecord(device: Device, plan: Plan): PlanRecord {
  const zeros = (): Float64Array => new Float64Array(plan.steps.length);
  const times = { ms: zeros(), minMs: zeros(), threadMs: zeros(), waitMs: zeros() };
  return { device, plan, runs: 0, runMs: 0, threads: 0, ...times };
}

/** A list that forgets its oldest items when they weigh too much together. */
class Latest<Item> {
  readonly #most: number;
  readonly #items: { readonly item: Item; readonly weight: number }[] = [];
  #weight = 0;

  constructor(most: number) {
    this.#most = most;
  }

  push(item: Item, weight: number): void {
    this.#items.push({ item, weight });
    this.#weight += weight;
    while (this.#weight > this.#most && this.#items.length > 1) this.#weight -= this.#items.shift()?.weight ?? 0;
  }

  *[Symbol.iterator](): Generator<Item> {
    for (const { item } of this.#items) yield item;
  }
}
