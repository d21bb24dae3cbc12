import { expect, it } from "vitest";
import { realize, setDefaultDevice, tensor, variable } from "../index.ts";
import "../backends/reference/index.ts";
import { format } from "./print.ts";

it("prints as NumPy does", async () => {
  expect(
    await tensor([
      [1, 2.5],
      [-3, 0],
    ]).show(),
  ).toBe("[[ 1.0  2.5]\n [-3.0  0.0]]");
  expect(await tensor([1, 2, 3]).show()).toBe("[1. 2. 3.]");
  expect(await tensor(Int32Array.of(1, -20)).show()).toBe("[  1 -20]");
  expect(await tensor([true, false]).show()).toBe("[ True False]");
  expect(
    await tensor([
      [[1], [2]],
      [[3], [4]],
    ]).show(),
  ).toBe("[[[1.]\n  [2.]]\n\n [[3.]\n  [4.]]]");
  expect(await tensor([1e10, Number.NaN]).show()).toBe("[1.00000000e+10            nan]");
  expect(await tensor(3.5).show()).toBe("3.5");
});

it("long axes show their ends", () => {
  const data = Float32Array.from({ length: 2000 }, (_, i) => i);
  const text = format({ data, shape: [2000], dtype: "float32" });
  expect(text).toBe("[   0.    1.    2. ... 1997. 1998. 1999.]");
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
