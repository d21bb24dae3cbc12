import type { Chart, ChartOptions } from "../charts/chart.ts";
import { element } from "./dom.ts";
import { label, type PageRun } from "./run.ts";
import type { Settings } from "./settings.ts";

/** What a card shows. */
export interface Panel {
  /** The same while the page is open. */
  readonly key: string;
  readonly title: string;
  /** Named beside the title where a panel is one run's. */
  readonly run?: PageRun;
  readonly note?: () => Node;
  readonly wide?: boolean;
  readonly draw: (options: ChartOptions) => Chart;
}

/** Of a chart, in pixels. */
const height = 280;

/** A chart with its title; drawn anew when it gets another width. */
export interface Card {
  readonly element: HTMLElement;
  panel: Panel;
  draw(settings: Settings): void;
}

export function card(panel: Panel): Card {
  const place = element("div", { class: "chart", style: `min-height: ${height}px` });
  const title = element("span", { class: "named" }, panel.title, panel.run ? label(panel.run) : "");
  const shown = element(
    "article",
    { class: panel.wide ? "card wide" : "card" },
    element("h3", {}, title, panel.note?.() ?? ""),
    place,
  );
  let settings: Settings | null = null;
  let width = 0;
  let pointer: PointerEvent | null = null;
  place.addEventListener("pointermove", (event) => {
    pointer = event;
  });
  place.addEventListener("pointerleave", () => {
    pointer = null;
  });
  const made: Card = {
    element: shown,
    panel,
    draw(changed) {
      settings = changed;
      width = place.clientWidth;
      if (width === 0) return;
      place.replaceChildren(made.panel.draw({ width, height, ...settings }));
      // The new drawing has not seen the pointer that rests on it.
      if (pointer) place.querySelector("svg")?.dispatchEvent(new PointerEvent("pointermove", pointer));
    },
  };
  new ResizeObserver(() => {
    if (settings && place.clientWidth !== width) made.draw(settings);
  }).observe(place);
  return made;
}
