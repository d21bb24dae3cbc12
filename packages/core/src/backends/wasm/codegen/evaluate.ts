/** Computes nodes where they are needed: every value once, in the outermost loop in which it does not change. */
import { present } from "../../../invariant.ts";
import type { FunctionBuilder, Local, Vector } from "../emit/index.ts";
import { atomic, i32, i32x4, v128 } from "../emit/index.ts";
import type { ArgumentWords } from "./arguments.ts";
import type { Constants } from "./constants.ts";
import { Loads } from "./loads.ts";
import { applyScalar } from "./scalar.ts";
import type { Site } from "./site.ts";
import { address, find } from "./site.ts";
import type { ApplyNode, Depth, Node, Structure } from "./structure.ts";

/** A kernel under construction. */
export interface KernelContext {
  readonly f: FunctionBuilder;
  readonly structure: Structure;
  readonly words: ArgumentWords;
  readonly args: Local<"i32">;
  readonly constants: Constants;
  /** Whether multiply-adds are contracted. */
  readonly relaxed: boolean;
}

export class Evaluator {
  readonly #context: KernelContext;
  readonly #nodes: readonly Node[];
  readonly #loads: Loads;
  /** For every node the depths at which it is used. */
  readonly #users: Depth[][];
  /** Nodes that depend on the reduced value: they wait for the reduction's end. */
  readonly #late: boolean[] = [];
  /** By check: the lanes in which it failed. */
  readonly #failures: readonly Local<"v128">[];

  constructor(context: KernelContext) {
    this.#context = context;
    const { nodes, checks, stores, reduction } = context.structure;
    this.#nodes = nodes;
    this.#users = nodes.map(() => []);
    nodes.forEach((node, n) => {
      const inputs = inputsOf(node);
      for (const input of inputs) this.#users[input].push(node.depth);
      this.#late[n] = node.kind === "accumulated" || inputs.some((input) => this.#late[input]);
    });
    for (const store of stores) this.#users[store.node].push(reduction?.mode === "row" ? 1 : 2);
    if (reduction) this.#users[reduction.input].push(reduction.mode === "row" ? 2 : 3);
    this.#failures = Array.from({ length: checks }, () => context.f.let(context.constants.int(0)));
    this.#loads = new Loads(context, (n, site) => this.keep(n, site), this.#failures);
  }

  /** Computes what belongs at this place and is used in a loop further inside. */
  hoist(site: Site): void {
    this.#nodes.forEach((node, n) => {
      const inside = this.#users[n].some((depth) => depth > site.depth);
      if (node.depth === site.depth && inside && !this.#late[n]) this.keep(n, site);
      if (node.kind === "load" && node.depth > site.depth && !this.#late[n]) this.#loads.hoist(n, node, site);
    });
  }

  /** The node's value for the elements of the site. */
  value(n: number, site: Site): Vector {
    return this.#users[n].length > 1 ? this.keep(n, site) : (this.#find(n, site) ?? this.#compute(n, site));
  }

  /** The same, in a local variable. */
  keep(n: number, site: Site): Vector {
    const known = this.#find(n, site);
    if (known) return known;
    const local = this.#context.f.let(this.#compute(n, site));
    site.values.set(n, local);
    return local;
  }

  /** Makes the reduced value known to the nodes that wait for it. */
  provide(accumulated: Vector, site: Site): void {
    this.#nodes.forEach((node, n) => {
      if (node.kind === "accumulated") site.values.set(n, accumulated);
    });
  }

  /** Writes the number of a failed check to the error word, unless one is there; for the kernel's end. */
  report(): void {
    const { f, words, constants } = this.#context;
    this.#failures.forEach((failure, c) => {
      f.if(v128.anyTrue(failure), () =>
        f.drop(atomic.compareExchange(constants.word(words.error), 0, constants.word(words.check(c)))),
      );
    });
  }

  #find(n: number, site: Site): Vector | null {
    return find(site, n) as Vector | null;
  }

  #compute(n: number, site: Site): Vector {
    const node = this.#nodes[n];
    const { constants, words } = this.#context;
    switch (node.kind) {
      case "constant":
        return constants.int(node.bits);
      case "number": {
        const bits = i32x4.splat(i32.load(constants.word(words.number(node.ordinal))));
        return node.dtype === "bool" ? i32x4.ne(bits, constants.int(0)) : bits;
      }
      case "index":
        return this.#index(node.operand, site);
      case "load":
        return this.#loads.value(n, node, site);
      case "apply":
        return this.#apply(node, site);
      case "accumulated":
        // It was provided at the end of the reduction.
        return present(this.#find(n, site));
    }
  }

  #apply(node: ApplyNode, site: Site): Vector {
    const second: Node | undefined = this.#nodes[node.inputs[1]];
    const operation = {
      f: this.#context.f,
      constants: this.#context.constants,
      dtype: node.dtype,
      from: node.from,
      constant: second?.kind === "constant" ? second.bits : null,
      uniform: site.lanes === 1 || !second?.varies,
      relaxed: this.#context.relaxed,
    };
    const inputs = node.inputs.map((input) => this.value(input, site));
    return applyScalar(node.op, operation, inputs);
  }

  #index(operand: number, site: Site): Vector {
    const { constants, structure, words } = this.#context;
    const first = i32x4.splat(address(site.position(operand)));
    const { inner } = structure.operands[operand];
    if (site.lanes === 1 || inner === "splat") return first;
    const ramp = inner === "vector" ? constants.lanes(0, 1, 2, 3) : constants.ramp(words.innerStride(operand));
    return i32x4.add(first, ramp);
  }
}

function inputsOf(node: Node): number[] {
  if (node.kind === "apply") return [...node.inputs];
  if (node.kind !== "load") return [];
  const indices = node.gathers.map((g) => g.index);
  return node.guard < 0 ? indices : [...indices, node.guard];
}
