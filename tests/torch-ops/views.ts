import { concat, stack, type Tensor } from "@tsuki/core";
import { type Call, type Mapped, type Mapping, named } from "./mapping.ts";

/** A call whose arguments are named as PyTorch names them; tensors are `input` or `tensors`. */
interface Arguments {
  readonly input: Tensor;
  readonly tensors: readonly Tensor[];
  readonly dim?: number;
  readonly dims?: readonly number[];
  readonly shape: readonly number[];
  readonly diagonal?: number;
}

/** Ops by the names of their arguments, in PyTorch's order. */
function view<Own>(names: string, map: (given: Arguments & Own) => Mapped): (call: Call) => Mapped {
  return (call) => map(named(call, ...names.split(" ")) as unknown as Arguments & Own);
}

export const views: Mapping = {
  reshape: view("input shape", ({ input, shape }) => input.reshape(shape)),
  flatten: view<{ start_dim?: number; end_dim?: number }>("input start_dim end_dim", ({ input, start_dim, end_dim }) =>
    input.flatten(start_dim, end_dim),
  ),
  transpose: view<{ dim0: number; dim1: number }>("input dim0 dim1", ({ input, dim0, dim1 }) =>
    input.transpose(dim0, dim1),
  ),
  permute: view("input shape", ({ input, shape }) => input.permute(shape)),
  expand: view("input shape", ({ input, shape }) => input.expand(shape)),
  squeeze: view("input dim", ({ input, dim }) =>
    dim === undefined || input.shape.at(dim) === 1
      ? input.squeeze(dim)
      : "an axis whose extent is not 1 is an error (NumPy's rule); PyTorch lets it be",
  ),
  unsqueeze: view<{ dim: number }>("input dim", ({ input, dim }) => input.unsqueeze(dim)),
  repeat: view("input shape", ({ input, shape }) => input.repeat(shape)),
  narrow: view<{ dim: number; start: number | Tensor; length: number }>(
    "input dim start length",
    ({ input, dim, start, length }) => input.narrow(dim, start, length),
  ),
  slice: view<{ start?: number | null; end?: number | null; step?: number }>(
    "input dim start end step",
    ({ input, dim = 0, start, end, step }) => input.slice(dim, start, end, step),
  ),
  flip: view("input dims", ({ input, dims = [] }) => input.flip(dims)),
  roll: view<{ shifts: number | readonly number[]; dims?: number | readonly number[] }>(
    "input shifts dims",
    ({ input, shifts, dims }) => input.roll(shifts, dims),
  ),
  cat: view("tensors dim", ({ tensors, dim }) =>
    tensors.some(({ rank }) => rank !== tensors[0].rank)
      ? "tensors of different rank do not join; PyTorch skips those of shape [0]"
      : concat(tensors, dim),
  ),
  stack: view("tensors dim", ({ tensors, dim }) => stack(tensors, dim)),
  split: view<{ sizes: number | readonly number[] }>("input sizes dim", ({ input, sizes, dim }) =>
    input.split(sizes, dim),
  ),
  chunk: view<{ chunks: number }>("input chunks dim", ({ input, chunks, dim }) => input.chunk(chunks, dim)),
  tril: view("input diagonal", ({ input, diagonal }) => input.tril(diagonal)),
  triu: view("input diagonal", ({ input, diagonal }) => input.triu(diagonal)),
  "nn.functional.pad": view<{ pad: readonly number[]; mode?: string; value?: number }>(
    "input pad mode value",
    ({ input, pad, mode = "constant", value }) => {
      if (mode !== "constant") return `pad has no mode "${mode}"; compose it with slice, flip and concat`;
      // PyTorch counts from the last axis and leaves out the first ones.
      const widths = input.shape.map((_, axis): [number, number] => {
        const at = 2 * (input.rank - 1 - axis);
        return [pad[at] ?? 0, pad[at + 1] ?? 0];
      });
      return input.pad(widths, { value });
    },
  ),
};
