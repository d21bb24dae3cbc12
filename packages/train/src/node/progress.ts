import { SingleBar } from "cli-progress";
import type { StepEvent } from "../events.ts";
import { clock, count } from "./format.ts";

/** Shows how a training goes on. */
export interface Progress {
  /** After each step, with the last validation loss. */
  show(metrics: StepEvent, validationLoss: number | null): void;
  /** Before anything else is printed. */
  end(): void;
}

export interface ProgressOptions {
  /** Steps of the whole run, and those done before. */
  readonly steps: number;
  readonly done: number;
  /** Steps between lines. */
  readonly logEvery: number;
  /** Ends the bar: what is printed next is not to be drawn over. */
  readonly signal: AbortSignal;
}

/** A bar on a terminal, else lines in fixed columns. */
export function makeProgress(out: NodeJS.WriteStream, options: ProgressOptions): Progress {
  return out.isTTY ? new Bar(out, options) : new Lines((line) => out.write(`${line}\n`), options);
}

/** Columns of a terminal from which on nothing has to be abbreviated. */
const wide = 100;
const wideBar = {
  format:
    "{bar} {percentage}% {value}/{total}  loss {loss}  validation {validation}  lr {lr}  {speed} tokens/s  ETA {left}",
  barsize: 16,
};
const narrowBar = {
  format: "{bar} {value}/{total}  loss {loss}  val {validation}  lr {lr}  {speed} tok/s  ETA {left}",
  barsize: 6,
};

class Bar implements Progress {
  readonly #bar: SingleBar;
  readonly #signal: AbortSignal;
  readonly #pace: Pace;

  constructor(stream: NodeJS.WriteStream, { steps, done, signal }: ProgressOptions) {
    this.#signal = signal;
    this.#pace = new Pace(steps);
    this.#bar = new SingleBar({
      stream,
      ...(stream.columns < wide ? narrowBar : wideBar),
      barCompleteChar: "█",
      barIncompleteChar: "░",
      // Lines are cut, so that no mode of the terminal has to be put back when the process ends at once.
      linewrap: true,
      gracefulExit: false,
      autopadding: true,
    });
    this.#bar.start(steps, done, { loss: "–", validation: "–", lr: "–", speed: "–", left: "–" });
    signal.addEventListener("abort", () => this.end());
  }

  show(metrics: StepEvent, validationLoss: number | null): void {
    if (this.#signal.aborted) return;
    const { loss, lr, speed, left } = this.#pace.take(metrics);
    this.#bar.update(metrics.step, { loss, validation: nats(validationLoss), lr, speed: speed.padStart(6), left });
  }

  end(): void {
    this.#bar.stop();
  }
}

const columns = [6, 5, 8, 11, 9, 10, 9, 8, 8];

/** A line each few steps, at the first and at the last one. */
export class Lines implements Progress {
  readonly #print: (line: string) => void;
  readonly #options: Omit<ProgressOptions, "signal">;
  readonly #pace: Pace;

  constructor(print: (line: string) => void, options: Omit<ProgressOptions, "signal">) {
    this.#print = print;
    this.#options = options;
    this.#pace = new Pace(options.steps);
    this.#row("step", "done", "loss", "validation", "lr", "grad norm", "tokens/s", "elapsed", "ETA");
  }

  show(metrics: StepEvent, validationLoss: number | null): void {
    const { step, gradNorm, seconds } = metrics;
    const { steps, done, logEvery } = this.#options;
    const { loss, lr, speed, left } = this.#pace.take(metrics);
    if (step % logEvery !== 0 && step !== done + 1 && step !== steps) return;
    const part = `${Math.floor((step * 100) / steps)}%`;
    this.#row(String(step), part, loss, nats(validationLoss), lr, gradNorm.toFixed(4), speed, clock(seconds), left);
  }

  end(): void {}

  #row(...cells: string[]): void {
    this.#print(cells.map((cell, column) => cell.padStart(columns[column])).join("  "));
  }
}

/** Cells of a step, with the time that is left by the pace of the last steps. */
class Pace {
  readonly #steps: number;
  /** Of a step and what goes with it, smoothed. */
  #seconds: number | null = null;
  #last: number | null = null;

  constructor(steps: number) {
    this.#steps = steps;
  }

  take({
    step,
    loss,
    lr,
    tokensPerSecond,
    seconds,
  }: StepEvent): Readonly<Record<"loss" | "lr" | "speed" | "left", string>> {
    // The first step compiles its plan: it says nothing about the others.
    if (this.#last !== null) this.#seconds = smooth(this.#seconds, seconds - this.#last);
    this.#last = seconds;
    return {
      loss: nats(loss),
      lr: lr.toExponential(2),
      speed: count(Math.round(tokensPerSecond)),
      left: this.#seconds === null ? "–" : clock(this.#seconds * (this.#steps - step)),
    };
  }
}

function smooth(mean: number | null, value: number): number {
  return mean === null ? value : 0.95 * mean + 0.05 * value;
}

function nats(loss: number | null): string {
  return loss === null ? "–" : loss.toFixed(4);
}
