import { short } from "../charts/axis.ts";
import { type RunData, summarize } from "../run-data.ts";
import { sameLoss } from "../same-loss.ts";
import { element, section, table } from "./dom.ts";
import { duration, loss, percent } from "./format.ts";
import { label, type PageRun } from "./run.ts";

const sets = { part: "on a part", whole: "whole set" } as const;

/** What runs came to, as words and numbers. */
function figures({ events }: RunData): readonly (readonly [name: string, value: string, more?: string])[] {
  const { last, validation, best, tokensPerSecond } = summarize(events);
  return [
    [
      "validation loss",
      loss(validation?.loss),
      validation && `${sets[validation.part]}, step ${validation.step.toLocaleString("en")}`,
    ],
    ["best validation", loss(best?.loss), best && `step ${best.step.toLocaleString("en")}`],
    ["training loss", loss(last?.loss), "last batch"],
    ["steps", last?.step.toLocaleString("en") ?? "–"],
    ["tokens", last ? short(last.tokens) : "–"],
    ["time", duration(last?.seconds)],
    ["tokens / s", tokensPerSecond === undefined ? "–" : short(tokensPerSecond), "median"],
  ];
}

/** One run: a tile for each number. */
export function headline(run: PageRun): HTMLElement {
  const tiles = figures(run).map(([name, value, more]) =>
    element(
      "div",
      { class: "tile" },
      element("dt", {}, name),
      element("dd", {}, value),
      element("small", {}, more ?? ""),
    ),
  );
  return element("dl", { class: "tiles" }, ...tiles);
}

/** Several runs: a row each, and how soon each reaches the loss of each other. */
export function comparison(runs: readonly PageRun[]): HTMLElement {
  const names = figures(runs[0]).map(([name]) => name);
  const results = runs.map((run) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, label(run)),
      ...figures(run).map(([, value]) => element("td", { class: "number" }, value)),
    ),
  );
  const shares = runs.map((run) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, label(run)),
      ...runs.map((other) => element("td", { class: "number" }, ...(other === run ? ["–"] : share(run, other)))),
    ),
  );
  return element(
    "div",
    {},
    section("Results", table(["run", ...names], results)),
    section(
      "To the same loss",
      element(
        "p",
        { class: "words" },
        "Each row: this run comes to another one's last validation loss after so much of what that one took to it.",
      ),
      table(["run", ...runs.map(label)], shares),
    ),
  );
}

function share(run: RunData, other: RunData): readonly (Node | string)[] {
  const found = sameLoss(run.events, other.events);
  if (typeof found === "string") return [found];
  const { steps, tokens, seconds } = found;
  return [
    `${percent(steps)} of the steps `,
    element("small", {}, `${percent(tokens)} of the tokens, ${percent(seconds)} of the time`),
  ];
}
