/** A plan made ready to run: its kernels generated, its steps cut into segments, its arguments laid out. */
import type { Program } from "../../plan/backend.ts";
import type { HostStep, Plan } from "../../plan/plan.ts";
import { ArgumentBlocks } from "./argument-blocks.ts";
import type { Call, Executor } from "./executor.ts";
import { footprintOf, Hazards } from "./footprint.ts";
import { generate } from "./generate.ts";
import type { KernelLibrary } from "./kernel-library.ts";
import type { KernelCode, KernelOptions, Launch } from "./kernels/kernel.ts";
import { workOf } from "./work.ts";

/** Kernels up to a host step (or the plan's end). */
export interface Segment {
  readonly calls: readonly Call[];
  readonly host: HostStep | null;
}

export class WasmProgram implements Program {
  readonly id: number;
  readonly plan: Plan;
  readonly compiledKernels: number;
  readonly segments: readonly Segment[];
  readonly blocks: ArgumentBlocks;
  /** Address of the argument blocks. */
  readonly address: number;
  /** Bytes of scratch that its calls use. */
  readonly scratchBytes: number;
  /** By run-time number whether it is an integer. */
  readonly integers: readonly boolean[];

  constructor(draft: Draft, id: number, address: number, compiledKernels: number, segments: readonly Segment[]) {
    this.id = id;
    this.plan = draft.plan;
    this.compiledKernels = compiledKernels;
    this.segments = segments;
    this.blocks = draft.blocks;
    this.address = address;
    this.scratchBytes = draft.scratchBytes;
    this.integers = draft.plan.numbers.map((dtype) => dtype !== "float32");
  }
}

interface DraftCall {
  readonly code: KernelCode;
  /** Byte offset of its argument block. */
  readonly args: number;
  readonly step: number;
  readonly barrier: boolean;
  readonly work: number;
}

/** A program before its kernels have numbers and its argument blocks an address. */
export class Draft {
  readonly plan: Plan;
  readonly blocks: ArgumentBlocks;
  scratchBytes = 0;
  readonly #options: KernelOptions;
  readonly #executor: Executor;
  readonly #hazards = new Hazards();
  readonly #segments: { readonly calls: DraftCall[]; host: HostStep | null }[] = [{ calls: [], host: null }];

  constructor(plan: Plan, options: KernelOptions, executor: Executor) {
    this.plan = plan;
    this.blocks = new ArgumentBlocks(plan.buffers, plan.slots.length, plan.numbers.length);
    this.#options = options;
    this.#executor = executor;
  }

  /** Adds the plan's steps, one a turn. */
  *steps(): Generator<void> {
    for (const [at, step] of this.plan.steps.entries()) {
      if (step.kind === "host") {
        this.#segments[this.#segments.length - 1].host = step;
        this.#segments.push({ calls: [], host: null });
        this.#hazards.clear();
        continue;
      }
      const launch = generate(step, this.plan.buffers, this.#options);
      if (launch.phases.length === 0) continue;
      const barrier = this.#hazards.add(footprintOf(step, this.plan.buffers, launch));
      this.#add(launch, at, barrier, workOf(step));
      yield;
    }
  }

  /** The code of all calls. */
  codes(): KernelCode[] {
    return this.#segments.flatMap((segment) => segment.calls.map((call) => call.code));
  }

  /** The segments with functions and addresses. */
  finish(library: KernelLibrary, address: number): Segment[] {
    return this.#segments.map(({ calls, host }) => ({
      host,
      calls: calls.map(({ code, args, step, barrier, work }) => ({
        function: library.numberOf(code),
        args: address + args,
        step,
        barrier,
        work,
      })),
    }));
  }

  #add({ phases, sharedScratch, threadScratch }: Launch, step: number, barrier: boolean, work: number): void {
    const { calls } = this.#segments[this.#segments.length - 1];
    const each = work / phases.length;
    phases.forEach(({ code, args }, phase) => {
      calls.push({ code, args: this.blocks.add(args, sharedScratch), step, barrier: barrier || phase > 0, work: each });
    });
    this.scratchBytes = Math.max(this.scratchBytes, sharedScratch + threadScratch * this.#executor.threadsFor(each));
  }
}
