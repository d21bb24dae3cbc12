import { ArgumentError, checkOptions, type Variable } from "@tsuki/core";
import type { AdamWOptions } from "./adamw.ts";
import { checkChoice } from "./checks.ts";
import type { GroupInput } from "./groups.ts";
import type { MuonOptions } from "./muon.ts";
import { parameterTable } from "./parameter-table.ts";
import { entriesOf, type Parameters } from "./parameters.ts";

interface Match {
  /** Which parameters the rule takes, of those that no earlier rule took. */
  readonly match: RegExp | ((name: string, parameter: Variable) => boolean);
  /** Whether it is right that it takes none; default: false. */
  readonly optional?: boolean;
}

/** Which optimizer takes which parameters, and with which options. */
export type ParameterRule =
  | (Match & { readonly use: "muon"; readonly options?: Partial<MuonOptions> })
  | (Match & { readonly use: "adamw"; readonly options?: Partial<AdamWOptions> });

/** The parameters of a model, divided among optimizers. */
export interface ParameterGroups {
  readonly muon: readonly GroupInput<MuonOptions>[];
  readonly adamw: readonly GroupInput<AdamWOptions>[];
  /** Which optimizer takes which parameter, with shapes and counts: text to print when training starts. */
  table(): string;
}

/**
 * Divides parameters by ordered rules: the first rule that matches takes a parameter.
 *
 * @throws ArgumentError that names every parameter that no rule takes, and every rule that takes none (unless `optional`):
 *   a misspelt pattern would else move parameters to another optimizer without a word.
 */
export function parameterGroups(named: Parameters, rules: readonly ParameterRule[]): ParameterGroups {
  for (const [i, rule] of rules.entries()) {
    checkOptions(`parameterGroups: rule ${i + 1}`, rule, "match", "use", "options", "optional");
    checkChoice(`parameterGroups: rule ${i + 1}`, "use", rule.use, ["muon", "adamw"]);
  }
  const taken = rules.map((): [string, Variable][] => []);
  const problems: string[] = [];
  for (const [name, parameter] of entriesOf(named)) {
    const first = rules.findIndex(({ match }) => matches(match, name, parameter));
    if (first >= 0) taken[first].push([name, parameter]);
    else problems.push(`no rule takes "${name}" [${parameter.shape}]`);
  }
  for (const [i, { match, use, optional }] of rules.entries()) {
    if (taken[i].length > 0 || optional) continue;
    problems.push(`rule ${i + 1} (${match instanceof RegExp ? match : "a function"}, use ${use}) takes nothing`);
  }
  if (problems.length > 0) throw new ArgumentError(`parameterGroups:\n  ${problems.join("\n  ")}`);
  const muon: GroupInput<MuonOptions>[] = [];
  const adamw: GroupInput<AdamWOptions>[] = [];
  for (const [i, rule] of rules.entries()) {
    if (taken[i].length === 0) continue;
    if (rule.use === "muon") muon.push({ ...rule.options, params: taken[i] });
    else adamw.push({ ...rule.options, params: taken[i] });
  }
  return { muon, adamw, table: () => parameterTable(rules.map(({ use }, i) => [use, taken[i]])) };
}

/**
 * Moonlight's division (arXiv 2502.16982 §2.2): Muon for every matrix, the router's included, except embedding and head;
 * AdamW for these and for the gains of the norms, which decay too.
 */
export function moonlightGroups(named: Parameters): ParameterGroups {
  return parameterGroups(named, [
    { match: /(^|\.)(embed_tokens|lm_head)(\.|$)/, use: "adamw" },
    { match: (_name, { rank }) => rank >= 2, use: "muon" },
    { match: () => true, use: "adamw", optional: true },
  ]);
}

function matches(match: ParameterRule["match"], name: string, parameter: Variable): boolean {
  // search() looks at no lastIndex, which test() of a /g pattern would move.
  return match instanceof RegExp ? name.search(match) >= 0 : match(name, parameter);
}
