/** How the golden calls of PyTorch (fixtures/torch-ops) become calls of ours. */
import type { Tensor } from "@tsuki/core";

export type Argument = Tensor | number | boolean | string | null | readonly Argument[];

/** An argument as it is stored: tensors by name, infinities and NaN by words. */
export type StoredArgument =
  | { readonly tensor: string; readonly strides?: readonly number[] }
  | { readonly float: string }
  | number
  | boolean
  | string
  | null
  | readonly StoredArgument[];

/** One line of cases.json; the README beside it says what the fields mean. */
export interface Case {
  readonly op: string;
  readonly index: number;
  readonly source: string;
  readonly inputs: readonly StoredArgument[];
  readonly kwargs: Readonly<Record<string, StoredArgument>>;
  readonly outputs: readonly string[];
  readonly gradWeights: readonly (string | null)[];
  readonly grads: Readonly<Record<string, string>>;
  readonly float32: { readonly outputs: number | null; readonly grads: number | null };
  readonly note?: string;
}

export interface Call {
  readonly inputs: readonly Argument[];
  readonly kwargs: Readonly<Record<string, Argument>>;
  readonly case: Case;
}

/** Outputs in PyTorch's order, or why the call has no counterpart. */
export type Mapped = Tensor | readonly Tensor[] | string;

/** By PyTorch's name of the op. */
export type Mapping = Readonly<Record<string, (call: Call) => Mapped | Promise<Mapped>>>;

/** The arguments by their names: those given by position in the order of `names`, and those given by name. */
export function named({ inputs, kwargs }: Call, ...names: readonly string[]): Readonly<Record<string, Argument>> {
  return { ...Object.fromEntries(inputs.map((argument, i) => [names[i], argument])), ...kwargs };
}
