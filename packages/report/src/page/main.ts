import type { RunData } from "../run-data.ts";
import { charts } from "./charts.ts";
import { element } from "./dom.ts";
import { comparison, headline } from "./headline.ts";
import { record } from "./records.ts";
import { withColors } from "./run.ts";
import { samples } from "./samples.ts";

show(JSON.parse(document.getElementById("runs")?.textContent ?? "[]"));

function show(data: readonly RunData[]): void {
  const runs = withColors(data);
  const [first] = runs;
  const logged = runs.some(({ events }) => events.some(({ kind }) => kind === "step"));
  const several = runs.length > 1;
  document.body.append(
    element(
      "header",
      {},
      element("h1", {}, several ? `${runs.length} runs` : first.name),
      element("p", { class: "words" }, [...new Set(runs.map(({ program }) => program))].join(", ")),
    ),
    element(
      "main",
      {},
      several ? comparison(runs) : headline(first),
      logged ? charts(runs) : element("p", { class: "words" }, "No step is logged yet."),
      samples(runs) ?? "",
      element(
        "div",
        { class: several ? "" : "grid" },
        record("Config", "config", runs) ?? "",
        record("Environment", "environment", runs) ?? "",
      ),
    ),
  );
}
