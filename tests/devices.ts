import { Device, defaultDevice, setDefaultDevice } from "@tsuki/core";
import "@tsuki/core/reference";
import { afterAll, beforeAll, describe } from "vitest";

/** The same tests on the oracle and on the generated kernels; `body` is told which. */
export function onEachDevice(body: (name: "reference" | "wasm") => void): void {
  describe.each(["reference", "wasm"] as const)("on %s", (name) => {
    const outer = defaultDevice();
    const device = new Device(name, { threads: 2 });
    beforeAll(() => {
      setDefaultDevice(device);
    });
    afterAll(() => {
      setDefaultDevice(outer);
      return device.close();
    });
    body(name);
  });
}
