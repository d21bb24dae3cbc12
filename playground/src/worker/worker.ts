/** The training's own thread: it takes orders between two steps, and tells how it goes. */
import { decodeCheckpoint, encodeCheckpoint } from "@tsuki/train";
import type { News, Order } from "../protocol.ts";
import type { Settings } from "../settings.ts";
import { makeTraining, type Saved, type TextTraining } from "./training.ts";

/** Steps between samples, and between validations. */
const sampleEvery = 25;

let training: TextTraining | null = null;
let running = false;
/** Settled when all that was begun is done. */
let turn: Promise<unknown> = Promise.resolve();

self.onmessage = ({ data }: MessageEvent<Order>) => {
  // At once, also while something else is being done: an order to pause may follow it.
  if (data.kind === "run" || data.kind === "pause") running = data.kind === "run";
  if (data.kind !== "pause") inTurn(() => obey(data));
};

/** Does one thing after the other: a checkpoint is never taken in the middle of a step. */
function inTurn(work: () => Promise<void>): void {
  turn = turn.then(work).catch((error: unknown) => {
    running = false;
    tell({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
  });
}

async function obey(order: Exclude<Order, { kind: "pause" }>): Promise<void> {
  if (order.kind === "begin") await begin(order.settings, await textOf(order.settings, order.book));
  else if (order.kind === "load") await load(order.bytes, order.file, order.book);
  else if (order.kind === "run") await step();
  else await save();
}

async function begin(settings: Settings, text: string): Promise<void> {
  training = makeTraining(settings, text, (event) => tell({ kind: "event", event }));
  ready(training, settings, true);
  await training.sample();
}

async function load(bytes: Uint8Array, file: string, book: string): Promise<void> {
  const checkpoint = decodeCheckpoint(bytes, file);
  const saved = checkpoint.position.state.page as Saved | undefined;
  if (!saved) throw new Error(`${file}: it is the checkpoint of another program, not of this page`);
  const text = await textOf(saved.settings, book);
  training = makeTraining(saved.settings, text, (event) => tell({ kind: "event", event }));
  ready(training, saved.settings, await training.trainer.restore(checkpoint));
}

async function save(): Promise<void> {
  if (!training) return;
  const bytes = new Uint8Array(encodeCheckpoint(await training.trainer.checkpoint()));
  tell({ kind: "saved", bytes, step: training.trainer.step });
}

/** A step, if no order came to pause; the next one follows in its turn, so that orders are obeyed between them. */
async function step(): Promise<void> {
  if (!training || !running) return tell({ kind: "paused" });
  await training.trainer.train();
  if (training.trainer.step % sampleEvery === 0) {
    await training.trainer.validate("part");
    await training.sample();
  }
  inTurn(step);
}

function ready({ events, parameters, activated }: TextTraining, settings: Settings, exact: boolean): void {
  const threads = crossOriginIsolated ? Math.min(8, navigator.hardwareConcurrency) : 1;
  tell({ kind: "ready", training: { settings, events, exact, parameters, activated, threads } });
}

async function textOf({ text }: Settings, book: string): Promise<string> {
  if (text !== null) return text;
  const response = await fetch(book);
  if (!response.ok) throw new Error(`${book}: the server answers ${response.status} ${response.statusText}`);
  return response.text();
}

function tell(news: News): void {
  self.postMessage(news);
}
