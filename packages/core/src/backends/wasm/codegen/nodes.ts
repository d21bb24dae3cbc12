/** From the expressions of a kernel to the nodes of its structure. */
import type { ComputeDType } from "../../../dtype.ts";
import { present } from "../../../invariant.ts";
import type { Expr, Load } from "../../../plan/expr.ts";
import { topological } from "../../../plan/expr.ts";
import type { OperandTable } from "./operands.ts";
import type { Depth, GatherNode, Node, OperandShape } from "./structure.ts";

/** The numbers that nodes refer to by their position. */
export interface NodeArguments {
  readonly gathers: { readonly stride: number; readonly limit: number; readonly operand: number }[];
  readonly checks: number[];
  readonly numbers: number[];
}

type Level = Pick<Node, "depth" | "varies">;

const INVARIANT: Level = { depth: 0, varies: false };

/** Builds nodes, equal ones once. */
export class NodeTable {
  readonly nodes: Node[] = [];
  readonly arguments: NodeArguments = { gathers: [], checks: [], numbers: [] };
  readonly #table: OperandTable;
  readonly #shapes: readonly OperandShape[];
  /** Level of `accumulated`. */
  readonly #accumulated: Level;
  readonly #byExpr = new Map<Expr, number>();
  readonly #byKey = new Map<string, number>();

  constructor(table: OperandTable, shapes: readonly OperandShape[], accumulated: Level) {
    this.#table = table;
    this.#shapes = shapes;
    this.#accumulated = accumulated;
  }

  /** Number of the node that computes `root`. */
  add(root: Expr): number {
    for (const expr of topological([root])) {
      if (this.#byExpr.has(expr)) continue;
      this.#byExpr.set(expr, this.#build(expr));
    }
    return this.#of(root);
  }

  #of(expr: Expr): number {
    return present(this.#byExpr.get(expr));
  }

  #build(expr: Expr): number {
    switch (expr.kind) {
      case "constant":
        return this.#intern({ kind: "constant", bits: constantBits(expr.value, expr.dtype), ...INVARIANT });
      case "number": {
        const ordinal = position(this.arguments.numbers, expr.slot);
        return this.#intern({ kind: "number", dtype: expr.dtype, ordinal, ...INVARIANT });
      }
      case "index": {
        const operand = this.#table.of(-1, expr.view);
        return this.#intern({ kind: "index", operand, ...this.#operandLevel(operand) });
      }
      case "accumulated":
        return this.#intern({ kind: "accumulated", ...this.#accumulated });
      case "load":
        return this.#load(expr);
      case "apply": {
        const inputs = expr.inputs.map((input) => this.#of(input));
        const from = expr.inputs[expr.inputs.length - 1].dtype;
        const level = join(inputs.map((input) => this.nodes[input]));
        return this.#intern({ kind: "apply", op: expr.op, dtype: expr.dtype, from, inputs, ...level });
      }
    }
  }

  #load(expr: Load): number {
    const operand = this.#table.of(expr.buffer, expr.view);
    const guard = expr.guard ? this.#of(expr.guard) : -1;
    const gathers = expr.gathers.map((gather): GatherNode => {
      const index = this.#of(gather.index);
      const all = this.arguments.gathers;
      const same = (g: (typeof all)[number]): boolean =>
        g.stride === gather.stride && g.limit === gather.extent - 1 && g.operand === operand;
      let ordinal = all.findIndex(same);
      if (ordinal < 0) ordinal = all.push({ stride: gather.stride, limit: gather.extent - 1, operand }) - 1;
      const check = gather.check < 0 ? -1 : position(this.arguments.checks, gather.check);
      return { index, ordinal, check };
    });
    const inputs = gathers.map((g) => this.nodes[g.index]);
    const level = join([this.#operandLevel(operand), ...inputs, ...(guard < 0 ? [] : [this.nodes[guard]])]);
    return this.#intern({ kind: "load", operand, gathers, guard, ...level });
  }

  #operandLevel(operand: number): Level {
    const { inner, outer, reduced } = this.#shapes[operand];
    const varies = inner !== "splat";
    const depth: Depth = reduced ? 3 : varies ? 2 : outer ? 1 : 0;
    return { depth, varies };
  }

  #intern(node: Node): number {
    const key = JSON.stringify(node);
    let number = this.#byKey.get(key);
    if (number === undefined) {
      number = this.nodes.push(node) - 1;
      this.#byKey.set(key, number);
    }
    return number;
  }
}

function join(levels: readonly Level[]): Level {
  return {
    depth: Math.max(0, ...levels.map((l) => l.depth)) as Depth,
    varies: levels.some((l) => l.varies),
  };
}

/** The value's place in the list, where it is put if it is not there. */
function position(list: number[], value: number): number {
  const known = list.indexOf(value);
  return known < 0 ? list.push(value) - 1 : known;
}

/** A constant as the 32 bits of a lane. */
export function constantBits(value: number, dtype: ComputeDType): number {
  if (dtype === "bool") return value ? -1 : 0;
  if (dtype === "int32") return value | 0;
  return new Int32Array(new Float32Array([value]).buffer)[0];
}
