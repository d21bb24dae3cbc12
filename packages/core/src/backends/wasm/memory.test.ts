import { afterEach, expect, it, vi } from "vitest";
import { Memory } from "./memory.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

it("asks for less where the engine does not set 4 GiB aside, and says where it ends", () => {
  const most = 4096;
  class Small extends WebAssembly.Memory {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      if ((descriptor.maximum ?? 0) > most) throw new RangeError("could not allocate memory");
      super(descriptor);
    }
  }
  vi.stubGlobal("WebAssembly", { Memory: Small });
  const memory = new Memory(true);
  const address = memory.allocate(200 * 2 ** 20, "variables");
  expect(() => memory.allocate(100 * 2 ** 20, "arena")).toThrow(
    "wasm: no memory for 100.0 MB of arena; the memory that this engine sets aside ends at 256 MB. " +
      "Held: variables 200.0 MB, arena 0.0 MB, cached values 0.0 MB, programs 0.0 MB, scratch 0.0 MB",
  );
  memory.free(address);
  expect(memory.allocate(100 * 2 ** 20, "arena")).toBeGreaterThan(0);
});
