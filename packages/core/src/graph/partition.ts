import { StaleTensorError } from "../errors.ts";
import { qualifiedName } from "../plan/graph.ts";
import { Assignments } from "./assignments.ts";
import type { Effect } from "./effect.ts";
import { hostOp } from "./host.ts";
import { type Node, newWalk, type Tensor } from "./tensor.ts";
import { readOp, type Variable } from "./variable.ts";

/** Effects and requested values that become one plan. */
export interface Part {
  readonly effects: Effect[];
  readonly requests: Tensor[];
}

/** The unrealized nodes from `roots` down that `enter` lets in, inputs and order-only predecessors included. */
export function walk(roots: readonly Node[], enter: (node: Node) => boolean): void {
  const stack = [...roots];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (!enter(node)) continue;
    for (const input of node.operands) if (input.result === null) stack.push(input.node);
    for (const earlier of node.after) if (!isRealized(earlier)) stack.push(earlier);
  }
}

/** The unrealized nodes that an effect computes. */
export function rootsOf(effect: Effect): Node[] {
  switch (effect.kind) {
    case "assign":
    case "keep":
      return unrealized([effect.value]);
    case "host":
      return [effect.node];
    case "consume":
      return [];
  }
}

export function unrealized(tensors: readonly Tensor[]): Node[] {
  return tensors.filter((tensor) => tensor.result === null).map((tensor) => tensor.node);
}

function isRealized({ outputs }: Node): boolean {
  return outputs.length > 0 && outputs.every((output) => output.result !== null);
}

/** One set of groups that must run together; sets are joined as their groups turn out to share something. */
class Sets<Key> {
  readonly #parents = new Map<Key, Key>();

  find(key: Key): Key {
    let root = key;
    for (let next = this.#parents.get(root); next !== undefined; next = this.#parents.get(root)) root = next;
    if (root !== key) this.#parents.set(key, root);
    return root;
  }

  join(a: Key, b: Key): void {
    const [from, to] = [this.find(a), this.find(b)];
    if (from !== to) this.#parents.set(from, to);
  }
}

/**
 * Cuts what is pending into parts, in program order: effects of one group stay together, and so do groups that share an
 * unrealized node, of which one reads what another writes, or that call the host. Initial values are a part of their own,
 * which runs first. Throws `StaleTensorError`, with nothing taken, where a leaf's version is gone.
 */
export function partition(effects: readonly Effect[], requests: readonly Tensor[]): Part[] {
  const assigned = new Assignments(effects);
  const initial = new Set<Effect>();
  for (const effect of effects) if (isInitial(effect, assigned, initial)) initial.add(effect);
  const others = effects.filter((effect) => !initial.has(effect));
  const written = new Set<Variable>();
  for (const effect of others) if (effect.kind === "assign" || effect.kind === "consume") written.add(effect.variable);

  const sets = new Sets<number>();
  const readers = new Map<Variable, number>();
  /** Nodes note the group that claimed them. */
  const claims = newWalk();
  const claim = (group: number, roots: readonly Node[]): void => {
    walk(roots, (node) => {
      if (node.walk === claims) {
        if (node.note !== group) sets.join(node.note, group);
        return false;
      }
      node.walk = claims;
      node.note = group;
      const read = readOf(node);
      if (read) {
        const { variable, version } = read;
        if (!assigned.get(variable, version)) checkFresh(read, roots[0], group);
        if (written.has(variable)) sets.join(readers.get(variable) ?? group, group);
        readers.set(variable, group);
      }
      return true;
    });
  };

  let hosts: number | undefined;
  const writers = new Map<Variable, number>();
  for (const effect of others) {
    claim(effect.group, rootsOf(effect));
    if (effect.kind === "assign" || effect.kind === "consume") {
      sets.join(writers.get(effect.variable) ?? effect.group, effect.group);
      writers.set(effect.variable, effect.group);
    } else if (effect.kind === "host") {
      sets.join(hosts ?? effect.group, effect.group);
      hosts = effect.group;
    }
  }
  claim(requestGroup, unrealized(requests));
  for (const [variable, writer] of writers) sets.join(readers.get(variable) ?? writer, writer);

  const parts = new Map<number, Part>();
  const partOf = (group: number): Part => {
    const set = sets.find(group);
    const part = parts.get(set) ?? { effects: [], requests: [] };
    parts.set(set, part);
    return part;
  };
  for (const effect of others) partOf(effect.group).effects.push(effect);
  if (requests.length > 0) partOf(requestGroup).requests.push(...requests);
  return initial.size > 0 ? [{ effects: [...initial], requests: [] }, ...parts.values()] : [...parts.values()];
}

/** The group of what is asked for by value. */
const requestGroup = -1;

/** Whether an effect sets an initial value that depends on nothing but other such values and what has run. */
function isInitial(effect: Effect, assigned: Assignments, initial: ReadonlySet<Effect>): boolean {
  if (effect.kind !== "assign" || !effect.initial) return false;
  let independent = true;
  const id = newWalk();
  walk(rootsOf(effect), (node) => {
    if (node.walk === id) return false;
    node.walk = id;
    const read = readOf(node);
    const writer = read && assigned.get(read.variable, read.version);
    if (read && !writer) checkFresh(read, rootsOf(effect)[0], effect.group);
    if ((writer && !initial.has(writer)) || node.op.id === hostOp.id) independent = false;
    return true;
  });
  return independent;
}

/** @throws StaleTensorError where a version is gone, or its writer failed before it was fixed */
function checkFresh({ variable, version }: Read, root: Node, group: number): void {
  if (version === variable.storage.committed) return;
  const error = staleError(root, variable);
  askers.set(error, group);
  throw error;
}

const askers = new WeakMap<StaleTensorError, number>();

/** The group of the effects that a stale value makes impossible; `null`: it was only asked for. */
export function staleGroup(error: unknown): number | null {
  const group = error instanceof StaleTensorError ? askers.get(error) : undefined;
  return group === undefined || group === requestGroup ? null : group;
}

/** Which version of which variable a node reads, if it is a read. */
export function readOf(node: Node): Read | null {
  return node.op.id === readOp.id ? (node.attributes as Read) : null;
}

export interface Read {
  readonly variable: Variable;
  readonly version: number;
}

function staleError({ op, path, outputs }: Node, variable: Variable): StaleTensorError {
  const name = qualifiedName(path, op.name);
  return new StaleTensorError(
    `a tensor (${name}, shape [${outputs[0]?.shape ?? ""}]) was built on an earlier value of "${variable.name}", which has been ` +
      `overwritten since. Read it before the variable is assigned (before step()), name it with keep() so that it is ` +
      `computed together with the step, or build it anew.`,
  );
}
