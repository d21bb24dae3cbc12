/** The WebAssembly backend: generated SIMD kernels on a pool of threads, or on the calling thread. */
import type { DType, TypedArray } from "../../dtype.ts";
import { dtypes } from "../../dtype.ts";
import { DeviceError } from "../../errors.ts";
import type { Backend, Bindings, Handle, Limits, MemoryStats, Program } from "../../plan/backend.ts";
import { IndexOutOfRange } from "../../plan/backend.ts";
import { Pace } from "../../plan/pace.ts";
import type { HostStep, OutputInfo } from "../../plan/plan.ts";
import { sizeOf } from "../../plan/view.ts";
import type { Bases } from "./argument-blocks.ts";
import { ERROR_WORD } from "./control.ts";
import type { Engine } from "./engine.ts";
import type { Executor } from "./executor.ts";
import { own, ValueHandle, VariableHandle } from "./handles.ts";
import { KernelLibrary } from "./kernel-library.ts";
import type { Memory } from "./memory.ts";
import { Draft, WasmProgram } from "./program.ts";
import { Region } from "./region.ts";
import { ValueCache } from "./value-cache.ts";

export interface WasmParts {
  readonly engine: Engine;
  readonly memory: Memory;
  readonly executor: Executor;
}

export class WasmBackend implements Backend {
  readonly name = "wasm";
  readonly limits: Limits = { maxInputs: 24, maxOutputs: 8, inPlace: true };
  /** Whether multiply-adds are rounded once; the bits of products depend on it. */
  readonly contracted: boolean;
  readonly #engine: Engine;
  readonly #memory: Memory;
  readonly #executor: Executor;
  readonly #library: KernelLibrary;
  readonly #values: ValueCache;
  readonly #arena: Region;
  readonly #scratch: Region;
  /** Settled when the last run is. */
  #turn: Promise<unknown> = Promise.resolve();
  #programs = 0;
  #closed = false;

  constructor({ engine, memory, executor }: WasmParts) {
    this.#engine = engine;
    this.#memory = memory;
    this.#executor = executor;
    this.contracted = engine.contracted;
    this.#library = new KernelLibrary(engine, executor);
    this.#values = new ValueCache(memory);
    this.#arena = new Region(memory, "arena");
    this.#scratch = new Region(memory, "scratch");
    memory.onShortage(() => this.#values.evict());
  }

  supports(dtype: DType): boolean {
    return dtype !== "float64";
  }

  async compile(plan: WasmProgram["plan"]): Promise<WasmProgram> {
    this.#open();
    for (const { dtype } of plan.buffers) this.#check(dtype);
    const pace = new Pace();
    const draft = new Draft(plan, this.#engine, this.#executor);
    await pace.through(draft.steps());
    const compiled = await this.#library.add(draft.codes(), () => pace.giveWay());
    this.#open();
    const address = this.#memory.allocate(draft.blocks.bytes, "programs");
    draft.blocks.write(this.#memory.words(address, draft.blocks.bytes / 4), address);
    const program = new WasmProgram(draft, this.#programs++, address, compiled, draft.finish(this.#library, address));
    this.#executor.load(
      program.id,
      program.segments.map((segment) => segment.calls),
    );
    return program;
  }

  run(program: Program, bindings: Bindings): Promise<Handle[]> {
    // One after the other, also where a caller did not wait: they share arena, error word and barrier.
    const turn = this.#turn.then(() => this.#run(ownProgram(program), bindings)).finally(() => this.#values.endRun());
    this.#turn = turn.catch(() => {});
    return turn;
  }

  allocate(dtype: DType, shape: readonly number[]): VariableHandle {
    this.#open();
    this.#check(dtype);
    return new VariableHandle(dtype, shape, this.#memory.allocate(sizeOf(shape) * dtypes[dtype].bytes, "variables"));
  }

  value(data: TypedArray, dtype: DType, shape: readonly number[]): ValueHandle {
    this.#open();
    return new ValueHandle(dtype, shape, data.slice());
  }

  async read(handle: Handle): Promise<TypedArray> {
    const mine = own(handle);
    if (mine instanceof ValueHandle) return mine.data.slice();
    this.#open();
    return this.#memory.read(mine.address, mine.dtype, mine.length);
  }

  free(handle: Handle): void {
    const mine = own(handle);
    if (mine instanceof ValueHandle) {
      this.#values.forget(mine);
      mine.release();
    } else {
      mine.freed = true;
      this.#memory.free(mine.address);
    }
  }

  drop(given: Program): void {
    const program = ownProgram(given);
    this.#executor.unload(program.id);
    this.#memory.free(program.address);
  }

  memory(): MemoryStats {
    return {
      liveBytes: this.#memory.held("variables"),
      arenaBytes: this.#memory.held("arena"),
      cachedBytes: this.#memory.held("cached values"),
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#executor.close();
  }

  async #run(program: WasmProgram, bindings: Bindings): Promise<Handle[]> {
    this.#open();
    const pace = new Pace();
    const bases = await this.#bases(program, bindings, pace);
    const words = this.#memory.words(program.address, program.blocks.bytes / 4);
    program.blocks.bind(words, bases, bindings.numbers, program.integers);
    this.#error()[0] = 0;
    for (const [number, { host }] of program.segments.entries()) {
      await this.#executor.run(program.id, number, bindings.timeline).catch((error: unknown) => {
        program.blocks.write(words, program.address);
        throw error;
      });
      const failed = this.#error()[0];
      if (failed !== 0) throw new IndexOutOfRange(failed - 1);
      if (host) await this.#host(host, program, bases, bindings);
    }
    return program.plan.outputs.map((output) => {
      const { dtype } = program.plan.buffers[output.buffer];
      return new ValueHandle(dtype, output.shape, this.#read(output, program, bases));
    });
  }

  /** Where everything lies in this run; uploads the values that are not there yet. */
  async #bases(program: WasmProgram, bindings: Bindings, pace: Pace): Promise<Bases> {
    const arena = this.#arena.reserve(program.plan.arenaBytes);
    const scratch = this.#scratch.reserve(program.scratchBytes);
    const slots = new Array<number>(bindings.slots.length);
    await pace.through(this.#addresses(bindings.slots, slots));
    return { arena, scratch, slots };
  }

  *#addresses(handles: readonly Handle[], addresses: number[]): Generator<void> {
    for (const [slot, handle] of handles.entries()) {
      const mine = own(handle);
      addresses[slot] = mine instanceof ValueHandle ? this.#values.addressOf(mine) : mine.address;
      yield;
    }
  }

  /** Runs the callback of a host step between two segments. */
  async #host(step: HostStep, program: WasmProgram, bases: Bases, bindings: Bindings): Promise<void> {
    const inputs = step.inputs.map((input) => this.#read(input, program, bases));
    const began = performance.now();
    const results = await bindings.hosts[step.call](inputs);
    bindings.timeline?.add(-1, program.plan.steps.indexOf(step), began, began, performance.now());
    this.#open();
    if (results.length !== step.outputs.length) {
      throw new DeviceError(`${step.label}: the host step gave ${results.length} of ${step.outputs.length} results`);
    }
    step.outputs.forEach((output, i) => {
      const { dtype } = program.plan.buffers[output.buffer];
      const result = results[i];
      if (result.length !== sizeOf(output.shape) || result.BYTES_PER_ELEMENT !== dtypes[dtype].bytes) {
        throw new DeviceError(`${step.label}: result ${i} of the host step is no ${dtype} of shape [${output.shape}]`);
      }
      this.#memory.write(this.#address(output, program, bases), result);
    });
  }

  #read(output: OutputInfo, program: WasmProgram, bases: Bases): TypedArray {
    const { dtype } = program.plan.buffers[output.buffer];
    return this.#memory.read(this.#address(output, program, bases), dtype, sizeOf(output.shape));
  }

  #address({ buffer }: OutputInfo, { plan }: WasmProgram, bases: Bases): number {
    const { source } = plan.buffers[buffer];
    return source.kind === "arena" ? bases.arena + source.offset : bases.slots[source.slot];
  }

  #error(): Int32Array {
    return this.#memory.words(ERROR_WORD, 1);
  }

  #check(dtype: DType): void {
    if (!this.supports(dtype)) throw new DeviceError("wasm: float64 computes on the reference device only");
  }

  /** @throws DeviceError after `close` */
  #open(): void {
    if (this.#closed) throw new DeviceError("wasm: the device was closed");
  }
}

function ownProgram(program: Program): WasmProgram {
  if (program instanceof WasmProgram) return program;
  throw new DeviceError("wasm: this program was compiled by another device");
}
