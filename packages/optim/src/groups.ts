import { ArgumentError, checkOptions, type Variable } from "@tsuki/core";
import { checkChoice, checkNumber, given } from "./checks.ts";
import { entriesOf, type Parameters } from "./parameters.ts";

/** What the parameter groups of every optimizer have. All numbers may be changed between updates. */
export interface GroupOptions {
  /** Learning rate; default: 1e-3. */
  lr: number;
  /** Decoupled weight decay: W ← W·(1 − lr·weightDecay) before each update; default: 0.1, of SGD 0. */
  weightDecay: number;
  /**
   * Whether only those elements decay whose update u shrinks them, W·u ≥ 0 (cautious weight decay, arXiv 2510.12402);
   * default: false.
   */
  cautiousWeightDecay: boolean;
}

/** Parameters that share options, as a constructor takes them. */
export type GroupInput<Options extends GroupOptions> = Partial<Options> & { readonly params: Parameters };

/** Parameters that share options. */
export type ParameterGroup<Options extends GroupOptions> = Options & {
  readonly params: readonly (readonly [name: string, parameter: Variable])[];
};

/** What a kind of optimizer is. */
export interface OptimizerKind<Options extends GroupOptions> {
  /** Lower case, for module paths. */
  readonly name: string;
  readonly defaults: Options;
  /** Names of the state variables of a parameter. */
  slots(options: Options): readonly string[];
  /** Whether updates depend on how many there have been. */
  readonly counts: boolean;
  /** Throws where options make no sense, or not for the group's parameters. */
  check(group: ParameterGroup<Options>): void;
}

/** @throws ArgumentError for options that make no sense, now that they may have been changed */
export function checkGroup<Options extends GroupOptions>(
  kind: OptimizerKind<Options>,
  group: ParameterGroup<Options>,
): void {
  checkNumber(kind.name, "lr", group.lr);
  checkNumber(kind.name, "weightDecay", group.weightDecay);
  checkChoice(kind.name, "cautiousWeightDecay", group.cautiousWeightDecay, [true, false]);
  kind.check(group);
}

/** The groups that a constructor was given: their own options, over those of all groups, over the defaults. */
export function groupsOf<Options extends GroupOptions>(
  kind: OptimizerKind<Options>,
  params: Parameters | readonly GroupInput<Options>[],
  options: Partial<Options>,
): readonly ParameterGroup<Options>[] {
  const inputs = isGroups(params) ? params : [{ params } as GroupInput<Options>];
  const known = Object.keys(kind.defaults);
  return inputs.map((input) => {
    checkOptions(kind.name, input, "params", ...known);
    const group = { ...kind.defaults, ...given(options), ...given(input), params: entriesOf(input.params) };
    checkGroup(kind, group);
    return group;
  });
}

function isGroups<Options extends GroupOptions>(
  params: Parameters | readonly GroupInput<Options>[],
): params is readonly GroupInput<Options>[] {
  return Array.isArray(params) && params.length > 0 && params.every((entry) => "params" in entry);
}

/** All parameters by name, in their order. */
export function parametersOf(
  kind: string,
  groups: readonly Pick<ParameterGroup<GroupOptions>, "params">[],
): ReadonlyMap<string, Variable> {
  const byName = new Map<string, Variable>();
  const names = new Map<Variable, string>();
  for (const [name, parameter] of groups.flatMap((group) => group.params)) {
    const other = names.get(parameter);
    if (other !== undefined)
      throw new ArgumentError(`${kind}: "${other}" and "${name}" are one parameter; give it once`);
    if (byName.has(name))
      throw new ArgumentError(`${kind}: two parameters are named "${name}"; give a record of names`);
    names.set(parameter, name);
    byName.set(name, parameter);
  }
  if (byName.size === 0) throw new ArgumentError(`${kind}: no parameters were given`);
  return byName;
}
