import { HostGenerator } from "@tsuki/nn";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Digit, readDigits, ShiftedDigits, shifted, side } from "./data.ts";

const picture = fc.uint8Array({ minLength: side * side, maxLength: side * side }).map(
  (ink): Digit => ({
    pixels: Float32Array.from(ink, (value) => value / 255),
    label: { dtype: "int32", shape: [], data: Int32Array.of(3) },
  }),
);
const shift = fc.integer({ min: -side, max: side });

const { training, heldOut } = readDigits();

describe("the digits", () => {
  const written = (digits: readonly Digit[]): number[] => digits.map(({ label }) => Number(label.data[0]));

  it("are 10,000 pictures, a fifth of each digit held out", () => {
    expect([training.length, heldOut.length]).toEqual([8004, 1996]);
    const counts = (digits: readonly Digit[]): number[] =>
      Array.from({ length: 10 }, (_, digit) => written(digits).filter((one) => one === digit).length);
    for (const [digit, count] of counts(heldOut).entries()) {
      expect(count / (count + counts(training)[digit])).toBeCloseTo(0.2, 2);
    }
  });

  it("have paper at the edge and ink within, from 0 to 1", () => {
    for (const { pixels } of [...training.slice(0, 50), ...heldOut.slice(-50)]) {
      expect(pixels.length).toBe(side * side);
      expect(pixels[0]).toBe(0);
      expect(Math.min(...pixels)).toBe(0);
      expect(Math.max(...pixels)).toBeGreaterThan(0.9);
      expect(Math.max(...pixels)).toBeLessThanOrEqual(1);
    }
  });

  it("are held out as pictures: none is trained on", () => {
    const seen = new Set(training.map(({ pixels }) => String(pixels)));
    expect(heldOut.filter(({ pixels }) => seen.has(String(pixels)))).toEqual([]);
  });
});

describe("a shifted digit", () => {
  it("has each pixel elsewhere, and paper where none was", () => {
    fc.assert(
      fc.property(picture, shift, shift, (digit, right, down) => {
        const { pixels, label } = shifted(digit, right, down);
        expect(label).toBe(digit.label);
        const at = (row: number, column: number): number =>
          row >= 0 && row < side && column >= 0 && column < side ? digit.pixels[row * side + column] : 0;
        const expected = Array.from({ length: side * side }, (_, place) =>
          at(Math.floor(place / side) - down, (place % side) - right),
        );
        expect([...pixels]).toEqual(expected);
      }),
      { numRuns: 25 },
    );
  });

  it("lies elsewhere in each epoch, which its random numbers decide", () => {
    const digits = new ShiftedDigits(training.slice(0, 30), 2);
    const random = new HostGenerator(5);
    const [first, second] = [digits.beginEpoch(random), digits.beginEpoch(random)];
    const again = digits.beginEpoch(new HostGenerator(5));
    const all = (of: ShiftedDigits): string[] => Array.from({ length: of.length }, (_, i) => String(of.get(i).pixels));
    expect(all(again)).toEqual(all(first));
    expect(all(second)).not.toEqual(all(first));
    const near = [-2, -1, 0, 1, 2].flatMap((right) => [-2, -1, 0, 1, 2].map((down) => [right, down]));
    for (const [index, pixels] of all(first).entries()) {
      expect(near.map(([right, down]) => String(shifted(training[index], right, down).pixels))).toContain(pixels);
    }
  });

  it("stays where it is without a shift", () => {
    const digits = new ShiftedDigits(training.slice(0, 3), 0).beginEpoch(new HostGenerator(1));
    for (let index = 0; index < 3; index++) expect(digits.get(index).pixels).toEqual(training[index].pixels);
  });
});
