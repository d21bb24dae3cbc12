import type { Line } from "./data.ts";

/** Lines beside each other, a row for each weight and one for the bias. */
export function lineTable(lines: Readonly<Record<string, Line>>): string {
  const columns = Object.entries(lines).map(([name, { weights, bias }]) => [name, ...[...weights, bias].map(decimals)]);
  const names = ["", ...columns[0].slice(2).map((_, index) => `w${index + 1}`), "b"];
  return names
    .map((name, row) => `  ${name.padEnd(5)}${columns.map((cells) => cells[row].padStart(13)).join("")}`)
    .join("\n");
}

/** The largest difference between numbers of two lines. */
export function distance(a: Line, b: Line): number {
  return Math.max(...[...a.weights, a.bias].map((value, index) => Math.abs(value - [...b.weights, b.bias][index])));
}

function decimals(value: number): string {
  return value.toFixed(4);
}
