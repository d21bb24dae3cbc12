import type { SampleEvent } from "@tsuki/train";
import { eventsOf } from "../run-data.ts";
import { element, section } from "./dom.ts";
import { label, type PageRun } from "./run.ts";

/** What the models wrote, the newest first; a column for each run. */
export function samples(runs: readonly PageRun[]): {
  readonly element: HTMLElement;
  update(runs: readonly PageRun[]): void;
} {
  const columns = runs.map((run) => column(runs.length > 1 ? [element("h3", {}, label(run))] : []));
  const all = section("Samples", element("div", { class: "grid" }, ...columns.map((column) => column.element)));
  return {
    element: all,
    update(runs) {
      all.hidden = !runs.some(({ events }) => events.some(({ kind }) => kind === "sample"));
      for (const [index, { events }] of runs.entries()) columns[index].update(eventsOf(events, "sample"));
    },
  };
}

function column(head: readonly Node[]): {
  readonly element: HTMLElement;
  update(events: readonly SampleEvent[]): void;
} {
  let shown: readonly SampleEvent[] = [];
  const list = element("div");
  const box = element("div", { class: "card samples" }, ...head, list);
  return {
    element: box,
    update(events) {
      box.hidden = events.length === 0;
      // What stands there already stays: it may be read, or marked to be copied.
      const known = shown.every(({ step, text }, index) => events[index]?.step === step && events[index].text === text);
      if (!known) list.replaceChildren();
      list.prepend(
        ...events
          .slice(known ? shown.length : 0)
          .map(figure)
          .reverse(),
      );
      shown = events;
    },
  };
}

function figure({ step, text }: SampleEvent): HTMLElement {
  return element(
    "figure",
    {},
    element("figcaption", {}, `step ${step.toLocaleString("en")}`),
    element("pre", {}, text),
  );
}
