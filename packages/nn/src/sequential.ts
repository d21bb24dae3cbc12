import { ArgumentError, shown, type Tensor } from "@tsuki/core";
import { Module } from "./module.ts";

/** A module or a function from a tensor to a tensor, such as `relu`. */
export type SequentialStep = Module<[x: Tensor], Tensor> | ((x: Tensor) => Tensor);

/**
 * Its steps one after the other: `x → steps[n − 1](… steps[0](x))`.
 *
 *     new Sequential(new Linear({ inFeatures: 64, outFeatures: 32, bias: true }), relu, new Linear({ … }))
 *
 * A step has the name of its place, as in PyTorch: `0.weight`, `2.weight`.
 */
export class Sequential extends Module<[x: Tensor], Tensor> {
  readonly length: number;
  [place: number]: SequentialStep;

  /** @throws ArgumentError for what is neither a module nor a function */
  constructor(...steps: readonly SequentialStep[]) {
    super();
    this.length = steps.length;
    for (const [place, step] of steps.entries()) {
      if (!(step instanceof Module || typeof step === "function")) {
        throw new ArgumentError(`Sequential: step ${place} is a module or a function, not ${shown(step)}`);
      }
      this[place] = step;
    }
  }

  forward(x: Tensor): Tensor {
    let value = x;
    for (let place = 0; place < this.length; place++) {
      const step = this[place];
      value = step instanceof Module ? step.call(value) : step(value);
    }
    return value;
  }
}
