import { ShapeError } from "../errors.ts";
import { defineAlias, type Op } from "../graph/op.ts";
import { enableGrad } from "../graph/scope.ts";
import { Node, type Tensor } from "../graph/tensor.ts";
import type { Variable } from "../graph/variable.ts";
import { asTensor } from "../ops/build.ts";
import { detach } from "../ops/conversion.ts";
import { zerosLike } from "../ops/creation.ts";
import { sameShape } from "../plan/view.ts";
import { type GradOptions, grad } from "./backward.ts";

// J: the Jacobian of f at the inputs; H: the Hessian of a scalar f

type Inputs = readonly (Tensor | Variable)[];
/** `createGraph`: whether the results can be differentiated. */
type Options = Pick<GradOptions, "createGraph">;

/** f(x) and Jᵀ·v, one tensor for each input; `v` has the shape of f(x). */
export function vjp(
  f: (...inputs: Tensor[]) => Tensor,
  inputs: Inputs,
  v: Tensor,
  options: Options = {},
): { output: Tensor; gradients: Tensor[] } {
  return differentiate(f, inputs, options, (y, x) => {
    if (!sameShape(v.shape, y.shape))
      throw new ShapeError(`vjp: f gives shape [${y.shape}], the vector has [${v.shape}]`);
    return {
      gradients: y.requiresGrad ? grad(y, x, { ...options, gradOutputs: v }) : x.map((input) => zerosLike(input)),
    };
  });
}

/** f(x) and J·v by two reverse passes; `v` has a tensor for each input. */
export function jvp(
  f: (...inputs: Tensor[]) => Tensor,
  inputs: Inputs,
  v: readonly Tensor[],
  options: Options = {},
): { output: Tensor; tangent: Tensor } {
  checkVectors("jvp", inputs, v);
  return differentiate(f, inputs, options, (y, x) => {
    // Jᵀ·u is linear in u, whatever u is.
    const u = independent(zerosLike(y));
    const gradients = y.requiresGrad ? grad(y, x, { gradOutputs: u, createGraph: true }) : [];
    return { tangent: depends(gradients) ? grad(gradients, [u], { ...options, gradOutputs: v })[0] : zerosLike(y) };
  });
}

/** f(x) and H·v of a scalar function, one tensor for each input, as `v` has. */
export function hvp(
  f: (...inputs: Tensor[]) => Tensor,
  inputs: Inputs,
  v: readonly Tensor[],
  options: Options = {},
): { output: Tensor; products: Tensor[] } {
  checkVectors("hvp", inputs, v);
  return differentiate(f, inputs, options, (y, x) => {
    if (y.size !== 1) throw new ShapeError(`hvp: f gives a scalar, not shape [${y.shape}]`);
    const gradients = y.requiresGrad ? grad(y, x, { createGraph: true }) : [];
    return {
      products: depends(gradients)
        ? grad(gradients, x, { ...options, gradOutputs: v })
        : x.map((input) => zerosLike(input)),
    };
  });
}

function differentiate<Products>(
  f: (...inputs: Tensor[]) => Tensor,
  inputs: Inputs,
  { createGraph }: Options,
  products: (output: Tensor, inputs: readonly Tensor[]) => Products,
): Products & { output: Tensor } {
  return enableGrad(() => {
    const x = inputs.map((input) => independent(asTensor(input)));
    const y = f(...x);
    return { ...products(y, x), output: createGraph ? y : detach(y) };
  });
}

const independentOp: Op<null> = defineAlias<null>({ name: "input", alias: () => 0, gradient: ([g]) => [g] });

/** The same value, as something to differentiate by. */
function independent(x: Tensor): Tensor {
  return new Node(independentOp, [x], null, [x], { requiresGrad: true }).outputs[0];
}

function depends(gradients: readonly Tensor[]): boolean {
  return gradients.some((gradient) => gradient.requiresGrad);
}

function checkVectors(op: string, inputs: Inputs, vectors: readonly Tensor[]): void {
  for (const [i, { shape }] of inputs.entries()) {
    const vector = vectors[i];
    if (vector && sameShape(vector.shape, shape)) continue;
    const found = vector ? `[${vector.shape}]` : "missing";
    throw new ShapeError(`${op}: input ${i} has shape [${shape}], its vector is ${found}`);
  }
}
