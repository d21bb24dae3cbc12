import { flatten } from "../run-data.ts";
import { element, section, table } from "./dom.ts";
import { label, type PageRun } from "./run.ts";

/** A run's config or environment as a table: a row for each key, a column for each run; keys that differ are marked. */
export function record(heading: string, part: "config" | "environment", runs: readonly PageRun[]): HTMLElement | null {
  const flat = runs.map((run) => flatten({ ...(part === "config" && { program: run.program }), ...run[part] }));
  const keys = [...new Set(flat.flatMap((values) => Object.keys(values)))];
  if (keys.length === 0) return null;
  const rows = keys.map((key) => {
    const values = flat.map((of) => of[key]);
    const differs = values.some((value) => value !== values[0]);
    return element(
      "tr",
      differs ? { class: "differs" } : {},
      element("th", { scope: "row" }, key),
      ...values.map((value) => element("td", {}, value ?? "–")),
    );
  });
  return section(heading, table(runs.length > 1 ? ["", ...runs.map(label)] : [], rows));
}
