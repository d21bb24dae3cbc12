import { withScope } from "./scope.ts";
import type { Node, Tensor } from "./tensor.ts";
import type { Variable } from "./variable.ts";

/** What must happen, in program order. Effects of one group (one call) stay in one plan. */
export type Effect = { readonly group: number } & (
  | {
      readonly kind: "assign";
      readonly variable: Variable;
      readonly version: number;
      readonly value: Tensor;
      readonly initial: boolean;
    }
  | { readonly kind: "consume"; readonly variable: Variable; readonly version: number }
  | { readonly kind: "keep"; readonly value: Tensor }
  | { readonly kind: "host"; readonly node: Node }
);

let groups = 0;
let open: number | null = null;

/** The group of the effects that are recorded now: that of an enclosing `together`, else a new one. */
export function currentGroup(): number {
  return open ?? groups++;
}

/** The effects that are recorded inside stay together in one plan. */
export function together<T>(body: () => T): T {
  const outer = open;
  return withScope(
    "together",
    () => {
      open = outer ?? groups++;
    },
    () => {
      open = outer;
    },
    body,
  );
}
