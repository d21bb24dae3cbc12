import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { realize, setDefaultDevice, tensor, variable } from "../index.ts";
import "../backends/reference/index.ts";
import { format } from "./print.ts";

interface Golden {
  readonly dtype: "float32" | "float64" | "int32" | "bool";
  readonly shape: number[];
  readonly values: (number | string)[] | "arange";
  readonly text: string;
}

const golden: readonly Golden[] = JSON.parse(
  readFileSync(new URL("../../../../fixtures/numpy-print/golden.json", import.meta.url), "utf8"),
);

it("prints as NumPy does", () => {
  const arrays = { float32: Float32Array, float64: Float64Array, int32: Int32Array, bool: Uint8Array };
  const special: Record<string, number> = { nan: Number.NaN, inf: Infinity, "-inf": -Infinity, "-0": -0 };
  for (const { dtype, shape, values, text } of golden) {
    const size = shape.reduce((product, extent) => product * extent, 1);
    const numbers = Array.from({ length: size }, (_, i) => {
      const value = values === "arange" ? i : values[i];
      return typeof value === "string" ? special[value] : value;
    });
    expect(format({ dtype, shape, data: arrays[dtype].from(numbers) }), `${dtype} [${shape}]`).toBe(text);
  }
});

it("shows what it had to compute", async () => {
  expect(await tensor([1, 2]).div(2).show()).toBe("[0.5 1. ]");
});

it("without waiting it says what is known", async () => {
  setDefaultDevice("reference");
  const w = variable(tensor([1]), { name: "w" });
  expect(String(w)).toBe('Variable "w" [1] float32 on reference, version 1');
  const sum = w.add(1);
  expect(String(sum)).toBe("Tensor [1] float32 on reference, pending");
  await realize(sum);
  expect(String(sum)).toBe("Tensor [1] float32 on reference, realized");
  expect(String(tensor([2]))).toBe("Tensor [1] float32\n[2.]");
});
