import { ArgumentError, parameter, type Variable, zeros } from "@tsuki/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { onDevice } from "../test/devices.ts";
import { moonlightGroups, type ParameterRule, parameterGroups } from "./parameter-groups.ts";
import { entriesOf } from "./parameters.ts";

const shapes: Readonly<Record<string, readonly number[]>> = {
  "model.embed_tokens.weight": [32, 8],
  "model.layers.0.input_layernorm.weight": [8],
  "model.layers.0.self_attn.q_proj.weight": [12, 8],
  "model.layers.1.mlp.gate.weight": [4, 8],
  "model.layers.1.mlp.experts.gate_proj.weight": [4, 6, 8],
  "model.norm.weight": [8],
  "lm_head.weight": [32, 8],
};

function names(groups: readonly { readonly params: Parameters<typeof entriesOf>[0] }[]): string[] {
  return groups.flatMap(({ params }) => entriesOf(params).map(([name]) => name));
}

describe("parameter groups", () => {
  onDevice("reference");
  const named = (of: Readonly<Record<string, readonly number[]>> = shapes): Map<string, Variable> =>
    new Map(Object.entries(of).map(([name, shape]) => [name, parameter(zeros(shape))]));

  it("of Moonlight: Muon for matrices, AdamW for embedding, head and gains", () => {
    const { muon, adamw } = moonlightGroups(named());
    expect(names(muon)).toEqual([
      "model.layers.0.self_attn.q_proj.weight",
      "model.layers.1.mlp.gate.weight",
      "model.layers.1.mlp.experts.gate_proj.weight",
    ]);
    expect(new Set(names(adamw))).toEqual(
      new Set([
        "model.embed_tokens.weight",
        "lm_head.weight",
        "model.layers.0.input_layernorm.weight",
        "model.norm.weight",
      ]),
    );
  });

  it("of Moonlight refuse a model whose embedding has another name: Muon would take it without a word", () => {
    expect(() => moonlightGroups(named({ "wte.weight": [4, 4] }))).toThrow("rule 1 (");
    expect(() => moonlightGroups(named({ "wte.weight": [4, 4] }))).toThrow("embed_tokens");
  });

  it("take each parameter by the first rule that matches, with that rule's options", () => {
    const { muon, adamw } = parameterGroups(named(), [
      { match: /norm/, use: "adamw", options: { weightDecay: 0 } },
      { match: /experts/g, use: "muon", options: { lr: 0.5 } },
      { match: (_name, { shape }) => shape[0] === 32, use: "adamw" },
      { match: () => true, use: "muon" },
    ]);
    expect(muon.map(({ lr }) => lr)).toEqual([0.5, undefined]);
    expect(adamw.map(({ weightDecay }) => weightDecay)).toEqual([0, undefined]);
    expect(names([muon[0]])).toEqual(["model.layers.1.mlp.experts.gate_proj.weight"]);
    expect(names([adamw[0]])).toEqual(["model.layers.0.input_layernorm.weight", "model.norm.weight"]);
  });

  it("are a partition, whatever the rules, or an error that names all that is wrong", () => {
    const rule = fc.record({
      match: fc.constantFrom(/weight$/, /mlp/, /norm/, /embed|head/, /nothing/),
      use: fc.constantFrom("muon" as const, "adamw" as const),
    });
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 5 }), (rules) => {
        const all = Object.keys(shapes);
        const first = all.map((name) => rules.findIndex(({ match }) => match.test(name)));
        const unused = rules.filter((_, i) => !first.includes(i));
        const untaken = all.filter((_, i) => first[i] < 0);
        if (unused.length === 0 && untaken.length === 0) {
          const { muon, adamw } = parameterGroups(named(), rules);
          expect(names([...muon, ...adamw]).sort()).toEqual([...all].sort());
          expect(names(muon).sort()).toEqual(all.filter((_, i) => rules[first[i]].use === "muon").sort());
          return;
        }
        const failure = messageOf(() => parameterGroups(named(), rules));
        for (const name of untaken) expect(failure).toContain(`no rule takes "${name}" [${shapes[name]}]`);
        for (const { match, use } of unused) expect(failure).toContain(`(${match}, use ${use}) takes nothing`);
        expect(failure.split("\n")).toHaveLength(1 + unused.length + untaken.length);
      }),
    );
  });

  it("allow a rule that is optional to take nothing", () => {
    const rules: ParameterRule[] = [
      { match: /bias/, use: "adamw", optional: true },
      { match: () => true, use: "adamw" },
    ];
    expect(parameterGroups(named(), rules).adamw).toHaveLength(1);
  });

  it("are printed as a table with totals", () => {
    const groups = moonlightGroups(named({ "embed_tokens.weight": [1000, 8], "q.weight": [4, 8], "norm.weight": [8] }));
    expect(groups.table().split("\n")).toEqual([
      "optimizer  parameter            shape      elements",
      "adamw      embed_tokens.weight  [1000, 8]     8,000",
      "muon       q.weight             [4, 8]           32",
      "adamw      norm.weight          [8]               8",
      "adamw      2 parameters                       8,008",
      "muon       1 parameters                          32",
    ]);
  });
});

function messageOf(failing: () => unknown): string {
  try {
    failing();
  } catch (error) {
    expect(error).toBeInstanceOf(ArgumentError);
    return (error as ArgumentError).message;
  }
  throw new Error("it did not fail");
}
