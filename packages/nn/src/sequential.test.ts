import { ArgumentError, Generator, relu } from "@tsuki/core";
import { expect, it } from "vitest";
import { Linear } from "./linear.ts";
import { applyLoRA } from "./lora.ts";
import { Sequential } from "./sequential.ts";

const generator = new Generator(3);
const linear = (inFeatures: number, outFeatures: number): Linear =>
  new Linear({ inFeatures, outFeatures, bias: true, generator });

it("is its steps one after the other, named by their places", async () => {
  const [first, last] = [linear(3, 4), linear(4, 2)];
  const model = new Sequential(first, relu, last);
  const x = generator.normal([5, 3]).keep();
  expect(await model.call(x).array()).toEqual(await last.call(first.call(x).relu()).array());
  expect(Object.keys(model.namedParameters())).toEqual(["0.weight", "0.bias", "2.weight", "2.bias"]);
  expect(model.length).toBe(3);
});

it("without steps it is the identity; modules in modules have paths", () => {
  const x = generator.normal([2, 3]);
  expect(new Sequential().call(x)).toBe(x);
  const nested = new Sequential(new Sequential(linear(3, 3)), new Sequential(relu, linear(3, 1)));
  expect(Object.keys(nested.namedParameters())).toEqual(["0.0.weight", "0.0.bias", "1.1.weight", "1.1.bias"]);
  expect(() => nested.call(generator.normal([2, 4]))).toThrow("0.0");
});

it("its steps can be replaced: LoRA takes effect", async () => {
  const model = new Sequential(linear(3, 4), relu, linear(4, 2));
  applyLoRA(model, { targets: /./, rank: 2, generator });
  expect(Object.keys(model.namedParameters()).filter((name) => name.includes("lora"))).toHaveLength(4);
  expect(await model.call(generator.normal([1, 3])).array()).toHaveLength(1);
});

it("refuses what is no step", () => {
  expect(() => new Sequential(relu, 3 as never)).toThrow(
    new ArgumentError("Sequential: step 1 is a module or a function, not 3"),
  );
});
