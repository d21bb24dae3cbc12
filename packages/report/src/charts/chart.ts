import type { RunEvent } from "@tsuki/train";

/** A run as charts draw it. */
export interface ChartRun {
  readonly name: string;
  /** A CSS color. */
  readonly color: string;
  readonly events: readonly RunEvent[];
}

/** What a run goes on along: steps of the optimizer, tokens trained on, time of training. */
export type Axis = "steps" | "tokens" | "time";

export interface ChartOptions {
  /** In CSS pixels. */
  readonly width: number;
  readonly height: number;
  /** Steps where not given. */
  readonly axis?: Axis;
  /** β of the moving average in [0, 1); 0 where not given: none. */
  readonly smoothing?: number;
}

/** What a chart is: to be put into a page. Colors of text and axes follow the page's `color`. */
export type Chart = SVGSVGElement | HTMLElement;

/** The colors of runs, in their order: apart from each other on white and on black. */
export const runColors: readonly string[] = [
  "#4c7df0",
  "#ef8a17",
  "#2fa866",
  "#d8517f",
  "#9a6bea",
  "#12a5b8",
  "#b88a1e",
  "#c65f3f",
];

/** The color of the `index`th run; they come round again. */
export function runColor(index: number): string {
  return runColors[index % runColors.length];
}
