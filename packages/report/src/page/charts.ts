import type { Chart, ChartOptions } from "../charts/chart.ts";
import { expertHeatMap, heatGradient } from "../charts/experts.ts";
import {
  gradNormChart,
  learningRateChart,
  lossChart,
  metricChart,
  metricNames,
  speedChart,
  updateRmsChart,
} from "../charts/training.ts";
import { element } from "./dom.ts";
import { label, type PageRun } from "./run.ts";
import { controls, type Settings } from "./settings.ts";

interface Panel {
  readonly title: Node | string;
  readonly note?: Node;
  readonly height: number;
  readonly wide?: boolean;
  readonly draw: (options: ChartOptions) => Chart;
}

/** All charts that the runs have something for, with their controls; drawn anew when the page gets another width. */
export function charts(runs: readonly PageRun[]): HTMLElement {
  let settings: Settings = { axis: "steps", smoothing: 0.8 };
  const drawn = panels(runs).map((panel) => {
    const place = element("div", { class: "chart", style: `min-height: ${panel.height}px` });
    const draw = (): void => {
      const width = Math.floor(place.clientWidth);
      if (width > 0) place.replaceChildren(panel.draw({ width, height: panel.height, ...settings }));
    };
    let width = 0;
    new ResizeObserver(() => {
      if (place.clientWidth === width) return;
      width = place.clientWidth;
      draw();
    }).observe(place);
    const head = element("h3", {}, panel.title);
    if (panel.note) head.append(panel.note);
    return { draw, card: element("article", { class: panel.wide ? "card wide" : "card" }, head, place) };
  });
  const form = controls(settings, (changed) => {
    settings = changed;
    for (const { draw } of drawn) draw();
  });
  return element(
    "section",
    {},
    element("div", { class: "bar" }, element("h2", {}, "Training"), form),
    element("div", { class: "grid" }, ...drawn.map(({ card }) => card)),
  );
}

function panels(runs: readonly PageRun[]): readonly Panel[] {
  const observed = (kind: string): PageRun[] =>
    runs.filter(({ events }) => events.some((event) => event.kind === kind));
  const height = 240;
  const found: Panel[] = [
    { title: "Loss", note: lossNote(runs), height: 340, wide: true, draw: (options) => lossChart(runs, options) },
    { title: "Learning rate", height, draw: (options) => learningRateChart(runs, options) },
    { title: "Gradient norm", height, draw: (options) => gradNormChart(runs, options) },
    { title: "Speed", height, draw: (options) => speedChart(runs, options) },
  ];
  if (runs.some(({ events }) => events.some((event) => event.kind === "step" && event.updateRms))) {
    found.push({ title: "RMS of the updates", height, draw: (options) => updateRmsChart(runs, options) });
  }
  for (const name of metricNames(runs)) {
    found.push({ title: name, height, draw: (options) => metricChart(runs, name, options) });
  }
  for (const run of observed("experts")) {
    const title = element("span", { class: "named" }, "Load of the experts");
    if (runs.length > 1) title.append(label(run));
    const wide = runs.length === 1;
    found.push({ title, note: heatNote(), height: 300, wide, draw: (options) => expertHeatMap(run, options) });
  }
  return found;
}

function lossNote(runs: readonly PageRun[]): HTMLElement {
  const names = runs.length > 1 ? runs.map(label) : [];
  return element(
    "span",
    { class: "note" },
    ...names,
    element("span", {}, "line: training; dots: validation; ring: on the whole set"),
  );
}

function heatNote(): HTMLElement {
  const gradient = element("i", { class: "gradient", style: `background: ${heatGradient}` });
  return element("span", { class: "note" }, "½ ×", gradient, "2 × the mean");
}
