import { describe } from "vitest";
import { createGpuBackend, type GpuMode } from "../src/index.ts";
import { gpuModes } from "../src/product.ts";

/** Why WebGPU cannot be tested here; null where it can. */
export const noWebGpu: string | null = await createGpuBackend({ mode: "webgpu" }).then(
  async (backend) => {
    await backend.close();
    return null;
  },
  (error: Error) => error.message,
);

/** A group of tests for each mode; that of webgpu is skipped, with the reason in its name, where there is no adapter. */
export function describeModes(body: (mode: GpuMode) => void): void {
  for (const mode of gpuModes) {
    const reason = mode === "webgpu" ? noWebGpu : null;
    describe.skipIf(reason)(reason ? `${mode}, skipped: ${reason}` : mode, () => body(mode));
  }
}
