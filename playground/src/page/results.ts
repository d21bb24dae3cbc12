import { type ChartRun, expertHeatMap, heatGradient, lossChart, runColor } from "@tsuki/report/charts";
import type { RunEvent } from "@tsuki/train";
import type { Training } from "../protocol.ts";
import { optimizers, type Settings, sizes } from "../settings.ts";
import { byId, element } from "./elements.ts";

/** Milliseconds between two drawings: charts of long trainings take a while. */
const pause = 400;
const smoothing = 0.6;
/** A chart that is narrower would have no room inside its margins. */
const leastWidth = 180;
const samplesShown = 12;
const runsKept = 4;

interface Run extends ChartRun {
  readonly name: string;
  readonly color: string;
  readonly events: RunEvent[];
  readonly training: Training;
}

/** What the trainings of this page have told: the newest in all, the others as curves to compare with. */
export class Results {
  #runs: Run[] = [];
  #count = 0;
  #drawn = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    byId("gradient", HTMLElement).style.background = heatGradient;
    for (const id of ["loss", "experts"]) {
      const chart = byId(id, HTMLElement);
      new ResizeObserver(() => this.#draw()).observe(chart);
      chart.addEventListener("pointerleave", () => this.#draw());
    }
    this.#draw();
  }

  begin(training: Training): void {
    const run = {
      name: nameOf(training.settings),
      color: runColor(this.#count++),
      events: [...training.events],
      training,
    };
    this.#runs = [...this.#runs.filter(({ events }) => events.some(({ kind }) => kind === "step")), run].slice(
      -runsKept,
    );
    this.#draw();
  }

  add(event: RunEvent): void {
    this.#runs.at(-1)?.events.push(event);
    this.#timer ??= setTimeout(() => this.#draw(), Math.max(0, this.#drawn + pause - performance.now()));
  }

  #draw(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#drawn = performance.now();
    const run = this.#runs.at(-1);
    const events = run?.events ?? [];
    const known = this.#runs.filter((one) => one.events.some(({ kind }) => kind === "step"));
    byId("tiles", HTMLElement).replaceChildren(...tiles(run));
    byId("runs", HTMLElement).replaceChildren(...(known.length > 1 ? known.map(label) : []));
    drawInto("loss", "The curve begins with the first step.", known.length > 0, (size) =>
      lossChart(known, { ...size, height: 300, smoothing }),
    );
    const loaded = run !== undefined && events.some(({ kind }) => kind === "experts");
    drawInto("experts", "Which experts the tokens choose is seen while it trains.", loaded, (size) =>
      expertHeatMap(run as Run, { ...size, height: 220 }),
    );
    byId("samples", HTMLElement).replaceChildren(...samples(run));
  }
}

function drawInto(id: string, words: string, there: boolean, draw: (size: { width: number }) => Element): void {
  const place = byId(id, HTMLElement);
  const width = Math.floor(place.clientWidth);
  // A chart that is being read stays.
  if (width < leastWidth || place.matches(":hover:has(svg)")) return;
  place.replaceChildren(there ? draw({ width }) : element("p", "empty", words));
}

function nameOf({ optimizer, lr, size, seed }: Settings): string {
  return `${optimizers[optimizer].label} ${lr}, ${sizes[size].label.toLowerCase()}, seed ${seed}`;
}

function label({ name, color }: Run): HTMLElement {
  const spot = element("i", "spot");
  spot.style.background = color;
  return element("span", "run", spot, name);
}

function tiles(run: Run | undefined): HTMLElement[] {
  const events = run?.events ?? [];
  const steps = events.filter((event) => event.kind === "step");
  const validation = events.findLast((event) => event.kind === "validation");
  const last = steps.at(-1);
  const recent = steps.slice(-10).map(({ tokensPerSecond }) => tokensPerSecond);
  const middle = recent.sort((a, b) => a - b)[recent.length >> 1];
  const whole = (value: number | undefined): string =>
    value === undefined ? "–" : Math.round(value).toLocaleString("en");
  const loss = (value: number | undefined): string => value?.toFixed(3) ?? "–";
  const shown: readonly (readonly [name: string, value: string])[] = [
    ["step", whole(last?.step)],
    ["training loss", loss(last?.loss)],
    ["validation loss", loss(validation?.loss)],
    ["tokens / s", whole(middle)],
    ["tokens", whole(last?.tokens)],
    ["parameters", whole(run?.training.parameters)],
  ];
  return shown.map(([name, value]) => element("div", "tile", element("dt", "", name), element("dd", "", value)));
}

function samples(run: Run | undefined): HTMLElement[] {
  const told = (run?.events ?? []).filter((event) => event.kind === "sample").slice(-samplesShown);
  if (!run || told.length === 0) return [element("p", "empty", "What the model writes: noise at first, then words.")];
  const { prompt } = run.training.settings;
  return told.reverse().map(({ step, text }) => {
    const begun = text.startsWith(prompt) ? prompt : "";
    const words = element("pre", "", element("b", "", begun), text.slice(begun.length));
    return element("figure", "", element("figcaption", "", `step ${step.toLocaleString("en")}`), words);
  });
}
