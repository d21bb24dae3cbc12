import { defaultDevice, setDefaultDevice } from "../device/default.ts";
import { Device } from "../device/device.ts";
import { ArgumentError, TsukiError } from "../errors.ts";
import { withScope } from "../graph/scope.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Variable } from "../graph/variable.ts";
import { mul } from "../ops/arithmetic.ts";
import { sum } from "../ops/reduction.ts";
import { tensor, variable, withDefaultDtype } from "../tensor/create.ts";
import { data, item } from "../tensor/reading.ts";
import { readAll } from "../tensor/realize.ts";
import { grad } from "./backward.ts";

export interface GradcheckOptions {
  /** Step of the central difference; default 1e-6. */
  readonly step?: number;
  /** Largest difference relative to the larger of 1 and the gradient's largest entry; default 1e-6. */
  readonly tolerance?: number;
}

/** Thrown by `gradcheck`: the worst entry, both values. */
export class GradcheckError extends TsukiError {}

let reference: Device | null = null;

/**
 * Compares the gradients of `f` with central differences (f(x + h) − f(x − h)) / 2h in float64 on the reference backend,
 * which needs `import "@tsuki/core/reference"`. The outputs are summed with fixed weights, so that every entry counts.
 * Keep away from kinks: |x| > 10 h.
 */
export async function gradcheck(
  f: (...inputs: Variable[]) => Tensor,
  inputs: readonly Tensor[],
  options: GradcheckOptions = {},
): Promise<void> {
  const { step = 1e-6, tolerance = 1e-6 } = options;
  const contents = await Promise.all(inputs.map((input) => data(input)));
  if (inputs.some((input) => input.dtype !== "float64"))
    throw new ArgumentError("gradcheck: the inputs are float64 tensors");
  reference ??= new Device("reference");
  const on = <T>(body: () => T): T => onDevice(reference as Device, () => withDefaultDtype("float64", body));
  const places = on(() =>
    inputs.map((input, i) =>
      variable(tensor(contents[i], { shape: input.shape }), { requiresGrad: true, name: `input ${i}` }),
    ),
  );
  const objective = (): Tensor =>
    on(() => {
      const output = f(...places);
      const weights = Float64Array.from({ length: output.size }, (_, i) => 0.5 + ((i * 7 + 3) % 11) / 11);
      return sum(mul(output, tensor(weights, { shape: output.shape })));
    });
  // A gradient that depends on no input is computed on the default device: it is asked for inside.
  const [reading] = on(() => [readAll(Object.fromEntries(grad(objective(), places).entries()))]);
  const analytic = Object.values(await reading).map((gradient) => gradient.data);

  for (const [i, place] of places.entries()) {
    const scale = Math.max(1, ...Array.from(analytic[i], Math.abs));
    for (let j = 0; j < place.size; j++) {
      const at = async (shift: number): Promise<number> => {
        const moved = contents[i].slice();
        moved[j] += shift;
        place.set(tensor(moved, { shape: place.shape }));
        return item(objective());
      };
      const numeric = ((await at(step)) - (await at(-step))) / (2 * step);
      if (!(Math.abs(numeric - analytic[i][j]) <= tolerance * scale)) {
        throw new GradcheckError(
          `gradcheck: input ${i} of shape [${place.shape}], element ${j}: the gradient is ${analytic[i][j]}, ` +
            `the central difference ${numeric} (tolerance ${tolerance} · ${scale})`,
        );
      }
    }
    place.set(tensor(contents[i], { shape: place.shape }));
  }
}

function onDevice<T>(device: Device, body: () => T): T {
  const outer = defaultDevice();
  return withScope(
    "gradcheck",
    () => setDefaultDevice(device),
    () => setDefaultDevice(outer),
    body,
  );
}
