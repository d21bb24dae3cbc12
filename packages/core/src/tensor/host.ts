import { defaultDevice } from "../device/default.ts";
import type { Device } from "../device/device.ts";
import { inHostScope } from "../device/host-scope.ts";
import { dtypes, type TypedArray } from "../dtype.ts";
import { DTypeError, ShapeError } from "../errors.ts";
import { HostEffect } from "../graph/effect.ts";
import { hostOp } from "../graph/host.ts";
import { Node, type Tensor } from "../graph/tensor.ts";
import type { Variable } from "../graph/variable.ts";
import { asTensor } from "../ops/build.ts";
import type { Signature } from "../plan/graph.ts";
import type { HostCall } from "../plan/plan.ts";
import { sizeOf } from "../plan/view.ts";

/**
 * A call of the host in the middle of a plan: `call` is given the contents of the inputs and returns those of the outputs.
 * It is an effect: it happens once, in the order of creation, with what runs next. The plan waits for it: it must not ask
 * its own device for a value, which is refused.
 */
export function hostCall(
  inputs: readonly (Tensor | Variable)[],
  outputs: readonly Signature[],
  call: HostCall,
): Tensor[] {
  const tensors = inputs.map((input) => asTensor(input, "hostCall"));
  for (const { dtype } of outputs) {
    if (dtypes[dtype].compute !== dtype)
      throw new DTypeError(`hostCall: a result is float32, float64, int32 or bool, not ${dtype}`);
  }
  const signature = outputs.flatMap(({ shape, dtype }) => [dtypes[dtype].id, shape.length, ...shape]);
  const checked: HostCall = async (contents) => checkResults(await inHostScope(device, () => call(contents)), outputs);
  const node = new Node(hostOp, tensors, { call: checked, signature }, outputs);
  const device = (node.device ?? defaultDevice()) as Device;
  device.record(new HostEffect(node));
  return [...node.outputs];
}

/** Results of the right number, kind and size; truth values as 0 and 1. */
function checkResults(results: TypedArray[], outputs: readonly Signature[]): TypedArray[] {
  if (results.length !== outputs.length) {
    throw new ShapeError(`hostCall: the function gave ${results.length} results, not ${outputs.length}`);
  }
  return outputs.map(({ shape, dtype }, i) => {
    const result = results[i];
    if (result.constructor !== dtypes[dtype].create(0).constructor || result.length !== sizeOf(shape)) {
      throw new ShapeError(
        `hostCall: result ${i} is ${result.constructor.name} of ${result.length} elements, not ${dtype} of [${shape}]`,
      );
    }
    return dtype === "bool" ? result.map((value) => Number(value !== 0)) : result;
  });
}

/** A call of the host without results: it looks at values in the middle of a plan. */
export function callback(
  inputs: readonly (Tensor | Variable)[],
  call: (...args: Parameters<HostCall>) => unknown | Promise<unknown>,
): void {
  hostCall(inputs, [], async (contents) => {
    await call(contents);
    return [];
  });
}
