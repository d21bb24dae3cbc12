import { expect, it } from "vitest";
import { type Digit, side } from "./data.ts";
import { confusionTable, describeReading, draw } from "./show.ts";

/** A square of ink in the middle. */
function square(digit: number): Digit {
  const inside = (place: number): boolean => place >= 8 && place < 20;
  const pixels = Float32Array.from({ length: side * side }, (_, i) =>
    Number(inside(Math.floor(i / side)) && inside(i % side)),
  );
  return { pixels, label: { dtype: "int32", shape: [], data: Int32Array.of(digit) } };
}

it("a picture is as dark as its ink, two rows a line", () => {
  const lines = draw(square(0));
  expect(lines).toEqual([
    ...new Array(4).fill(" ".repeat(side)),
    ...new Array(6).fill(`${" ".repeat(8)}${"█".repeat(12)}${" ".repeat(8)}`),
    ...new Array(4).fill(" ".repeat(side)),
  ]);
});

it("the table has what was written down its side", () => {
  expect(confusionTable([3, 3, 3, 0], [3, 8, 3, 0])).toMatchInlineSnapshot(`
    "    read as │    0    1    2    3    4    5    6    7    8    9
      ──────────┼──────────────────────────────────────────────────
      written 0 │    1    ·    ·    ·    ·    ·    ·    ·    ·    ·
      written 1 │    ·    ·    ·    ·    ·    ·    ·    ·    ·    ·
      written 2 │    ·    ·    ·    ·    ·    ·    ·    ·    ·    ·
      written 3 │    ·    ·    ·    2    ·    ·    ·    ·    1    ·
      written 4 │    ·    ·    ·    ·    ·    ·    ·    ·    ·    ·
      written 5 │    ·    ·    ·    ·    ·    ·    ·    ·    ·    ·
      written 6 │    ·    ·    ·    ·    ·    ·    ·    ·    ·    ·
      written 7 │    ·    ·    ·    ·    ·    ·    ·    ·    ·    ·
      written 8 │    ·    ·    ·    ·    ·    ·    ·    ·    ·    ·
      written 9 │    ·    ·    ·    ·    ·    ·    ·    ·    ·    ·"
  `);
});

it("the surest mistakes are drawn", () => {
  const digits = [square(1), square(2), square(3), square(4)];
  const text = describeReading(digits, [1, 7, 8, 9], [1, 0.5, 0.999, 0.75], 2);
  expect(text).toMatch(/a 3, read as 8 \(sure to 99%\) +a 4, read as 9 \(sure to 75%\)/);
  expect(text).not.toContain("a 2, read");
  expect(text).toMatch(/Of 4 held-out digits 1 are read right: 25\.00%\.$/);
});

it("nothing is drawn where all is right", () => {
  expect(describeReading([square(1)], [1], [1])).not.toContain("Mistakes");
});
