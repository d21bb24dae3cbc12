import type { Limits, Program } from "../plan/backend.ts";
import { compilePlan } from "../plan/compile.ts";
import type { CapturedGraph } from "../plan/graph.ts";
import { Pace } from "../plan/pace.ts";
import type { Plan } from "../plan/plan.ts";

/** A plan by its key, and its program once the first run has compiled it. */
export interface Entry {
  readonly key: Int32Array;
  /** The graph until it is compiled. */
  graph: CapturedGraph | null;
  plan: Plan | null;
  program: Promise<Program> | null;
  /** Why it had to be compiled: how it differs from the most similar plan before. */
  readonly reason: string;
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

  add(key: Int32Array, graph: CapturedGraph): Entry {
    const entry: Entry = { key, graph, plan: null, program: null, reason: this.#reason(key) };
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

  /** Where the key parts from the plan with the longest common beginning. */
  #reason(key: Int32Array): string {
    let longest = -1;
    let other: Entry | null = null;
    for (const entry of this.#recent) {
      let same = 0;
      while (same < key.length && same < entry.key.length && key[same] === entry.key[same]) same++;
      if (same > longest) {
        longest = same;
        other = entry;
      }
    }
    if (!other) return "the first plan of this device";
    const share = `${longest} of ${key.length} integers of its key are those of plan ${other.plan?.id ?? "(not compiled yet)"}`;
    return longest === key.length || longest === other.key.length
      ? `${share}, of which one is the beginning of the other`
      : share;
  }
}

/** The entry's plan; compiled now if it is the first time, giving way to the event loop meanwhile. */
export async function planOf(entry: Entry, limits: Limits): Promise<Plan> {
  if (entry.plan) return entry.plan;
  if (!entry.graph) throw new Error("an entry has a graph or a plan");
  entry.plan = await new Pace().through(compilePlan(entry.graph, limits));
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
