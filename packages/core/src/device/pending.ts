import { PendingGraphError } from "../errors.ts";
import type { Effect } from "../graph/effect.ts";
import { hostOp } from "../graph/host.ts";
import { readOf, rootsOf, unrealized, walk } from "../graph/partition.ts";
import { newWalk, nodesMade, type Tensor } from "../graph/tensor.ts";
import type { Variable } from "../graph/variable.ts";

const warnNodes = 20_000;
const mostNodes = 200_000;

/** What must still happen on a device, in program order. */
export class Pending {
  #effects: Effect[] = [];
  /** How many of the effects the last `backward()` and what came before it left. */
  #backwardMark = 0;
  /** How many nodes had been made when effects were taken last, and after how many more the graph is looked at. */
  #nodesBefore = nodesMade();
  #lookAfter = warnNodes;
  #warned = false;

  get effects(): readonly Effect[] {
    return this.#effects;
  }

  /** Whether an effect writes the variable. */
  writes(variable: Variable): boolean {
    return this.#effects.some((effect) => "variable" in effect && effect.variable === variable);
  }

  /** Adds an effect; where the graph behind the effects only grows, it warns once and fails at last. */
  add(effect: Effect, device: string): void {
    this.#effects.push(effect);
    // Walked only when enough nodes were made since the last look.
    if (nodesMade() - this.#nodesBefore < this.#lookAfter) return;
    const size = markBelow(this.#effects, newWalk());
    this.#lookAfter += Math.max(1000, warnNodes - size);
    if (size < warnNodes) return;
    const [oldest] = this.#effects;
    const name = "variable" in oldest ? `${oldest.kind} of "${oldest.variable.name}"` : oldest.kind;
    const message =
      `${size} nodes are pending on "${device}"; the oldest effect is the ${name}. ` +
      "Await realize(), step() or item() in the loop, so that they run.";
    if (size >= mostNodes) throw new PendingGraphError(message);
    if (!this.#warned) console.warn(`tsuki: ${message}`);
    this.#warned = true;
    this.#lookAfter += warnNodes;
  }

  /** All is taken: it has become plans. */
  clear(): void {
    this.#effects = [];
    this.#backwardMark = 0;
    this.#nodesBefore = nodesMade();
    this.#lookAfter = warnNodes;
  }

  /** The effects so far end with those of a `backward()`. */
  markBackward(): void {
    this.#backwardMark = this.#effects.length;
  }

  /** Takes effects out: the first ones, or those of a group. */
  take(chosen: (effect: Effect, place: number) => boolean): Effect[] {
    const taken = new Set(this.#effects.filter(chosen));
    const stays = (effect: Effect): boolean => !taken.has(effect);
    this.#backwardMark = this.#effects.slice(0, this.#backwardMark).filter(stays).length;
    this.#effects = this.#effects.filter(stays);
    return [...taken];
  }

  /**
   * What the last `backward()` and all before it left, if it may run before the rest: the next one's outputs share no
   * unrealized node with it, and nothing that is still to run reads a version that it overwrites.
   */
  unshared(outputs: readonly Tensor[]): readonly Effect[] {
    const prefix = this.#effects.slice(0, this.#backwardMark);
    if (prefix.length === 0) return prefix;
    const [before, after] = [newWalk(), newWalk()];
    markBelow(prefix, before);
    let shared = false;
    const last = new Map<Variable, number>();
    for (const effect of prefix) if ("variable" in effect) last.set(effect.variable, effect.version);
    const rest = this.#effects.slice(prefix.length).flatMap(rootsOf);
    walk([...unrealized(outputs), ...rest], (node) => {
      const read = readOf(node);
      shared ||= read !== null && read.version < (last.get(read.variable) ?? 0);
      shared ||= node.walk === before && (node.inputs.length > 0 || node.op.id === hostOp.id);
      if (shared || node.walk === after) return false;
      node.walk = after;
      return true;
    });
    return shared ? [] : prefix;
  }
}

/** Marks the nodes that effects compute; their number. */
function markBelow(effects: readonly Effect[], id: number): number {
  let count = 0;
  walk(effects.flatMap(rootsOf), (node) => {
    if (node.walk === id) return false;
    node.walk = id;
    count++;
    return true;
  });
  return count;
}
