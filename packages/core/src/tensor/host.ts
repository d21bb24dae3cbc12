import { type DType, dtypes } from "../dtype.ts";
import { currentGroup } from "../graph/effect.ts";
import { hostOp } from "../graph/host.ts";
import { Node, type Tensor } from "../graph/tensor.ts";
import type { Variable } from "../graph/variable.ts";
import { asTensor } from "../ops/build.ts";
import type { HostCall } from "../plan/plan.ts";
import { deviceOf } from "./device.ts";

/**
 * A call of the host in the middle of a plan: `call` is given the contents of the inputs and returns those of the outputs.
 * It is an effect: it happens once, in the order of creation, with what runs next.
 */
export function hostCall(
  inputs: readonly (Tensor | Variable)[],
  outputs: readonly { readonly shape: readonly number[]; readonly dtype: DType }[],
  call: HostCall,
): Tensor[] {
  const tensors = inputs.map(asTensor);
  const signature = outputs.flatMap(({ shape, dtype }) => [dtypes[dtype].id, shape.length, ...shape]);
  const node = new Node(hostOp, tensors, { call, signature }, outputs);
  const device = deviceOf(node.outputs[0] ?? tensors[0]);
  device.record({ kind: "host", node, group: currentGroup() });
  return [...node.outputs];
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
