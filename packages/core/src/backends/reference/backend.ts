import { type DType, dtypes, type TypedArray } from "../../dtype.ts";
import { DeviceError } from "../../errors.ts";
import {
  type Backend,
  type Bindings,
  type Handle,
  IndexOutOfRange,
  type Limits,
  type MemoryStats,
  type Program,
} from "../../plan/backend.ts";
import { Pace } from "../../plan/pace.ts";
import type { Kernel, Plan } from "../../plan/plan.ts";
import { sizeOf } from "../../plan/view.ts";
import { checkPlan } from "./check-plan.ts";
import { bind, type Frame } from "./frame.ts";
import { own, ReferenceHandle } from "./handle.ts";
import { runHostStep } from "./host.ts";
import { workOf } from "./kernels/index.ts";

/** The reference backend keeps a plan as it is: kernels are interpreted. */
class ReferenceProgram implements Program {
  readonly compiledKernels = 0;
  readonly plan: Plan;

  constructor(plan: Plan) {
    this.plan = plan;
  }
}

/**
 * The plain-reading oracle: interprets plans on one thread, in float32 and float64, array at a time. It checks plans
 * when they are compiled, and fills memory that nothing has written with conspicuous values, so that a fault of a plan
 * shows here first. A backend that has some kernels of its own may extend it and leave it the others.
 */
export class ReferenceBackend implements Backend {
  readonly name: string = "reference";
  readonly limits: Limits = { maxInputs: Infinity, maxOutputs: Infinity, inPlace: true };
  protected readonly pace: Pace = new Pace();
  readonly #programs = new Set<ReferenceProgram>();
  #arena = new ArrayBuffer(0);
  #liveBytes = 0;
  #closed = false;

  supports(dtype: DType): boolean {
    return dtypes[dtype].compute === dtype;
  }

  /** @throws PlanError where the plan breaks the rules of its types */
  async compile(plan: Plan): Promise<Program> {
    this.#assertOpen();
    await this.pace.through(checkPlan(plan));
    const program = new ReferenceProgram(plan);
    this.#programs.add(program);
    return program;
  }

  async run(program: Program, bindings: Bindings): Promise<Handle[]> {
    this.#assertOpen();
    if (!(program instanceof ReferenceProgram))
      throw new DeviceError(`${this.name}: this program belongs to another device`);
    const { plan } = program;
    const frame = bind(plan, this.#arenaOf(plan), bindings);
    await this.pace.giveWay();
    for (const [at, step] of plan.steps.entries()) {
      const began = performance.now();
      if (step.kind === "host") await runHostStep(step, frame, bindings.hosts);
      else await this.runKernel(step, frame);
      bindings.timeline?.add(step.kind === "host" ? -1 : 0, at, began, began, performance.now());
    }
    if (frame.failedCheck < Infinity) throw new IndexOutOfRange(frame.failedCheck);
    return plan.outputs.map(({ buffer, shape }) => {
      const { dtype, data } = frame.buffers[buffer];
      return new ReferenceHandle(dtype, shape, data.slice(0, sizeOf(shape)), false);
    });
  }

  allocate(dtype: DType, shape: readonly number[]): Handle {
    this.#assertOpen();
    const data = dtypes[dtype].create(sizeOf(shape));
    neverWritten(data.buffer);
    const handle = new ReferenceHandle(dtype, shape, data, true);
    this.#liveBytes += handle.bytes;
    return handle;
  }

  value(data: TypedArray, dtype: DType, shape: readonly number[]): Handle {
    this.#assertOpen();
    return new ReferenceHandle(dtype, shape, data.slice(), false);
  }

  async read(handle: Handle): Promise<TypedArray> {
    this.#assertOpen();
    return own(handle).data.slice();
  }

  free(handle: Handle): void {
    const owned = own(handle);
    if (owned.resident && !owned.freed) this.#liveBytes -= owned.bytes;
    owned.free();
  }

  drop(program: Program): void {
    this.#programs.delete(program as ReferenceProgram);
    if (this.#arena.byteLength > this.#largestArena()) this.#arena = new ArrayBuffer(0);
  }

  memory(): MemoryStats {
    return { liveBytes: this.#liveBytes, arenaBytes: this.#largestArena(), cachedBytes: 0 };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#programs.clear();
    this.#arena = new ArrayBuffer(0);
    this.#liveBytes = 0;
  }

  /** Runs one kernel on the bound memory. */
  protected runKernel(kernel: Kernel, frame: Frame): Promise<void> {
    return this.pace.through(workOf(kernel, frame));
  }

  /** The one arena, as large as the largest plan needs it. */
  #arenaOf(plan: Plan): ArrayBuffer {
    if (this.#arena.byteLength < plan.arenaBytes) this.#arena = new ArrayBuffer(this.#largestArena());
    neverWritten(this.#arena);
    return this.#arena;
  }

  #largestArena(): number {
    let largest = 0;
    for (const { plan } of this.#programs) largest = Math.max(largest, plan.arenaBytes);
    return largest;
  }

  #assertOpen(): void {
    if (this.#closed) throw new DeviceError(`${this.name}: the device is closed`);
  }
}

/** Memory that nothing has written: NaN as floats, −1 as integers. */
function neverWritten(buffer: ArrayBufferLike): void {
  new Uint8Array(buffer).fill(0xff);
}
