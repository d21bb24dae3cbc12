import type { RunEvent } from "@tsuki/train";
import { type Messages, type State, streamPath } from "../dashboard/messages.ts";
import { thin } from "../thin.ts";
import { element } from "./dom.ts";
import { type View, view } from "./view.ts";

/** Least milliseconds from one drawing to the next, and the greatest part of the time that drawing may take. */
const [interval, part] = [1000, 0.1];

/** Shows what the server of this page tells, and goes on doing so after the connection was lost. */
export function follow(): void {
  const status = element("span", { class: "status", role: "status" });
  let records: Messages["runs"] = [];
  let events: readonly RunEvent[][] = [];
  let shown: { readonly what: string; readonly view: View } | null = null;
  let state: State | null = null;
  let drawing = false;
  let took = 0;

  const say = (words: string, kind: State | "lost"): void => {
    status.textContent = words;
    status.dataset.kind = kind;
  };
  const draw = (): void => {
    drawing = false;
    const begin = performance.now();
    // Not before all came that there was: charts would grow from nothing at every connection.
    if (state === null || records.length === 0) return;
    const runs = records.map((record, run) => thin({ ...record, events: events[run] }));
    const what = JSON.stringify(records);
    if (shown?.what !== what) {
      shown = { what, view: view(runs, status) };
      document.title = `${records.length === 1 ? records[0].name : `${records.length} runs`} · Tsuki`;
      document.body.replaceChildren(...shown.view.elements);
    }
    shown.view.update(runs);
    took = performance.now() - begin;
  };
  const drawSoon = (): void => {
    if (drawing) return;
    drawing = true;
    // No frame comes while nobody looks.
    setTimeout(() => requestAnimationFrame(draw), shown === null ? 0 : Math.max(interval, took / part));
  };

  document.body.append(element("p", { class: "words" }, "Waiting for the runs. ", status));
  const source = new EventSource(streamPath);
  const on = <K extends keyof Messages>(name: K, hear: (data: Messages[K]) => void): void => {
    source.addEventListener(name, ({ data }) => hear(JSON.parse(data)));
  };
  on("runs", (told) => {
    records = told;
    events = told.map(() => []);
    state = null;
  });
  on("events", ({ run, events: more }) => {
    for (const event of more) events[run].push(event);
    drawSoon();
  });
  on("state", (told) => {
    state = told;
    say(told, told);
    drawSoon();
  });
  on("failure", (words) => {
    state ??= "ended";
    say(words, "lost");
    drawSoon();
  });
  source.addEventListener("error", () => {
    if (state !== "ended") say("connection lost", "lost");
  });
}
