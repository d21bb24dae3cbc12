import { ArgumentError, checkOptions, type DType, dtypes, isFloat, shown, variable } from "@tsuki/core";
import type { Module } from "./module.ts";
import { copyRoles, isBuffer } from "./roles.ts";

export interface CastParametersOptions {
  /** The parameters that are cast: a pattern of their names; default all. */
  readonly include?: RegExp;
}

/**
 * Holds parameters of a model in another float dtype: `bfloat16` and `float16` take half the memory, and kernels widen them
 * on load. Each parameter becomes another variable, so make optimizers afterwards; they take none in 16 bits: freeze the
 * model, or train adapters (`applyLoRA`). Buffers stay as they are. Checkpoints then hold that dtype.
 *
 *     castParameters(model, "bfloat16");
 *     model.loadStateDict((await loadSafetensors("model.safetensors")).tensors);
 *
 * @returns The names of the parameters that were cast.
 */
export function castParameters(model: Module, dtype: DType, options: CastParametersOptions = {}): string[] {
  checkOptions("castParameters", options, "include");
  const { include } = options;
  const floats = (Object.keys(dtypes) as DType[]).filter(isFloat);
  if (!floats.includes(dtype)) {
    throw new ArgumentError(
      `castParameters: a float dtype is needed, not ${shown(dtype)}: ${floats.join(", ")}; for int8 see quantizeLinear()`,
    );
  }
  const cast: string[] = [];
  model.replaceVariables((place, name) => {
    if (isBuffer(place) || !isFloat(place.dtype) || place.dtype === dtype || (include && name.search(include) < 0))
      return place;
    const { requiresGrad } = place;
    const other = variable(place.cast(dtype), { name: place.name, requiresGrad });
    copyRoles(place, other);
    cast.push(name);
    return other;
  });
  return cast;
}
