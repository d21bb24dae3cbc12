import type { Row } from "./row.ts";

const widths = { case: 46, unit: 10, number: 9 };

/** Lines of a table with fixed columns, so that each can be printed as soon as it is known. */
export class Table {
  readonly #peers: readonly string[];

  constructor(peers: readonly string[]) {
    this.#peers = peers;
  }

  head(): string {
    return this.#line("case", "unit", ["ours", ...this.#peers, "ratio", "ceiling"], "");
  }

  line({ case: title, unit, ours, peers, ratio, ceiling, note = "" }: Row): string {
    const numbers = [
      shown(ours),
      ...this.#peers.map((peer) => shown(peers[peer])),
      ratio === null ? "–" : `${ratio.toFixed(2)}×`,
      ceiling === undefined ? "–" : `${shown(ceiling)}`,
    ];
    const part = ceiling === undefined ? "" : `${Math.round((100 * ours) / ceiling)}% of the ceiling`;
    return this.#line(title, unit, numbers, [part, note].filter(Boolean).join("; "));
  }

  #line(title: string, unit: string, numbers: readonly string[], note: string): string {
    const columns = numbers.map((text) => text.padStart(widths.number)).join("");
    return `${title.padEnd(widths.case)}${unit.padEnd(widths.unit)}${columns}  ${note}`.trimEnd();
  }
}

/** A row as one line of JSON. */
export function jsonOf({ bench, case: title, unit, ours, peers, ratio }: Row): string {
  return JSON.stringify({ bench, case: title, unit, ours, peers, ratio });
}

/** Three digits that count. */
function shown(value: number | undefined): string {
  if (value === undefined) return "–";
  if (!Number.isFinite(value)) return String(value);
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en-US");
  return value.toPrecision(3);
}
