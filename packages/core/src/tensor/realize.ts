import { defaultDevice } from "../device/default.ts";
import type { Device } from "../device/device.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Variable } from "../graph/variable.ts";
import type { TensorData } from "../io/data.ts";
import { asTensor } from "../ops/build.ts";
import { deviceOf, toRead } from "./device.ts";

/** Runs what is pending, together with the given tensors; resolves when it has run. */
export function realize(...tensors: readonly (Tensor | Variable)[]): Promise<void> {
  const byDevice = new Map<Device, Tensor[]>();
  for (const tensor of tensors.map((x) => asTensor(x, "realize")))
    byDevice.set(deviceOf(tensor), [...(byDevice.get(deviceOf(tensor)) ?? []), tensor]);
  if (byDevice.size === 0) byDevice.set(defaultDevice(), []);
  const work = [...byDevice].map(([device, requests]) => device.realize(requests));
  return work.length === 1 ? work[0] : Promise.all(work).then(() => {});
}

/** Host copies of many tensors, all taken at one moment. */
export async function readAll(
  record: Readonly<Record<string, Tensor | Variable>>,
): Promise<Record<string, TensorData>> {
  const entries = Object.entries(record).map(([name, x]) => [name, toRead(x, `readAll of "${name}"`)] as const);
  await realize(...entries.map(([, tensor]) => tensor));
  const result: Record<string, TensorData> = {};
  for (const [name, tensor] of entries) {
    result[name] = { dtype: tensor.dtype, shape: [...tensor.shape], data: await deviceOf(tensor).read(tensor) };
  }
  return result;
}
