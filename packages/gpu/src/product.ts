import { GPU, type IKernelRunShortcut, type Kernel, WebAssemblyKernel } from "gpu.js";
import type { Call, Matrices } from "./call.ts";

/** Ways in which GPU.js computes: on a GPU, on threads that run SIMD code, or as plain JavaScript; the best first. */
export const gpuModes = ["webgpu", "webasm", "cpu"] as const;
export type GpuMode = (typeof gpuModes)[number];

const numbers = ["k", "aStart", "aMatrix", "aRow", "aColumn", "bStart", "bMatrix", "bRow", "bColumn"];

/**
 * C[z, y, x] = Σₚ A[z, y, p]·B[z, p, x], a thread for each element. It is text, since a transpiler would rewrite a
 * function. Addresses are written out where they are used, of integers alone: in a local variable they would be float32,
 * which is wrong above 2²⁴. So is the counter p itself in webasm mode, hence `p | 0`.
 */
const source = `function (a, b, ${numbers.join(", ")}) {
  let sum = 0;
  for (let p = 0; p < k; p++) {
    sum += a[aStart + aMatrix * this.thread.z + aRow * this.thread.y + aColumn * (p | 0)]
      * b[bStart + bMatrix * this.thread.z + bRow * (p | 0) + bColumn * this.thread.x];
  }
  return sum;
}`;

/** Most terms of a sum: as far as a float32 counts. */
export const mostTerms: number = 2 ** 24;

/** GPU.js ends every loop silently after 1,000 rounds where it is not told otherwise. */
const mostRounds = 2 ** 30;

/** Modules that are kept in webasm mode, which compiles one for each combination of sizes. */
const modulesKept = 32;

/** Elements from which on GPU.js computes on threads in webasm mode. */
const threadedFrom = 4096;

/** Multiply-adds of a call on the calling thread: a few milliseconds. */
const shortCall = 2 ** 20;

/** The GPU.js kernel that computes matrix products, in one mode. */
export class Product {
  readonly #gpu: GPU;
  readonly #kernel: IKernelRunShortcut;

  /** @throws Error where GPU.js does not know the mode here */
  constructor(mode: GpuMode, threads?: number) {
    this.#gpu = new GPU({ mode });
    this.#kernel = this.#gpu
      .createKernel(source, {
        output: [1, 1, 1],
        argumentTypes: {
          a: "Array",
          b: "Array",
          ...Object.fromEntries(numbers.map((name) => [name, "Integer"] as const)),
        },
        dynamicOutput: true,
        dynamicArguments: true,
        asyncMode: true,
        ...(threads !== undefined && { poolSize: Math.max(1, threads) }),
      })
      .setLoopMaxIterations(mostRounds);
    const { kernel } = this.#kernel;
    if (kernel instanceof WebAssemblyKernel) kernel.moduleCacheLimit = modulesKept;
  }

  /** The mode that computes: GPU.js may step down when it builds the kernel. */
  get mode(): string {
    return (this.#kernel.kernel.constructor as typeof Kernel).mode;
  }

  /** Why GPU.js stepped down; null where it did not. */
  get fallbackReason(): string | null {
    return this.#kernel.kernel.fallbackReason;
  }

  /** Multiply-adds that a call for so many elements may take without holding up the event loop. */
  budget(elements: number): number {
    const threaded = this.mode === "webasm" && typeof SharedArrayBuffer !== "undefined" && elements >= threadedFrom;
    return this.mode === "webgpu" || threaded ? Infinity : shortCall;
  }

  /** Computes the call and writes its C. */
  async run({ matrices, rows, columns, k, a, b, c }: Call): Promise<void> {
    this.#kernel.setOutput([columns, rows, matrices]);
    const result = await this.#kernel(a.data, b.data, k, ...numbersOf(a), ...numbersOf(b));
    write(result as Float32Array[][], c);
  }

  /** Ends its threads and gives its memory back. */
  close(): Promise<void> {
    return this.#gpu.destroy();
  }
}

function numbersOf({ start, matrix, row, column }: Matrices): number[] {
  return [start, matrix, row, column];
}

function write(result: readonly (readonly Float32Array[])[], c: Matrices): void {
  for (const [z, rows] of result.entries()) {
    for (const [y, row] of rows.entries()) {
      const start = c.start + z * c.matrix + y * c.row;
      if (c.column === 1) c.data.set(row, start);
      else for (let x = 0; x < row.length; x++) c.data[start + x * c.column] = row[x];
    }
  }
}
