import { type ChartRun, runColor } from "../charts/chart.ts";
import type { RunData } from "../run-data.ts";
import { element } from "./dom.ts";

/** A run with its color on this page. */
export interface PageRun extends RunData, ChartRun {}

export function withColors(runs: readonly RunData[]): readonly PageRun[] {
  return runs.map((run, index) => ({ ...run, color: runColor(index) }));
}

/** The name of a run beside a spot of its color. */
export function label({ name, color }: ChartRun): HTMLElement {
  return element("span", { class: "run" }, element("i", { class: "spot", style: `background: ${color}` }), name);
}
