import { DeviceError } from "@tsuki/core";
import { findAdapter, installWebGpu } from "./adapter.ts";
import { type GpuMode, gpuModes, Product } from "./product.ts";

/** A way to compute that was tried and works. */
export interface Engine {
  readonly product: Product;
  /** The WebGPU adapter, in its driver's words; null in the other modes. */
  readonly adapter: string | null;
  /** Why no better mode was taken; null where the mode was named, or is the best. */
  readonly fallbackReason: string | null;
}

/**
 * The named mode, or with "auto" the best that works: `webgpu` on a hardware adapter, else `webasm`, else `cpu`. Software
 * adapters (SwiftShader, llvmpipe) compute only where `webgpu` is named.
 *
 * @throws DeviceError where the named mode is not to be had
 */
export async function startEngine(mode: GpuMode | "auto", threads?: number): Promise<Engine> {
  const reasons: string[] = [];
  for (const candidate of mode === "auto" ? gpuModes : [mode]) {
    try {
      const started = await start(candidate, mode !== "auto", threads);
      return { ...started, fallbackReason: reasons.length > 0 ? reasons.join("; ") : null };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (mode !== "auto") throw new DeviceError(`gpujs: no mode "${mode}" here: ${reason}`, { cause: error });
      reasons.push(`${candidate}: ${reason}`);
    }
  }
  throw new DeviceError(`gpujs: no mode works here: ${reasons.join("; ")}`);
}

async function start(mode: GpuMode, named: boolean, threads?: number): Promise<Pick<Engine, "product" | "adapter">> {
  let adapter: string | null = null;
  if (mode === "webgpu") {
    const found = await findAdapter();
    if (found.software && !named) throw new Error(`${found.name} is software, which is used only where it is named`);
    await installWebGpu();
    adapter = found.name;
  }
  const product = new Product(mode, threads);
  try {
    await probe(product);
    if (product.mode !== mode) throw new Error(`GPU.js stepped down to ${product.mode}: ${product.fallbackReason}`);
    return { product, adapter };
  } catch (error) {
    await product.close();
    throw error;
  }
}

/** A product of which the result is known: it also makes GPU.js build the kernel, and so decide on a mode. */
async function probe(product: Product): Promise<void> {
  const square = (values: number[]) => ({ data: Float32Array.from(values), start: 0, matrix: 0, row: 2, column: 1 });
  const [a, b, c] = [square([1, 2, 3, 4]), square([5, 6, 7, 8]), square([0, 0, 0, 0])];
  await product.run({ matrices: 1, rows: 2, columns: 2, k: 2, a, b, c });
  if (c.data.join() !== "19,22,43,50") throw new Error(`a product of known result gave ${c.data.join()}`);
}
