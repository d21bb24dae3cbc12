/**
 * Test support for backends: random plans of one kernel each, with their data, and the comparison of two backends on
 * them. A backend's test is
 *
 *     for (const [name, cases] of Object.entries(families()))
 *       test(name, () => fc.assert(fc.asyncProperty(cases, (c) => agree(c, reference, backend))));
 */
import type fc from "fast-check";
import type { ScalarOp } from "../../src/plan/expr.ts";
import { attentionCases } from "./attention.ts";
import type { Case } from "./case.ts";
import { gatherCases } from "./gather.ts";
import { groupedContractionCases, groupedRowsCases } from "./grouped.ts";
import { type MapOptions, mapCases } from "./map.ts";
import { matmulCases } from "./matmul.ts";
import { groupByCases, segmentSumCases, sortCases } from "./ordering.ts";
import { reduceCases } from "./reduce.ts";
import { scalarOpCases, scalarOps } from "./scalar-ops.ts";
import { scanCases } from "./scan.ts";

export { agree, type Case, type Outcome, outcomeOf, runCase, sameResults, type Tolerance } from "./case.ts";
export { PlanBuilder } from "./plan-builder.ts";
export {
  attentionCases,
  gatherCases,
  groupByCases,
  groupedContractionCases,
  groupedRowsCases,
  type MapOptions,
  mapCases,
  matmulCases,
  reduceCases,
  scalarOpCases,
  scalarOps,
  scanCases,
  segmentSumCases,
  sortCases,
};

/** Every family of cases, by name: `map`, `reduce`, …, and `scalar <op>` for each scalar operation. */
export function families(options: MapOptions = {}): Record<string, fc.Arbitrary<Case>> {
  const { float } = options;
  const scalar = scalarOps.map((op: ScalarOp) => [`scalar ${op}`, scalarOpCases(op, float)] as const);
  return {
    ...Object.fromEntries(scalar),
    map: mapCases(options),
    gather: gatherCases(float),
    reduce: reduceCases(float),
    matmul: matmulCases(float),
    groupedRows: groupedRowsCases(float),
    groupedContraction: groupedContractionCases(float),
    attention: attentionCases(float),
    scan: scanCases(float),
    sort: sortCases(float),
    groupBy: groupByCases(),
    segmentSum: segmentSumCases(float),
  };
}
