import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import {
  Device,
  fromData,
  setDefaultDevice,
  type Tensor,
  type TensorData,
  tensor,
  withDefaultDtype,
} from "@tsuki/core";
import { loadSafetensors } from "@tsuki/core/files";
import "@tsuki/core/reference";
import { afterAll, beforeEach, describe, expect } from "vitest";
import { configFromHuggingFace } from "../src/huggingface.ts";
import { Moonlight } from "../src/model.ts";

const folder = new URL("../../../fixtures/moonlight-tiny/", import.meta.url);

export async function readTensors(name: string): Promise<Readonly<Record<string, TensorData>>> {
  return (await loadSafetensors(fileURLToPath(new URL(`${name}.safetensors`, folder)))).tensors;
}

export async function readJson(name: string): Promise<unknown> {
  return JSON.parse(await readFile(new URL(`${name}.json`, folder), "utf8"));
}

/** Where a test computes, and what the golden numbers allow there. */
export interface Setting {
  readonly device: "reference" | "wasm";
  readonly dtype: "float32" | "float64";
}

const settings: readonly Setting[] = [
  { device: "reference", dtype: "float64" },
  { device: "wasm", dtype: "float32" },
];

/** The same tests in float64 on the oracle, and in float32 on the generated kernels. */
export function inEachSetting(body: (setting: Setting) => void): void {
  for (const setting of settings) {
    describe(`on ${setting.device} in ${setting.dtype}`, () => {
      const device = new Device(setting.device, { threads: 2 });
      beforeEach(() => {
        setDefaultDevice(device);
      });
      afterAll(() => device.close());
      body(setting);
    });
  }
}

/** The tiny Moonlight with the weights of a file, in inference mode. */
export async function tinyMoonlight({ dtype }: Setting, file = "model"): Promise<Moonlight> {
  const [config, weights] = [configFromHuggingFace(await readJson("config")), await readTensors(file)];
  const model = withDefaultDtype(dtype, () => new Moonlight(config));
  model.loadStateDict(weights);
  return model.eval();
}

/** Golden tensors by name: in float64 those of the exact run, where there are any. */
export class Golden {
  readonly #tensors: Readonly<Record<string, TensorData>>;
  readonly #exact: boolean;

  constructor(tensors: Readonly<Record<string, TensorData>>, { dtype }: Setting) {
    this.#tensors = tensors;
    this.#exact = dtype === "float64";
  }

  static async read(setting: Setting): Promise<Golden> {
    return new Golden(await readTensors("golden"), setting);
  }

  /** An input: ids, positions, labels. */
  input(name: string): Tensor {
    return fromData(this.data(name));
  }

  /** An input that tells tokens (1) from padding (0). */
  mask(name: string): Tensor {
    const { data, shape } = this.data(name);
    return tensor(data, { shape, dtype: "bool" });
  }

  data(name: string): TensorData {
    return this.#tensors[name];
  }

  /**
   * Compares contents with the golden one: to 1e-9 where both are float64, else to a given tolerance, which a relative one
   * multiplies by the golden tensor's largest entry.
   */
  expectClose(actual: TensorData, name: string, tolerance: { to: number } | { toLargest: number }): void {
    const exact = this.#exact && Object.hasOwn(this.#tensors, `f64.${name}`);
    const golden = this.#tensors[exact ? `f64.${name}` : name];
    expect(actual.shape).toEqual(golden.shape);
    const largest = Math.max(...Array.from(golden.data, Math.abs));
    const allowed = exact ? 1e-9 : "to" in tolerance ? tolerance.to : tolerance.toLargest * largest;
    const worst = { place: -1, difference: allowed };
    for (const [place, value] of golden.data.entries()) {
      const difference = Math.abs(actual.data[place] - value);
      // Also NaN is too much.
      if (difference <= worst.difference) continue;
      worst.place = place;
      worst.difference = difference;
    }
    if (worst.place < 0) return;
    expect.fail(
      `${name}: entry ${worst.place} of [${golden.shape}] is ${actual.data[worst.place]}, ` +
        `golden ${golden.data[worst.place]}, off by ${worst.difference}; allowed is ${allowed}`,
    );
  }
}
