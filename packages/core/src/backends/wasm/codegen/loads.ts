/** Loads with their computed indices and guards. */

import { ZEROS } from "../control.ts";
import type { Local, Value, Vector } from "../emit/index.ts";
import { i32, i32x4, select, v128 } from "../emit/index.ts";
import type { Access } from "./access.ts";
import { loadLanes, loadSplat, loadVector } from "./access.ts";
import type { KernelContext } from "./evaluate.ts";
import type { Site } from "./site.ts";
import { address, find } from "./site.ts";
import type { GatherNode, LoadNode, Node } from "./structure.ts";

type Scalar = Value<"i32">;

export class Loads {
  readonly #context: KernelContext;
  readonly #nodes: readonly Node[];
  readonly #evaluate: (n: number, site: Site) => Vector;
  readonly #failures: readonly Local<"v128">[];

  constructor(context: KernelContext, evaluate: (n: number, site: Site) => Vector, failures: readonly Local<"v128">[]) {
    this.#context = context;
    this.#nodes = context.structure.nodes;
    this.#evaluate = evaluate;
    this.#failures = failures;
  }

  /** The loaded elements, widened. */
  value(n: number, node: LoadNode, site: Site): Vector {
    const access = this.#access(node);
    const { inner } = this.#context.structure.operands[node.operand];
    const [uniform, varying] = this.#gathers(node);
    this.#check(node.guard < 0 ? varying : node.gathers, node.guard, site);

    let { base, offset } = site.position(node.operand);
    if (uniform.length > 0) base = i32.add(base, this.#shift(n, node, uniform, site));
    if (site.lanes === 4) {
      const guardVaries = node.guard >= 0 && this.#nodes[node.guard].varies;
      const place = address({ base, offset });
      if (varying.length > 0 || (inner === "lanes" && guardVaries)) {
        return this.#scattered(access, node, varying, place, site);
      }
      if (inner === "lanes") return this.#strided(access, node, place, site);
    }
    for (const gather of varying) base = i32.add(base, this.#step(gather, site));
    if (node.guard >= 0) {
      base = select(this.#anyLane(node.guard, site), address({ base, offset }), i32.const(ZEROS));
      offset = 0;
    }
    return site.lanes === 4 && inner === "vector" ? loadVector(access, base, offset) : loadSplat(access, base, offset);
  }

  /** Computes the parts of a load that change less often than its elements. */
  hoist(n: number, node: LoadNode, site: Site): void {
    const [uniform] = this.#gathers(node);
    const depth = Math.max(0, ...uniform.map((g) => this.#nodes[g.index].depth));
    if (uniform.length > 0 && depth === site.depth) this.#shift(n, node, uniform, site);
    if (node.guard < 0) return;
    const guard = this.#nodes[node.guard];
    if (!guard.varies && guard.depth === site.depth) this.#anyLane(node.guard, site);
  }

  #access(node: LoadNode): Access {
    const { structure, f, constants } = this.#context;
    return { f, constants, storage: structure.operands[node.operand].storage };
  }

  /** The gathers whose index is the same in all lanes, and the others. */
  #gathers(node: LoadNode): [GatherNode[], GatherNode[]] {
    const varies = (g: GatherNode): boolean => this.#nodes[g.index].varies;
    return [node.gathers.filter((g) => !varies(g)), node.gathers.filter(varies)];
  }

  /** Four elements that lie one stride apart. */
  #strided(access: Access, node: LoadNode, place: Scalar, site: Site): Vector {
    const { f, words, constants } = this.#context;
    let stride = constants.word(words.innerStride(node.operand));
    let first = place;
    if (node.guard >= 0) {
      const ok = this.#anyLane(node.guard, site);
      stride = f.let(select(ok, stride, i32.const(0)));
      first = select(ok, place, i32.const(ZEROS));
    }
    const addresses = [f.let(first)];
    for (let lane = 1; lane < 4; lane++) addresses.push(f.let(i32.add(addresses[lane - 1], stride)));
    return loadLanes(access, addresses);
  }

  /** Four elements, each at an address of its own. */
  #scattered(access: Access, node: LoadNode, gathers: readonly GatherNode[], base: Scalar, site: Site): Vector {
    const { f, structure, constants, words } = this.#context;
    let addresses: Vector = i32x4.splat(base);
    if (structure.operands[node.operand].inner !== "splat") {
      addresses = i32x4.add(addresses, constants.ramp(words.innerStride(node.operand)));
    }
    for (const gather of gathers) {
      const stride = constants.splat(words.gatherStride(gather.ordinal));
      addresses = i32x4.add(addresses, i32x4.mul(this.#clamped(gather, site), stride));
    }
    if (node.guard >= 0) {
      addresses = v128.bitselect(addresses, constants.int(ZEROS), this.#evaluate(node.guard, site));
    }
    const all = f.let(addresses);
    const lanes = [0, 1, 2, 3].map((lane) => i32x4.extractLane(all, lane));
    return loadLanes(access, lanes);
  }

  /** What the indices that all lanes share add to the address. */
  #shift(n: number, node: LoadNode, gathers: readonly GatherNode[], site: Site): Scalar {
    return this.#once(`load ${n}`, site, () => {
      if (node.guard < 0) this.#check(gathers, -1, site);
      return gathers.map((g) => this.#step(g, site)).reduce((a, b) => i32.add(a, b));
    });
  }

  /** Bytes from index 0 to the index of lane 0. */
  #step(gather: GatherNode, site: Site): Scalar {
    const stride = this.#context.constants.word(this.#context.words.gatherStride(gather.ordinal));
    return i32.mul(i32x4.extractLane(this.#clamped(gather, site), 0), stride);
  }

  #clamped(gather: GatherNode, site: Site): Vector {
    const { constants, words } = this.#context;
    return this.#once(`index ${gather.index} ${gather.ordinal}`, site, () => {
      const limit = constants.splat(words.gatherLimit(gather.ordinal));
      return i32x4.maxS(i32x4.minS(this.#evaluate(gather.index, site), limit), constants.int(0));
    });
  }

  /** Remembers the lanes whose index is out of range, where the guard lets them be read. */
  #check(gathers: readonly GatherNode[], guard: number, site: Site): void {
    const { f } = this.#context;
    for (const gather of gathers) {
      if (gather.check < 0) continue;
      const wrong = i32x4.ne(this.#evaluate(gather.index, site), this.#clamped(gather, site));
      const failure = this.#failures[gather.check];
      f.set(failure, v128.or(failure, guard < 0 ? wrong : v128.and(wrong, this.#evaluate(guard, site))));
    }
  }

  /** Whether the guard lets any lane be read. */
  #anyLane(guard: number, site: Site): Scalar {
    return this.#once(`guard ${guard}`, site, () => v128.anyTrue(this.#evaluate(guard, site)));
  }

  /** A named value, computed where it is first asked for. */
  #once<T extends "i32" | "v128">(name: string, site: Site, compute: () => Value<T>): Value<T> {
    const known = find(site, name);
    if (known) return known as Value<T>;
    const local = this.#context.f.let(compute());
    site.values.set(name, local);
    return local;
  }
}
