import { present } from "../invariant.ts";
import type { Limits, Program } from "../plan/backend.ts";
import { compilePlan } from "../plan/compile.ts";
import { type CapturedGraph, nodeName, type Signature } from "../plan/graph.ts";
import { Pace } from "../plan/pace.ts";
import type { Plan } from "../plan/plan.ts";

/** A plan by its key, and its program once the first run has compiled it. */
export interface Entry {
  readonly key: Int32Array;
  /** The graph until it is compiled. */
  graph: CapturedGraph | null;
  plan: Plan | null;
  program: Promise<Program> | null;
  /** What stands where in the key. */
  readonly landmarks: readonly Landmark[];
  /** The most similar plan before, and how much of the keys is the same: why it had to be compiled. */
  readonly nearest: Nearest | null;
}

interface Nearest {
  /** It may be dropped meanwhile. */
  readonly entry: WeakRef<Entry>;
  readonly landmarks: readonly Landmark[];
  readonly same: number;
}

/** A node of the graph, and where in the key it begins. */
export interface Landmark {
  readonly start: number;
  readonly name: string;
  readonly outputs: readonly Signature[];
}

/** Plans by the structure of their graph, least recently used first; keys are compared in full. */
export class PlanCache {
  readonly #capacity: number;
  readonly #onDrop: (entry: Entry) => void;
  readonly #buckets = new Map<number, Entry[]>();
  /** In the order of use. */
  readonly #recent = new Set<Entry>();

  constructor(capacity: number, onDrop: (entry: Entry) => void) {
    this.#capacity = capacity;
    this.#onDrop = onDrop;
  }

  get size(): number {
    return this.#recent.size;
  }

  /** The entries, most recently used last. */
  entries(): IterableIterator<Entry> {
    return this.#recent.values();
  }

  find(key: Int32Array): Entry | undefined {
    const entry = this.#buckets.get(hash(key))?.find((e) => equal(e.key, key));
    if (entry) {
      this.#recent.delete(entry);
      this.#recent.add(entry);
    }
    return entry;
  }

  /** Adds an entry for a copy of the key. */
  add(given: Int32Array, graph: CapturedGraph): Entry {
    const key = given.slice();
    const landmarks = graph.nodes.map((node) => ({ start: node.start, name: nodeName(node), outputs: node.outputs }));
    const entry: Entry = { key, graph, plan: null, program: null, landmarks, nearest: this.#nearest(key) };
    const code = hash(key);
    this.#buckets.set(code, [...(this.#buckets.get(code) ?? []), entry]);
    this.#recent.add(entry);
    for (const oldest of this.#recent) {
      if (this.#recent.size <= this.#capacity) break;
      // An entry that has not run yet is still needed.
      if (oldest.program === null) continue;
      this.#remove(oldest);
    }
    return entry;
  }

  #remove(entry: Entry): void {
    this.#recent.delete(entry);
    const code = hash(entry.key);
    const rest = (this.#buckets.get(code) ?? []).filter((e) => e !== entry);
    if (rest.length > 0) this.#buckets.set(code, rest);
    else this.#buckets.delete(code);
    this.#onDrop(entry);
  }

  #nearest(key: Int32Array): Nearest | null {
    let nearest: Nearest | null = null;
    for (const entry of this.#recent) {
      let same = 0;
      while (same < key.length && same < entry.key.length && key[same] === entry.key[same]) same++;
      if (!nearest || same > nearest.same) nearest = { entry: new WeakRef(entry), landmarks: entry.landmarks, same };
    }
    return nearest;
  }
}

/** The entry's plan; compiled now if it is the first time, giving way to the event loop meanwhile. */
export async function planOf(entry: Entry, limits: Limits): Promise<Plan> {
  if (entry.plan) return entry.plan;
  entry.plan = await new Pace().through(compilePlan(present(entry.graph), limits));
  entry.graph = null;
  return entry.plan;
}

function hash(key: Int32Array): number {
  let code = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) code = Math.imul(code ^ key[i], 0x01000193);
  return code;
}

function equal(a: Int32Array, b: Int32Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
