import type { ChartOptions } from "../charts/chart.ts";
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
import { type Card, card, type Panel } from "./card.ts";
import { element } from "./dom.ts";
import { label, type PageRun } from "./run.ts";
import { controls, type Settings } from "./settings.ts";

/** All charts that runs have something for, with their controls. */
export function charts(): { readonly element: HTMLElement; update(runs: readonly PageRun[], note: string): void } {
  let settings: Settings = { axis: "steps", smoothing: 0.8 };
  const cards = new Map<string, Card>();
  const form = controls(settings, (changed) => {
    settings = changed;
    for (const { draw } of cards.values()) draw(settings);
  });
  const words = element("p", { class: "words" });
  const grid = element("div", { class: "grid" });
  return {
    element: element("section", {}, element("div", { class: "bar" }, element("h2", {}, "Training"), form), words, grid),
    update(runs, note) {
      words.textContent = note;
      words.hidden = note === "";
      let before: HTMLElement | null = null;
      for (const panel of panels(runs)) {
        const known = cards.get(panel.key);
        const shown = known ?? card(panel);
        if (known) known.panel = panel;
        else if (before) before.after(shown.element);
        else grid.prepend(shown.element);
        cards.set(panel.key, shown);
        before = shown.element;
        shown.draw(settings);
      }
    },
  };
}

/** In an order that fills the rows of three columns, where two of them are wide. */
function panels(runs: readonly PageRun[]): readonly Panel[] {
  const several = runs.length > 1;
  const found: readonly (Panel | null)[] = [
    {
      key: "loss",
      title: "Loss",
      note: () => lossNote(several ? runs : []),
      wide: true,
      draw: (options) => lossChart(runs, options),
    },
    { key: "lr", title: "Learning rate", draw: (options) => learningRateChart(runs, options) },
    ...runs.map((run, index) =>
      run.events.some(({ kind }) => kind === "experts")
        ? {
            key: `experts ${index}`,
            title: "Load of the experts",
            run: several ? run : undefined,
            note: heatNote,
            wide: !several,
            draw: (options: ChartOptions) => expertHeatMap(run, options),
          }
        : null,
    ),
    { key: "norm", title: "Gradient norm", draw: (options) => gradNormChart(runs, options) },
    { key: "speed", title: "Speed", draw: (options) => speedChart(runs, options) },
    hasUpdates(runs)
      ? { key: "rms", title: "RMS of the updates", draw: (options) => updateRmsChart(runs, options) }
      : null,
    ...metricNames(runs).map((name) => ({
      key: `metric ${name}`,
      title: name,
      draw: (options: ChartOptions) => metricChart(runs, name, options),
    })),
  ];
  return found.filter((panel) => panel !== null);
}

function hasUpdates(runs: readonly PageRun[]): boolean {
  return runs.some(({ events }) => events.some((event) => event.kind === "step" && event.updateRms));
}

function lossNote(runs: readonly PageRun[]): HTMLElement {
  return element(
    "span",
    { class: "note" },
    ...runs.map(label),
    element("span", {}, "line: training; dots: validation; ring: on the whole set"),
  );
}

function heatNote(): HTMLElement {
  const gradient = element("i", { class: "gradient", style: `background: ${heatGradient}` });
  return element("span", { class: "note" }, "½ ×", gradient, "2 × the mean");
}
