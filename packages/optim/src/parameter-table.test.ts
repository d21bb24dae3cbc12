import { variable, zeros } from "@tsuki/core";
import { expect, it } from "vitest";
import { parameterTable } from "./parameter-table.ts";

it("equal parameters of several layers share a row", () => {
  const taken = [0, 1, 2, 5].map((layer) => [`model.layers.${layer}.o_proj.weight`, variable(zeros([2, 3]))] as const);
  const other = ["model.layers.1.gate.weight", variable(zeros([4, 3]))] as const;
  const text = parameterTable([
    ["muon", [...taken, other]],
    ["adamw", [["model.norm.weight", variable(zeros([1000]))]]],
  ]);
  expect(text.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
    ["optimizer", "parameter", "shape", "elements"],
    ["muon", "model.layers.{0-2,5}.o_proj.weight", "4 × [2, 3]", "24"],
    ["muon", "model.layers.1.gate.weight", "[4, 3]", "12"],
    ["adamw", "model.norm.weight", "[1000]", "1,000"],
    ["muon", "5 parameters", "36"],
    ["adamw", "1 parameters", "1,000"],
  ]);
});
