import { DeviceError } from "@tsuki/core";
import type { DType, Handle, Kernel, MatmulKernel, Plan, Program } from "@tsuki/core/backend";
import { type Frame, ReferenceBackend } from "@tsuki/core/reference";
import { callsOf } from "./call.ts";
import type { Engine } from "./mode.ts";
import { mostTerms } from "./product.ts";

/**
 * The reference backend with its float32 matrix products computed by GPU.js; every other kernel is the reference's own.
 * Products are sums over rising k: in float32, in cpu mode in float64, as the reference's, rounded once.
 */
export class GpuBackend extends ReferenceBackend {
  override readonly name = "gpujs";
  /** The WebGPU adapter, in its driver's words; null in the other modes. */
  readonly adapter: string | null;
  readonly #engine: Engine;

  constructor(engine: Engine) {
    super();
    this.adapter = engine.adapter;
    this.#engine = engine;
  }

  /** The mode in which GPU.js really computes: `webgpu`, `webasm` or `cpu`. */
  get mode(): string {
    return this.#engine.product.mode;
  }

  /** Why no better mode computes; null where the mode was named or is the best. */
  get fallbackReason(): string | null {
    return this.#engine.product.fallbackReason ?? this.#engine.fallbackReason;
  }

  override supports(dtype: DType): boolean {
    return dtype !== "float64" && super.supports(dtype);
  }

  /** @throws DeviceError where the plan has a buffer of float64 */
  override async compile(plan: Plan): Promise<Program> {
    for (const { dtype } of plan.buffers) refuseFloat64(dtype);
    return super.compile(plan);
  }

  override allocate(dtype: DType, shape: readonly number[]): Handle {
    refuseFloat64(dtype);
    return super.allocate(dtype, shape);
  }

  override async close(): Promise<void> {
    await super.close();
    await this.#engine.product.close();
  }

  protected override runKernel(kernel: Kernel, frame: Frame): Promise<void> {
    return kernel.kind === "matmul" && takes(kernel, frame)
      ? this.#multiply(kernel, frame)
      : super.runKernel(kernel, frame);
  }

  async #multiply(kernel: MatmulKernel, frame: Frame): Promise<void> {
    const { product } = this.#engine;
    try {
      for (const call of callsOf(kernel, frame, (elements) => product.budget(elements))) {
        await product.run(call);
        await this.pace.giveWay();
      }
    } catch (error) {
      const { batch, m, n, k, label } = kernel;
      const message = error instanceof Error ? error.message : String(error);
      throw new DeviceError(`gpujs (${this.mode}), ${label} [${batch}] ${m}×${k} by ${k}×${n}: ${message}`, {
        cause: error,
      });
    }
  }
}

/** Whether GPU.js can compute the product: it has float32 alone, and no arrays without elements. */
function takes({ batch, m, n, k, a, b, c }: MatmulKernel, { buffers }: Frame): boolean {
  const sized = [...batch, m, n, k].every((extent) => extent > 0) && k <= mostTerms;
  return sized && [a, b, c].every(({ buffer }) => buffers[buffer].dtype === "float32");
}

function refuseFloat64(dtype: DType): void {
  if (dtype === "float64") throw new DeviceError("gpujs: float64 computes on the reference device only");
}
