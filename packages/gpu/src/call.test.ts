import { dtypes } from "@tsuki/core";
import type { MatmulKernel } from "@tsuki/core/backend";
import type { Frame } from "@tsuki/core/reference";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Case, matmulCases, sameResults } from "../../core/test/conformance/index.ts";
import { expectedOutcome } from "../../core/test/conformance/oracle.ts";
import { type Call, callsOf, type Matrices } from "./call.ts";

/** The memory of a case before it runs. */
function frameOf({ plan, slots, numbers }: Case): Frame {
  const buffers = plan.buffers.map(({ dtype, size, source }) => ({
    dtype,
    data: source.kind === "slot" ? slots[source.slot].slice() : dtypes[dtype].create(size),
  }));
  return { buffers, numbers, failedCheck: Infinity };
}

function address(of: Matrices, z: number, y: number, x: number): number {
  return of.start + z * of.matrix + y * of.row + x * of.column;
}

/** What the GPU.js kernel computes, in float64. */
function compute({ matrices, rows, columns, k, a, b, c }: Call): void {
  for (let z = 0; z < matrices; z++) {
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++) {
        let sum = 0;
        for (let p = 0; p < k; p++) sum += a.data[address(a, z, y, p)] * b.data[address(b, z, p, x)];
        c.data[address(c, z, y, x)] = sum;
      }
    }
  }
}

const products = matmulCases().filter(({ plan }) => {
  const { batch, m, n, k } = plan.steps[0] as MatmulKernel;
  return [...batch, m, n, k].every((extent) => extent > 0);
});
const budgets = fc.oneof(fc.constantFrom(1, Infinity), fc.integer({ min: 1, max: 20_000 }));

test("calls within any budget compute each element of a product, and nothing else", () => {
  fc.assert(
    fc.property(products, budgets, (case_, budget) => {
      const [kernel] = case_.plan.steps as MatmulKernel[];
      const frame = frameOf(case_);
      for (const call of callsOf(kernel, frame, () => budget)) {
        expect(call.matrices * call.rows * call.columns * call.k).toBeLessThanOrEqual(Math.max(budget, call.k));
        compute(call);
      }
      const outputs = case_.plan.outputs.map(({ buffer }) => buffer);
      const variables = case_.plan.buffers.flatMap(({ source }, buffer) =>
        source.kind === "slot" && case_.plan.slots[source.slot].kind === "variable" ? [buffer] : [],
      );
      const results = [...outputs, ...variables].map((buffer) => frame.buffers[buffer].data);
      sameResults(case_, expectedOutcome(case_), { results });
    }),
    { numRuns: 50 },
  );
});

test("a stack of evenly spaced matrices is one call, on no more memory than its operands span", () => {
  const view = (offset: number, strides: number[], shape: number[]) => ({ shape, strides, offset });
  const kernel: MatmulKernel = {
    kind: "matmul",
    label: "a stack",
    batch: [2, 1, 3],
    m: 4,
    n: 5,
    k: 6,
    a: { buffer: 0, view: view(100, [72, 7, 24, 6, 1], [2, 1, 3, 4, 6]) },
    b: { buffer: 1, view: view(200, [0, 0, 0, 1, 6], [2, 1, 3, 6, 5]) },
    c: { buffer: 2, view: view(0, [60, 1, 20, 5, 1], [2, 1, 3, 4, 5]) },
    symmetric: false,
  };
  const buffers = [1000, 1000, 120].map((size) => ({ dtype: "float32" as const, data: new Float32Array(size) }));
  const calls = [...callsOf(kernel, { buffers, numbers: [], failedCheck: Infinity }, () => Infinity)];
  expect(calls.length).toBe(1);
  expect(calls[0]).toMatchObject({ matrices: 6, rows: 4, columns: 5, k: 6 });
  expect(calls[0].a).toMatchObject({ start: 0, matrix: 24 });
  expect(calls[0].a.data.length).toBe(6 * 4 * 6);
  expect(calls[0].b.data.length).toBe(6 * 5);
});
