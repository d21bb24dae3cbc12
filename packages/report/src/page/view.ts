import type { RunData } from "../run-data.ts";
import { charts } from "./charts.ts";
import { element } from "./dom.ts";
import { comparison, headline } from "./headline.ts";
import { record } from "./records.ts";
import { withColors } from "./run.ts";
import { samples } from "./samples.ts";

/** What shows some runs. */
export interface View {
  readonly elements: readonly HTMLElement[];
  /** Shows what the same runs have come to by now, and moves nothing that the reader looks at. */
  update(runs: readonly RunData[]): void;
}

/** @param status What stands beside the title. */
export function view(data: readonly RunData[], status: Node | string = ""): View {
  const runs = withColors(data);
  const several = runs.length > 1;
  const results = element("div");
  const nothing = element("p", { class: "words" }, "No step is logged yet.");
  const training = charts();
  const texts = samples(runs);
  const header = element(
    "header",
    {},
    element("div", {}, element("h1", {}, several ? `${runs.length} runs` : runs[0].name), status),
    element("p", { class: "words" }, [...new Set(runs.map(({ program }) => program))].join(", ")),
  );
  const main = element(
    "main",
    {},
    results,
    nothing,
    training.element,
    texts.element,
    element(
      "div",
      { class: several ? "" : "grid" },
      record("Config", "config", runs) ?? "",
      record("Environment", "environment", runs) ?? "",
    ),
  );
  return {
    elements: [header, main],
    update(data) {
      const runs = withColors(data);
      results.replaceChildren(several ? comparison(runs) : headline(runs[0]));
      const logged = runs.some(({ events }) => events.some(({ kind }) => kind === "step"));
      nothing.hidden = logged;
      training.element.hidden = !logged;
      if (logged) training.update(runs, thinned(runs));
      texts.update(runs);
    },
  };
}

/** Says what long runs leave out. */
function thinned(runs: readonly RunData[]): string {
  const most = (kind: keyof NonNullable<RunData["thinned"]>): number =>
    Math.max(...runs.map(({ thinned }) => thinned?.[kind] ?? 1));
  const [steps, experts, samples] = [most("steps"), most("experts"), most("samples")];
  return [
    steps > 1 ? `A point stands for up to ${steps} steps: their mean; faint: from the lowest to the highest.` : "",
    experts > 1 ? `Loads are means of up to ${experts} observations.` : "",
    samples > 1 ? `One of ${samples} samples is shown.` : "",
  ]
    .filter(Boolean)
    .join(" ");
}
