/** Products: einsum and its relatives against naive loops. */
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { flag, integer, one } from "../../test/differential/draw.ts";
import type { Draw } from "../../test/differential/spec.ts";
import { coordinatesOf, placeOf } from "../../test/walk.ts";
import "../backends/reference/index.ts";
import { gradcheck } from "../autograd/index.ts";
import { IndexError, ShapeError, setDefaultDevice, type Tensor, tensor } from "../index.ts";
import { sizeOf } from "../plan/view.ts";
import { einsum } from "./einsum.ts";

beforeAll(() => {
  setDefaultDevice("reference");
});

interface Operand {
  readonly labels: readonly string[];
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

/** Whole numbers, so that sums are exact in any order. */
function operand(labels: readonly string[], shape: readonly number[]): Operand {
  return { labels, shape, values: Array.from({ length: sizeOf(shape) }, (_, i) => ((i * 5 + shape.length) % 7) - 3) };
}

const asTensor = ({ shape, values }: Operand, dtype: "float64" | "int32" = "float64"): Tensor =>
  tensor(dtype === "int32" ? Int32Array.from(values) : Float64Array.from(values), { shape });

/** The definition: for all values of all labels, the product of the entries. */
function naive(operands: readonly Operand[], output: readonly string[]): { shape: number[]; values: number[] } {
  const extents = new Map<string, number>();
  for (const { labels, shape } of operands) {
    for (const [axis, label] of labels.entries()) {
      const known = extents.get(label) ?? 1;
      extents.set(label, known === 1 ? shape[axis] : known);
    }
  }
  const all = [...extents.keys()];
  const shape = output.map((label) => extents.get(label) as number);
  const values = new Array<number>(sizeOf(shape)).fill(0);
  for (const c of coordinatesOf([...extents.values()])) {
    const of = (label: string): number => c[all.indexOf(label)];
    const product = operands.reduce((p, x) => {
      const place = placeOf(
        x.labels.map((label, axis) => (x.shape[axis] === 1 ? 0 : of(label))),
        x.shape,
      );
      return p * x.values[place];
    }, 1);
    values[placeOf(output.map(of), shape)] += product;
  }
  return { shape, values };
}

async function expectEqual(actual: Tensor, { shape, values }: { shape: number[]; values: number[] }): Promise<void> {
  expect(actual.shape).toEqual(shape);
  // Compared as numbers: −0 is 0.
  expect([...(await actual.data())].map((value) => value + 0)).toEqual(values);
}

/** Operands with random names, some twice, some of extent 1 where others are longer. */
function drawOperands(draw: Draw): Operand[] {
  const extents = new Map([..."abcd"].map((label) => [label, one(draw, [1, 2, 3, 0, 4])]));
  return Array.from({ length: integer(draw, 1, 3) }, () => {
    const labels = Array.from({ length: integer(draw, 0, 4) }, () => one(draw, [..."abcd"]));
    const once = labels.filter((label, axis) => labels.indexOf(label) === axis);
    const ones = new Set(once.filter(() => integer(draw, 0, 5) === 0));
    return operand(
      labels,
      labels.map((label) => (ones.has(label) ? 1 : (extents.get(label) as number))),
    );
  });
}

describe("einsum", () => {
  it("sums products over all names: any names, repeated ones, extents of 1", async () => {
    await fc.assert(
      fc.asyncProperty(fc.gen(), async (draw) => {
        const operands = drawOperands(draw);
        const names = [...new Set(operands.flatMap(({ labels }) => labels))];
        const output = names.filter(() => flag(draw)).sort(() => (flag(draw) ? 1 : -1));
        const equation = `${operands.map(({ labels }) => labels.join("")).join(",")}->${output.join("")}`;
        await expectEqual(einsum(equation, ...operands.map((x) => asTensor(x))), naive(operands, output));
        await expectEqual(einsum(equation, ...operands.map((x) => asTensor(x, "int32"))), naive(operands, output));
      }),
    );
  });

  it("without an output, keeps the names that occur once, in alphabetical order", async () => {
    await fc.assert(
      fc.asyncProperty(fc.gen(), async (draw) => {
        const operands = drawOperands(draw);
        const all = operands.flatMap(({ labels }) => labels);
        const output = all.filter((label) => all.indexOf(label) === all.lastIndexOf(label)).sort();
        const equation = operands.map(({ labels }) => labels.join(" ")).join(" , ");
        await expectEqual(einsum(equation, ...operands.map((x) => asTensor(x))), naive(operands, output));
      }),
    );
  });

  it("an ellipsis stands for axes that broadcast from the end", async () => {
    await fc.assert(
      fc.asyncProperty(fc.gen(), async (draw) => {
        const common = Array.from({ length: integer(draw, 0, 3) }, () => integer(draw, 1, 3));
        const part = (): number[] => common.slice(integer(draw, 0, common.length)).map((e) => (flag(draw) ? 1 : e));
        const dots = (rank: number): string[] => Array.from({ length: rank }, (_, i) => `.${rank - i}`);
        const [m, k, n] = [integer(draw, 0, 3), integer(draw, 0, 3), integer(draw, 1, 3)];
        const [left, right] = [part(), part()];
        const a = operand(["i", ...dots(left.length), "j"], [m, ...left, k]);
        const b = operand([...dots(right.length), "j", "k"], [...right, k, n]);
        const kept = dots(Math.max(left.length, right.length));
        const [x, y] = [asTensor(a), asTensor(b)];
        await expectEqual(einsum("i...j,...jk->k...i", x, y), naive([a, b], ["k", ...kept, "i"]));
        await expectEqual(einsum("i...j,...jk", x, y), naive([a, b], [...kept, "i", "k"]));
        await expectEqual(einsum("i...j,...jk->ik", x, y), naive([a, b], ["i", "k"]));
      }),
    );
  });

  it.each(["ij,jk->ik", "ij,jk,kl->il", "iij,jk->ki", "ij,kl->", "...i,...i->...", "ab,ab,ab->a"])(
    "%s is differentiable",
    async (equation) => {
      const labels = equation.split("->")[0].split(",");
      const operands = labels.map((term) =>
        operand(
          [...term],
          [...term.replace("...", "x")].map(() => 2),
        ),
      );
      await gradcheck(
        (...inputs) => einsum(equation, ...inputs),
        operands.map((x) => asTensor(x)),
      );
    },
  );

  const x = tensor([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  it.each<[string, () => unknown, RegExp]>([
    ["too few operands", () => einsum("ij,jk", x), /einsum: 2 terms and 1 operands in "ij,jk"/],
    ["two arrows", () => einsum("ij->i->", x), /einsum: more than one -> in "ij->i->"/],
    ["a wrong rank", () => einsum("ijk", x), /einsum: "ijk" does not name the axes of \[2,3\] in "ijk"/],
    ["no names", () => einsum("i1", x), /einsum: "i1" does not name the axes of \[2,3\] in "i1"/],
    ["extents that differ", () => einsum("ij,jk", x, x), /einsum: "j" has extents 3 and 2 in "ij,jk"/],
    ["no diagonal", () => einsum("ii", x), /einsum: axes "i" of \[2,3\] differ in extent in "ii"/],
    ["an unknown output", () => einsum("ij->ik", x), /einsum: the output names an axis twice, .* in "ij->ik"/],
    ["an output that repeats", () => einsum("ij->ii", x), /einsum: the output names an axis twice, .* in "ij->ii"/],
  ])("%s is an error", (_name, call, message) => {
    expect(call).toThrow(ShapeError);
    expect(call).toThrow(message);
  });
});

describe("tensordot, outer, dot, matmul of vectors", () => {
  it("tensordot sums over pairs of axes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.gen(), async (draw) => {
        const shared = Array.from({ length: integer(draw, 0, 2) }, () => integer(draw, 0, 3));
        const own = (): number[] => Array.from({ length: integer(draw, 0, 2) }, () => integer(draw, 0, 3));
        const [rows, columns] = [own(), own()];
        const names = [..."abcdefgh"];
        const take = (list: readonly number[]): string[] => list.map(() => names.shift() as string);
        const [s, r, c] = [take(shared), take(rows), take(columns)];
        const a = operand([...r, ...s], [...rows, ...shared]);
        const b = operand([...s, ...c], [...shared, ...columns]);
        const expected = naive([a, b], [...r, ...c]);
        await expectEqual(asTensor(a).tensordot(asTensor(b), shared.length), expected);
        // The same pairs, named, with the axes of b in another place.
        const moved = asTensor(b).moveAxis(
          s.map((_, i) => i),
          s.map((_, i) => i - s.length),
        );
        const pairs = [s.map((_, i) => i + r.length), s.map((_, i) => i - s.length)] as const;
        await expectEqual(asTensor(a).tensordot(moved, pairs), expected);
      }),
    );
  });

  it("matmul takes a vector for a row or a column", async () => {
    await fc.assert(
      fc.asyncProperty(fc.gen(), async (draw) => {
        const batch = Array.from({ length: integer(draw, 0, 2) }, () => integer(draw, 0, 3));
        const [m, k] = [integer(draw, 0, 4), integer(draw, 0, 4)];
        const names = [..."xyz"].slice(0, batch.length);
        const [a, v] = [operand([...names, "i", "k"], [...batch, m, k]), operand(["k"], [k])];
        const b = operand([...names, "k", "i"], [...batch, k, m]);
        await expectEqual(asTensor(a).matmul(asTensor(v)), naive([a, v], [...names, "i"]));
        await expectEqual(asTensor(v).matmul(asTensor(b)), naive([v, b], [...names, "i"]));
        await expectEqual(asTensor(v).matmul(asTensor(v)), naive([v, v], []));
        await expectEqual(asTensor(v).dot(asTensor(v)), naive([v, v], []));
        const w = operand(["j"], [m]);
        await expectEqual(asTensor(v).outer(asTensor(w)), naive([v, w], ["k", "j"]));
      }),
    );
  });

  const [x, v] = [tensor([[1, 2, 3]]), tensor([1, 2])];
  it.each<[string, () => unknown, RegExp]>([
    ["matmul", () => v.matmul(x), /matmul: \[2\] × \[1,3\]/],
    ["matmul", () => x.matmul(v), /matmul: \[1,3\] × \[2\]/],
    ["matmul", () => x.matmul(1), /matmul: \[1,3\] × \[\]/],
    ["dot", () => v.dot(x), /dot: vectors are needed, not \[2\] and \[1,3\]/],
    ["dot", () => v.dot(tensor([1])), /dot: vectors \[2\] and \[1\] differ in length/],
    ["outer", () => x.outer(v), /outer: vectors are needed, not \[1,3\] and \[2\]/],
    ["tensordot", () => x.tensordot(v, 1), /tensordot: axes \[-1\] of \[1,3\] and \[0\] of \[2\] differ in extent/],
  ])("%s names the shapes", (_name, call, message) => {
    expect(call).toThrow(ShapeError);
    expect(call).toThrow(message);
  });

  it("tensordot wants pairs of axes", () => {
    expect(() => x.tensordot(v, [[0, 0], [0]])).toThrow(/tensordot: axes \[0,0\] of \[1,3\] and \[0\] of \[2\]/);
    expect(() => x.tensordot(v, 3)).toThrow(IndexError);
    expect(() => x.tensordot(v, Number.NaN)).toThrow(/tensordot: axes.* not NaN/);
  });
});
