import * as Plot from "@observablehq/plot";
import { type Scale, scaleOf } from "./axis.ts";
import type { Chart, ChartOptions, ChartRun } from "./chart.ts";
import { downSample, type MeanPoint, type Point, smooth } from "./points.ts";

/** Of the horizontal line of a chart. */
export const lineDashes = "1.5 4";

/** Pixels from one dot to the next. */
const leastDot = 8;

/** Something that a run tells again and again. */
export interface Curve {
  readonly run: ChartRun;
  /** Named beside the run where a run has several. */
  readonly name?: string;
  /** The run's where not given. */
  readonly color?: string;
  readonly dashes?: string;
  /** Drawn as dots (where there is room) joined by a thin line, or as rings by themselves; never smoothed. */
  readonly shape?: "line" | "dots" | "rings";
  readonly values: readonly Value[];
}

/** A number as events have it; `null` and what is not finite are left out. */
export type Measured = number | null | undefined;

/** A value and when it was. */
export interface Value {
  readonly step: number;
  readonly tokens: number;
  readonly seconds: number;
  readonly value: Measured;
  /** Of how many steps it is the mean, and their lowest and highest. */
  readonly spread?: { readonly steps: number; readonly low: Measured; readonly high: Measured };
}

export interface CurveStyle {
  /** Of the y axis. */
  readonly label: string;
  readonly tickFormat?: Scale["tickFormat"];
  /** Where the y axis has to reach, such as 0. */
  readonly include?: number;
  /** A horizontal line. */
  readonly line?: number;
  readonly caption?: HTMLElement;
}

/** Of the page, or of the card that the chart stands on. */
const background = "var(--chart-background, Canvas)";

interface Hover extends Point {
  readonly title: string;
}

/** Curves over the course of training: as they are, faint, and smoothed; with what is under the pointer in words. */
export function drawCurves(curves: readonly Curve[], options: ChartOptions, style: CurveStyle): Chart {
  const { width, height, axis = "steps", smoothing = 0 } = options;
  const scale = scaleOf(
    axis,
    curves.flatMap(({ values }) => values),
  );
  const marks: Plot.Markish[] = [Plot.gridY({ strokeOpacity: 0.12 })];
  const hovers: Hover[] = [];
  let drawn: readonly Point[] = [];
  if (style.line !== undefined) {
    marks.push(Plot.ruleY([style.line], { stroke: "currentColor", strokeOpacity: 0.55, strokeDasharray: lineDashes }));
  }
  // What is faint lies below all that is not.
  for (const layer of ["faint", "full"] as const) {
    for (const curve of curves) {
      const { run, name, color = run.color, dashes, shape = "line" } = curve;
      const raw = rawPoints(curve, scale.placeOf);
      const smoothed = shape === "line" && smoothing > 0;
      const line = { x: "x", y: "y", stroke: color, strokeDasharray: dashes, strokeLinejoin: "round" } as const;
      if (layer === "faint") {
        drawn = drawn.concat(raw);
        if (smoothed) marks.push(Plot.line(downSample(raw, width), { ...line, strokeWidth: 1, strokeOpacity: 0.3 }));
        continue;
      }
      const points = downSample(smoothed ? smooth(meanPoints(curve, scale.placeOf), smoothing) : raw, width);
      const dot = { x: "x", y: "y" } as const;
      if (shape === "line") marks.push(Plot.line(points, { ...line, strokeWidth: 1.6 }));
      if (shape === "dots") {
        marks.push(Plot.line(points, { ...line, strokeWidth: 1, strokeOpacity: 0.6 }));
        // Closer to each other they would hide the lines.
        if (points.length * leastDot <= width) {
          marks.push(Plot.dot(points, { ...dot, fill: color, stroke: background, r: 3 }));
        }
      }
      if (shape === "rings") {
        marks.push(Plot.dot(points, { ...dot, fill: background, stroke: color, strokeWidth: 2, r: 4 }));
      }
      const words = [run.name, name].filter(Boolean).join(", ");
      for (const { x, y } of points) {
        hovers.push({ x, y, title: `${words}\n${precise(y)} at ${precise(x)} ${scale.label}` });
      }
    }
  }
  marks.push(
    Plot.ruleX(hovers, Plot.pointerX({ x: "x", stroke: "currentColor", strokeOpacity: 0.3 })),
    Plot.tip(hovers, Plot.pointer({ x: "x", y: "y", title: "title", fill: background })),
  );
  return Plot.plot({
    width,
    height,
    marginLeft: 48,
    marginRight: 12,
    style: { background: "none", overflow: "visible" },
    caption: style.caption,
    x: { label: scale.label, tickFormat: scale.tickFormat, ticks: Math.max(3, Math.floor(width / 90)) },
    y: {
      label: style.label,
      tickFormat: style.tickFormat,
      ticks: Math.max(3, Math.floor(height / 45)),
      domain: domainOf(drawn, style),
      nice: true,
    },
    marks,
  });
}

/** NaN where nothing was measured. */
function meanPoints({ values }: Curve, placeOf: (value: Value) => number): readonly MeanPoint[] {
  return values.map((value) => ({ x: placeOf(value), y: finite(value.value), steps: value.spread?.steps }));
}

/** All that was measured; a mean is drawn from the lowest to the highest. */
function rawPoints({ values }: Curve, placeOf: (value: Value) => number): readonly Point[] {
  return values.flatMap((value) => {
    const ys = value.spread ? [value.spread.low, value.spread.high] : [value.value];
    return ys.map((y) => ({ x: placeOf(value), y: finite(y) })).filter(({ y }) => !Number.isNaN(y));
  });
}

function finite(value: Measured): number {
  return Number.isFinite(value) ? Number(value) : Number.NaN;
}

/** From the lowest to the highest point and what has to be seen besides. */
function domainOf(points: readonly Point[], { include, line }: CurveStyle): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const y of [...points.map((point) => point.y), ...[include, line].filter((y) => y !== undefined)]) {
    low = Math.min(low, y);
    high = Math.max(high, y);
  }
  if (low > high) return [0, 1];
  return low === high ? [low - (Math.abs(low) || 1) / 2, high + (Math.abs(high) || 1) / 2] : [low, high];
}

function precise(value: number): string {
  return Number.isInteger(value) ? value.toLocaleString("en") : String(Number(value.toPrecision(4)));
}
