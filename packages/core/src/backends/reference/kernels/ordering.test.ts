import { expect, test } from "vitest";
import { PlanBuilder, runCase } from "../../../../test/conformance/index.ts";
import { PlanError } from "../../../errors.ts";
import { IndexOutOfRange } from "../../../plan/backend.ts";
import { contiguous } from "../../../plan/view.ts";
import { ReferenceBackend } from "../backend.ts";

const backend = new ReferenceBackend();

test("sort: NaN first, then falling, ties by the lowest index", async () => {
  const row = Float32Array.of(1, NaN, 3, -Infinity, 3, NaN, Infinity);
  const plan = new PlanBuilder();
  plan.step({
    kind: "sort",
    label: "sort",
    rows: 1,
    length: 7,
    k: 6,
    descending: true,
    input: { buffer: plan.value("float32", row), view: contiguous([1, 7]) },
    indices: { buffer: plan.output("int32", [1, 6]), view: contiguous([1, 6]) },
  });
  const [indices] = await runCase(backend, plan.build("sort", "bits"));
  expect([...indices]).toEqual([1, 5, 6, 2, 4, 0]);
});

function grouping(ids: number[], groups: number): PlanBuilder {
  const plan = new PlanBuilder();
  const length = ids.length;
  return plan.step({
    kind: "groupBy",
    label: "group by",
    length,
    groups,
    ids: { buffer: plan.value("int32", Int32Array.from(ids)), view: contiguous([length]) },
    permutation: { buffer: plan.output("int32", [length]), view: contiguous([length]) },
    offsets: { buffer: plan.output("int32", [groups + 1]), view: contiguous([groups + 1]) },
    check: plan.check(groups),
  });
}

test("group by: stable, with empty groups", async () => {
  const [permutation, offsets] = await runCase(backend, grouping([2, 0, 2, 4, 0, 2], 6).build("group by", "bits"));
  expect([...permutation]).toEqual([1, 4, 0, 2, 5, 3]);
  expect([...offsets]).toEqual([0, 2, 2, 5, 5, 6, 6]);
});

test("group by: an id out of range fails its check", async () => {
  await expect(runCase(backend, grouping([0, 6], 6).build("group by", "bits"))).rejects.toThrow(IndexOutOfRange);
  await expect(runCase(backend, grouping([-1, 0], 6).build("group by", "bits"))).rejects.toThrow(IndexOutOfRange);
});

test.each([[[0, 2, 1, 3]], [[0, 1, 2, 2]], [[1, 1, 2, 3]], [[0, 1, 2, 4]]])(
  "grouped rows: offsets %j do not cut 3 rows",
  async (offsets) => {
    const plan = new PlanBuilder();
    const place = (size: number, shape: number[]) => ({
      buffer: plan.value("float32", new Float32Array(size)),
      view: contiguous(shape),
    });
    plan.step({
      kind: "groupedRows",
      label: "experts",
      rows: 3,
      n: 1,
      k: 1,
      groups: 3,
      a: place(3, [3, 1]),
      b: place(3, [3, 1, 1]),
      offsets: { buffer: plan.value("int32", Int32Array.from(offsets)), view: contiguous([4]) },
      c: { buffer: plan.output("float32", [3, 1]), view: contiguous([3, 1]) },
    });
    const run = runCase(backend, plan.build("experts", "bits"));
    await expect(run).rejects.toThrow(PlanError);
    await expect(run).rejects.toThrow(
      `experts: group offsets must rise from 0 to the 3 rows, got [${offsets.join(", ")}]`,
    );
  },
);
