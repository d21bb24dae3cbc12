import { defaultDevice } from "../device/default.ts";
import type { Device } from "../device/device.ts";
import type { Tensor } from "../graph/tensor.ts";
import { Variable } from "../graph/variable.ts";
import { asTensor } from "../ops/build.ts";

/** Where a tensor is computed: with the variables that it depends on, where its value is, else on the default device. */
export function deviceOf(tensor: Tensor): Device {
  return (tensor.node.device ?? tensor.result?.device ?? defaultDevice()) as Device;
}

/** What is read: of a variable, its present version. */
export function toRead(x: Tensor | Variable, op: string): Tensor {
  return x instanceof Variable ? x.snapshot() : asTensor(x, op);
}
