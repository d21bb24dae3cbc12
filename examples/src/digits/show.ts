import { count } from "@tsuki/train/node";
import { type Digit, side } from "./data.ts";

/**
 * What was read: a table, pictures of the surest mistakes, and how many were right.
 *
 * @param read Which digit each was taken for.
 * @param certainty The probability that each was given.
 */
export function describeReading(
  digits: readonly Digit[],
  read: ArrayLike<number>,
  certainty: ArrayLike<number>,
  pictures = 3,
): string {
  const written = digits.map(({ label }) => Number(label.data[0]));
  const wrong = [...digits.keys()].filter((place) => read[place] !== written[place]);
  const surest = wrong.sort((a, b) => certainty[b] - certainty[a]).slice(0, pictures);
  const mistakes = surest.map((place) => {
    const percent = Math.floor(certainty[place] * 100);
    return [...draw(digits[place]), `a ${written[place]}, read as ${read[place]} (sure to ${percent}%)`];
  });
  const right = digits.length - wrong.length;
  return [
    confusionTable(written, read),
    ...(mistakes.length > 0 ? [`Mistakes of which the model is surest:\n${sideBySide(mistakes)}`] : []),
    `Of ${count(digits.length)} held-out digits ${count(right)} are read right: ${((100 * right) / digits.length).toFixed(2)}%.`,
  ].join("\n\n");
}

/** What was written down the side, what it was read as along the top. */
export function confusionTable(written: readonly number[], read: ArrayLike<number>): string {
  const counts = Array.from({ length: 10 }, () => new Array<number>(10).fill(0));
  for (const [place, digit] of written.entries()) counts[digit][read[place]]++;
  const row = (head: string, cells: readonly (string | number)[]): string =>
    `  ${head.padStart(9)} │${cells.map((cell) => String(cell).padStart(5)).join("")}`;
  return [
    row("read as", [...counts.keys()]),
    `  ${"─".repeat(10)}┼${"─".repeat(50)}`,
    ...counts.map((cells, digit) =>
      row(
        `written ${digit}`,
        cells.map((cell) => cell || "·"),
      ),
    ),
  ].join("\n");
}

/** A picture as text, two of its rows in a line: the darker the more ink. */
export function draw({ pixels }: Digit): string[] {
  const shades = " ░▒▓█";
  return Array.from({ length: side / 2 }, (_, line) =>
    Array.from({ length: side }, (_, column) => {
      const ink = (pixels[2 * line * side + column] + pixels[(2 * line + 1) * side + column]) / 2;
      return shades[Math.min(shades.length - 1, Math.floor(ink * shades.length))];
    }).join(""),
  );
}

/** Blocks of as many lines each, one beside the other. */
function sideBySide(blocks: readonly (readonly string[])[]): string {
  return blocks[0]
    .map((_, line) => `  ${blocks.map((lines) => lines[line].padEnd(side)).join("   ")}`.trimEnd())
    .join("\n");
}
