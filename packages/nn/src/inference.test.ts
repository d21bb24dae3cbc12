import { ScopeError, type Tensor, tensor } from "@tsuki/core";
import { expect, test } from "vitest";
import { inference } from "./inference.ts";
import { Linear } from "./linear.ts";
import { Module } from "./module.ts";

class Model extends Module<[x: Tensor], Tensor> {
  readonly first = new Linear({ inFeatures: 2, outFeatures: 2 });
  readonly second = new Linear({ inFeatures: 2, outFeatures: 2 }).eval();

  forward(x: Tensor): Tensor {
    return this.second.call(this.first.call(x));
  }
}

function modes(model: Module): boolean[] {
  return [...model.namedModules().values()].map((module) => module.training);
}

test("inside: inference mode and no gradients; afterwards every module's mode is as it was", () => {
  const model = new Model();
  const y = inference(model, () => {
    expect(modes(model)).toEqual([false, false, false]);
    return model.call(tensor([[1, 2]]));
  });
  expect(y.requiresGrad).toBe(false);
  expect(modes(model)).toEqual([true, true, false]);
  expect(model.call(tensor([[1, 2]])).requiresGrad).toBe(true);
});

test("modes come back after an error, and an asynchronous function is one", () => {
  const model = new Model();
  expect(() => inference(model, () => model.call(tensor([1])))).toThrow();
  expect(modes(model)).toEqual([true, true, false]);
  expect(() => inference(model, async () => {})).toThrow(ScopeError);
  expect(modes(model)).toEqual([true, true, false]);
});
