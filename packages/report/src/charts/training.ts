import type { ValidationEvent } from "@tsuki/train";
import { eventsOf } from "../run-data.ts";
import { isGroup, type StepValues } from "../thin.ts";
import { short } from "./axis.ts";
import { type Chart, type ChartOptions, type ChartRun, runColor } from "./chart.ts";
import { type Curve, type CurveStyle, drawCurves, lineDashes, type Measured, type Value } from "./curves.ts";
import { legend } from "./legend.ts";

/** Training loss, faint and smoothed, and the validation losses as dots and rings; in nats for language models. */
export function lossChart(runs: readonly ChartRun[], options: ChartOptions): Chart {
  const training = runs.map((run) => stepCurve(run, ({ loss }) => loss));
  const validations = runs.flatMap((run) => validationCurves(run, ({ loss }) => loss));
  return drawCurves([...training, ...validations], options, { label: "loss" });
}

/** The learning rate; it is never smoothed. */
export function learningRateChart(runs: readonly ChartRun[], options: ChartOptions): Chart {
  return stepChart(runs, ({ lr }) => lr, { ...options, smoothing: 0 }, { label: "learning rate", include: 0 });
}

/** The global norm of the gradients before clipping. */
export function gradNormChart(runs: readonly ChartRun[], options: ChartOptions): Chart {
  return stepChart(runs, ({ gradNorm }) => gradNorm, options, { label: "gradient norm", include: 0 });
}

/** Tokens per second. */
export function speedChart(runs: readonly ChartRun[], options: ChartOptions): Chart {
  const style = { label: "tokens per second", tickFormat: short, include: 0 };
  return stepChart(runs, ({ tokensPerSecond }) => tokensPerSecond, options, style);
}

/** One of the `metrics` of steps (lines) and validations (dots and rings), such as an accuracy. */
export function metricChart(runs: readonly ChartRun[], name: string, options: ChartOptions): Chart {
  const training = runs.map((run) => stepCurve(run, ({ metrics }) => metrics?.[name]));
  const validations = runs.flatMap((run) => validationCurves(run, ({ metrics }) => metrics?.[name]));
  return drawCurves([...training, ...validations], options, { label: name });
}

/** The names of all metrics, in the order of their first appearance. */
export function metricNames(runs: readonly ChartRun[]): readonly string[] {
  const names = runs.flatMap(({ events }) =>
    events.flatMap((event) =>
      event.kind === "step" || event.kind === "validation" ? Object.keys(event.metrics ?? {}) : [],
    ),
  );
  return [...new Set(names)];
}

/** Muon's updates are scaled to the usual one of AdamW's (Liu et al. 2025, "Muon is scalable", section 2.2). */
const usualUpdateRms = 0.2;
const dashes = [undefined, "7 3", "7 3 2 3", "14 3"] as const;

/**
 * The root mean square of the update of each optimizer, with a line at 0.2. One run: a color for each optimizer; several: a
 * color for each run, and dashes for the optimizers.
 */
export function updateRmsChart(runs: readonly ChartRun[], options: ChartOptions): Chart {
  const steps = runs.flatMap(({ events }) => eventsOf(events, "step"));
  const groups = [...new Set(steps.flatMap((step) => Object.keys(step.updateRms ?? {})))];
  const styleOf = (index: number): Pick<Curve, "color" | "dashes"> =>
    runs.length === 1 ? { color: runColor(index) } : { dashes: dashes[index % dashes.length] };
  const curves = runs.flatMap((run) =>
    groups.map((group, index) => ({
      ...stepCurve(run, ({ updateRms }) => updateRms?.[group]),
      name: group,
      ...styleOf(index),
    })),
  );
  const entries = groups.map((group, index) => ({ text: group, ...styleOf(index) }));
  const caption = legend([...entries, { text: `${usualUpdateRms}, usual for AdamW`, dashes: lineDashes }]);
  return drawCurves(curves, options, { label: "update RMS", include: 0, line: usualUpdateRms, caption });
}

function stepChart(
  runs: readonly ChartRun[],
  valueOf: (step: StepValues) => Measured,
  options: ChartOptions,
  style: CurveStyle,
): Chart {
  return drawCurves(
    runs.map((run) => stepCurve(run, valueOf)),
    options,
    style,
  );
}

function stepCurve(run: ChartRun, valueOf: (step: StepValues) => Measured): Curve {
  const values = eventsOf(run.events, "step").map((step): Value => {
    const value = { ...step, value: valueOf(step) };
    if (!isGroup(step)) return value;
    const { steps, low, high } = step.group;
    return { ...value, spread: { steps, low: valueOf(low), high: valueOf(high) } };
  });
  return { run, values };
}

/** Dots for validations on the usual part, rings for those on the whole set: they do not compare with each other. */
function validationCurves(run: ChartRun, valueOf: (event: ValidationEvent) => Measured): readonly Curve[] {
  const values = eventsOf(run.events, "validation").map((event) => ({ ...event, value: valueOf(event) }));
  const of = (part: ValidationEvent["part"]): Value[] => values.filter((value) => value.part === part);
  return [
    { run, name: "validation", shape: "dots", values: of("part") },
    { run, name: "validation on the whole set", shape: "rings", values: of("whole") },
  ];
}
