import { eventsOf } from "../run-data.ts";
import { element, section } from "./dom.ts";
import { label, type PageRun } from "./run.ts";

/** What the models wrote, the newest first; a column for each run. */
export function samples(runs: readonly PageRun[]): HTMLElement | null {
  const columns = runs
    .map((run) => ({ run, events: eventsOf(run.events, "sample").toReversed() }))
    .filter(({ events }) => events.length > 0)
    .map(({ run, events }) =>
      element(
        "div",
        { class: "card samples" },
        ...(runs.length > 1 ? [element("h3", {}, label(run))] : []),
        ...events.map(({ step, text }) =>
          element(
            "figure",
            {},
            element("figcaption", {}, `step ${step.toLocaleString("en")}`),
            element("pre", {}, text),
          ),
        ),
      ),
    );
  return columns.length > 0 ? section("Samples", element("div", { class: "grid" }, ...columns)) : null;
}
