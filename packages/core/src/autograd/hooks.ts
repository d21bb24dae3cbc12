import { ArgumentError } from "../errors.ts";
import type { GradientHook, Tensor } from "../graph/tensor.ts";
import type { Variable } from "../graph/variable.ts";
import { givenGradient } from "./given.ts";

/**
 * Calls `hook` with the gradient of a tensor or variable in every `backward()` and `grad()` that reaches it: once, when all
 * that arrives is summed. What the hook returns takes the gradient's place. For a variable the gradient is that of one
 * backward, not what has accumulated; for a tensor what is below it sees the new one.
 *
 * @returns a function that removes the hook
 * @throws ArgumentError where no gradient can arrive
 */
export function registerHook(x: Tensor | Variable, hook: GradientHook): () => void {
  if (!x.requiresGrad) throw new ArgumentError(`registerHook: the tensor (shape [${x.shape}]) requires no gradient`);
  const entry = { hook };
  x.hooks ??= new Set();
  x.hooks.add(entry);
  const { hooks } = x;
  return () => {
    hooks.delete(entry);
  };
}

/** The gradient after the hooks of what it belongs to. */
export function applyHooks({ hooks }: Tensor | Variable, gradient: Tensor): Tensor {
  let current = gradient;
  for (const { hook } of [...(hooks ?? [])]) {
    current = givenGradient("registerHook: a hook", hook(current) ?? current, gradient);
  }
  return current;
}
