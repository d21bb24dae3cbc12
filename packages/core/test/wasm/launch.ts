import { Module } from "../../src/backends/wasm/emit/index.ts";
import type { Arg, KernelCode, Launch } from "../../src/backends/wasm/kernels/kernel.ts";
import { findV8 } from "../../src/backends/wasm/v8.ts";

/**
 * Runs launches on one thread of JavaScript. Every thread of a phase starts from the memory as it was before the phase,
 * and what they have written is merged after it: a race would show as two threads that write one word, or as a wrong
 * result of a thread that needed another's.
 */

type Data = Float32Array | Int32Array;
type Kernel = (args: number, thread: number, threads: number) => void;

const PAGE = 65536;
const MAXIMUM = 16384;
const memory = new WebAssembly.Memory({ initial: 1, maximum: MAXIMUM, shared: true });
const kernels = new Map<string, Kernel>();

export function instantiate(code: KernelCode): Kernel {
  const known = kernels.get(code.key);
  if (known) return known;
  const v8 = findV8();
  const module = new Module({ memory: { minimum: 1, maximum: MAXIMUM, shared: true }, nonce: v8?.flags });
  code.emit(module);
  const compile = (): WebAssembly.Module => new WebAssembly.Module(module.toBytes());
  const instance = new WebAssembly.Instance(v8 ? v8.scoped(compile) : compile(), { env: { memory } });
  const kernel = instance.exports[code.key] as Kernel;
  kernels.set(code.key, kernel);
  return kernel;
}

/** What lies around buffers and in fresh scratch: a NaN that shows when it is read, and when it is overwritten. */
const CANARY = 0x7fa5a5a5;

export interface Outcome {
  /** Contents of the buffers after the run. */
  readonly buffers: Data[];
  /** The error word: 0, or the number of the failed check + 1. */
  readonly error: number;
}

function runPhase(
  words: Int32Array,
  counters: readonly number[],
  threads: number,
  call: (thread: number) => void,
): void {
  const before = words.slice();
  const after = words.slice();
  const writers = new Uint8Array(words.length);
  for (let thread = 0; thread < threads; thread++) {
    const counts = counters.map((word) => words[word]);
    words.set(before);
    if (thread > 0) for (const [i, word] of counters.entries()) words[word] = counts[i];
    call(thread);
    for (let i = 0; i < words.length; i++) {
      if (words[i] === before[i] || counters.includes(i)) continue;
      if (writers[i] !== 0) throw new Error(`threads ${writers[i] - 1} and ${thread} both write word ${i}`);
      writers[i] = thread + 1;
      after[i] = words[i];
    }
  }
  for (const word of counters) if (words[word] !== 0) throw new Error(`a counter is left at ${words[word]}`);
  words.set(after);
}

/** Lays the buffers out with gaps between them, runs every phase for `threads` threads, and checks the gaps. */
export function run(launch: Launch, buffers: readonly Data[], threads: number): Outcome {
  let end = 64;
  const regions: { readonly from: number; readonly to: number }[] = [{ from: 0, to: 4 }];
  const reserve = (bytes: number): number => {
    const from = end;
    regions.push({ from, to: from + bytes });
    end = (Math.ceil((from + bytes) / 64) + 1) * 64;
    return from;
  };
  const addresses = buffers.map((data) => reserve(data.byteLength));
  const shared = reserve(launch.sharedScratch);
  const own = reserve(launch.threadScratch * threads);
  const blocks = launch.phases.map((phase) => reserve(phase.args.length * 4));
  if (memory.buffer.byteLength < end) memory.grow(Math.ceil((end - memory.buffer.byteLength) / PAGE));

  const words = new Int32Array(memory.buffer, 0, end / 4);
  words.fill(CANARY);
  words[0] = 0;
  buffers.forEach((data, i) => {
    words.set(new Int32Array(data.buffer, data.byteOffset, data.length), addresses[i] / 4);
  });
  const resolve = (arg: Arg): number => {
    if (arg.kind === "int") return arg.value;
    if (arg.kind === "address") return addresses[arg.buffer] + arg.byteOffset;
    if (arg.kind === "scratch") return (arg.perThread ? own : shared) + arg.byteOffset;
    if (arg.kind === "error" || arg.kind === "counter") return 0;
    throw new TypeError(`no such argument in these tests: ${arg.kind}`);
  };
  launch.phases.forEach((phase, i) => {
    words.set(phase.args.map(resolve), blocks[i] / 4);
  });
  launch.phases.forEach((phase, i) => {
    const counters = phase.args.flatMap((arg, word) => (arg.kind === "counter" ? [blocks[i] / 4 + word] : []));
    runPhase(words, counters, threads, (thread) => instantiate(phase.code)(blocks[i], thread, threads));
  });

  regions.forEach((region, i) => {
    const next = regions[i + 1]?.from ?? end;
    for (let byte = region.to; byte < next; byte += 4) {
      if (words[byte / 4] !== CANARY) throw new Error(`written outside of its regions, at byte ${byte - region.to}`);
    }
  });
  const contents = buffers.map((data, i) => {
    const kind = data instanceof Float32Array ? Float32Array : Int32Array;
    return new kind(memory.buffer, addresses[i], data.length).slice();
  });
  return { buffers: contents, error: words[0] };
}
