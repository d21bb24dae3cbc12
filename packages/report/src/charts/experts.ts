import * as Plot from "@observablehq/plot";
import type { ExpertsEvent } from "@tsuki/train";
import { eventsOf } from "../run-data.ts";
import { scaleOf } from "./axis.ts";
import type { Chart, ChartOptions, ChartRun } from "./chart.ts";

/** Pixels from which on a row of the heat map can be told from its neighbors. */
const leastRow = 3;
/** Pixels from one tick to the next. */
const leastTick = 20;
/** Events side by side: more are averaged in groups. */
const mostColumns = 80;

/** Half of the mean load and less, and twice of it and more. */
const [under, over] = ["#3f7fe8", "#e8791a"];

interface Cell {
  readonly x1: number;
  readonly x2: number;
  readonly layer: number;
  readonly expert: number;
  readonly load: number;
}

/**
 * How the experts of each layer are loaded: over the course of training (a row of the drawing for each layer, and in it one
 * for each expert) where there is room, else the newest loads of all layers and experts. Blue has less than the mean, orange
 * more, at the full ½ × and 2 ×.
 */
export function expertHeatMap(run: ChartRun, options: ChartOptions): Chart {
  const { width, height, axis = "steps" } = options;
  const events = eventsOf(run.events, "experts");
  const layers = events[0]?.load.length ?? 0;
  const experts = Math.max(0, ...(events[0]?.load ?? []).map((row) => row.length));
  if (layers * experts * leastRow > height) return newest(events.at(-1), options);
  const scale = scaleOf(axis, run.events);
  return Plot.plot({
    width,
    height,
    marginLeft: 48,
    marginRight: 88,
    style: { background: "none" },
    x: { label: scale.label, tickFormat: scale.tickFormat, ticks: Math.max(3, Math.floor(width / 90)) },
    y: { label: "expert", domain: Array.from({ length: experts }, (_, i) => i), ticks: [], padding: 0 },
    fy: { label: null, tickFormat: (layer: number) => `MoE layer ${layer + 1}`, padding: 0.08 },
    marks: [Plot.axisY({ ticks: [0, experts - 1], tickSize: 0 }), heat(columns(events, scale.placeOf), "layer")],
  });
}

/** The legend of the heat map, as a CSS background. */
export const heatGradient: string = `linear-gradient(to right, ${under}, transparent, ${over})`;

function newest(event: ExpertsEvent | undefined, { width, height }: ChartOptions): Chart {
  const load = event?.load ?? [];
  const every = Math.ceil((leastTick * load.length) / height);
  const ticks = [...load.keys()].filter((layer) => layer % every === 0);
  const cells = load.flatMap((row, layer) =>
    row.map((load, expert): Cell => ({ x1: expert, x2: expert + 1, layer, expert: layer, load })),
  );
  return Plot.plot({
    width,
    height,
    marginLeft: 48,
    marginRight: 12,
    style: { background: "none" },
    caption: event && `After step ${event.step}.`,
    x: { label: "expert", nice: false },
    y: { label: "MoE layer", type: "band", ticks, padding: 0.04, tickFormat: (layer: number) => String(layer + 1) },
    marks: [heat(cells)],
  });
}

function heat(cells: readonly Cell[], facet?: "layer"): Plot.Markish {
  const words = ({ layer, expert, load }: Cell): string =>
    `MoE layer ${layer + 1}, expert ${expert}: ${load.toFixed(2)} ×`;
  return Plot.rect(cells, {
    x1: "x1",
    x2: "x2",
    y: "expert",
    fy: facet,
    fill: ({ load }: Cell) => (load < 1 ? under : over),
    // A ratio and its inverse are equally strong.
    fillOpacity: ({ load }: Cell) => (load > 0 ? Math.min(1, Math.abs(Math.log2(load))) : 1),
    title: words,
    inset: 0,
  });
}

/** Cells from one event's place to the next one's; neighbors are averaged where there are too many. */
function columns(events: readonly ExpertsEvent[], placeOf: (event: ExpertsEvent) => number): readonly Cell[] {
  const size = Math.ceil(events.length / mostColumns);
  const cells: Cell[] = [];
  for (let begin = 0; begin < events.length; begin += size) {
    const group = events.slice(begin, begin + size);
    const x1 = begin === 0 ? 0 : placeOf(events[begin - 1]);
    const x2 = placeOf(group[group.length - 1]);
    group[0].load.forEach((row, layer) => {
      for (const expert of row.keys()) {
        const load = group.reduce((sum, event) => sum + (event.load[layer]?.[expert] ?? 0), 0) / group.length;
        cells.push({ x1, x2, layer, expert, load });
      }
    });
  }
  return cells;
}
