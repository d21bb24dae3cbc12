import { costOf } from "../plan/cost.ts";
import type { Step } from "../plan/plan.ts";
import type { PlanRecord, Recorder, Span } from "./recorder.ts";
import { shapeOf } from "./shape.ts";
import { type Trace, traceOf } from "./trace.ts";

/** What devices did for a while, and how fast. Plain data; times in milliseconds. */
export interface Profile {
  /** The plans that ran, in the order of their first run. */
  readonly plans: readonly PlanProfile[];
  /**
   * Sums over all plans: `build`: between runs and captures, when graphs are built, with all else that the program does;
   * `capture`: graphs are walked and keyed; `compile`; `run`.
   */
  readonly totals: Readonly<Record<Span["name"], number>>;
  /** In the trace event format, for Perfetto and chrome://tracing: about the last 100,000 events. */
  readonly trace: Trace;
}

export interface PlanProfile {
  readonly id: number;
  readonly device: string;
  readonly runs: number;
  /** Sum over the runs, from the binding of variables to the reading of results. */
  readonly ms: number;
  /** Threads that computed. */
  readonly threads: number;
  /** One for each step of the plan, in order. */
  readonly kernels: readonly KernelProfile[];
}

export interface KernelProfile {
  /** Its number in the plan, as `explain()` shows it. */
  readonly step: number;
  readonly label: string;
  readonly kind: Step["kind"];
  readonly shape: string;
  readonly calls: number;
  /** Sum over the calls; a call takes as long as its slowest thread, phase by phase. */
  readonly ms: number;
  /** The fastest call. */
  readonly minMs: number;
  /** Sum over calls and threads. */
  readonly threadMs: number;
  /** What threads waited for others before the kernel and between its phases: over calls and threads. */
  readonly waitMs: number;
  /** Arithmetic operations of a call: see `Cost`. */
  readonly flops: number;
  /** Bytes that a call must read and write at least. */
  readonly bytes: number;
  /** 10⁹ operations, and bytes, in a second; 0 where it took no time. */
  readonly gflops: number;
  readonly gbs: number;
}

/** What has been recorded so far. */
export function profileOf(recorder: Recorder): Profile {
  return {
    plans: [...recorder.plans.values()].map(planProfile),
    totals: { ...recorder.totals },
    trace: traceOf(recorder),
  };
}

function planProfile({ plan, device, runs, runMs, threads, ...times }: PlanRecord): PlanProfile {
  const kernels = plan.steps.map((step, at): KernelProfile => {
    const ms = times.ms[at];
    const { flops, bytes } = costOf(step, plan.buffers);
    const rate = (amount: number): number => (ms > 0 ? (amount * runs) / ms / 1e6 : 0);
    return {
      step: at,
      label: step.label,
      kind: step.kind,
      shape: shapeOf(step),
      calls: runs,
      ms,
      minMs: times.minMs[at],
      threadMs: times.threadMs[at],
      waitMs: times.waitMs[at],
      flops,
      bytes,
      gflops: rate(flops),
      gbs: rate(bytes),
    };
  });
  return { id: plan.id, device: device.name, runs, ms: runMs, threads, kernels };
}
