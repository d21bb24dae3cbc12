import { withScope } from "./scope.ts";
import type { Node, Tensor } from "./tensor.ts";
import type { Variable } from "./variable.ts";

/**
 * What must happen, in program order. Effects of one group (one call) stay in one plan. They are instances of classes and
 * not literals for the reason that `Node` copies its inputs: what died among the old objects would keep its graph alive.
 */
export type Effect = Assignment | Consumption | Keeping | HostEffect;

/** A variable gets a new version. */
export class Assignment {
  readonly kind = "assign";
  readonly group: number = currentGroup();
  readonly variable: Variable;
  readonly version: number;
  readonly value: Tensor;
  readonly initial: boolean;

  constructor(variable: Variable, value: Tensor, initial: boolean) {
    this.variable = variable;
    this.version = variable.version;
    this.value = value;
    this.initial = initial;
  }
}

/** A variable is emptied. */
export class Consumption {
  readonly kind = "consume";
  readonly group: number = currentGroup();
  readonly variable: Variable;
  readonly version: number;

  constructor(variable: Variable) {
    this.variable = variable;
    this.version = variable.version;
  }
}

/** A value is kept for later reads. */
export class Keeping {
  readonly kind = "keep";
  readonly group: number = currentGroup();
  readonly value: Tensor;

  constructor(value: Tensor) {
    this.value = value;
  }
}

/** The host is called. */
export class HostEffect {
  readonly kind = "host";
  readonly group: number = currentGroup();
  readonly node: Node;

  constructor(node: Node) {
    this.node = node;
  }
}

let groups = 0;
let open: number | null = null;

/** The group of the effects that are recorded now: that of an enclosing `together`, else a new one. */
function currentGroup(): number {
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
