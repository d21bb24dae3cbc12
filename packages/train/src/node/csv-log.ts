import { appendFileSync, closeSync, openSync } from "node:fs";
import type { RunEvent, StepEvent } from "../events.ts";

const columns = ["step", "tokens", "seconds", "loss", "lr", "gradNorm", "tokensPerSecond", "validationLoss"] as const;

/**
 * Steps and validations as rows of a table that spreadsheets read: the columns above, then the metrics and the update RMS of
 * the first step, which observes all there is. A validation has a row of its own.
 */
export class CsvLog {
  readonly #file: number;
  /** Of the first step; what comes before it waits. */
  #header: readonly string[] | null = null;
  #waiting: RunEvent[] = [];

  /** Makes the file anew. */
  constructor(path: string) {
    this.#file = openSync(path, "w");
  }

  log(event: RunEvent): void {
    if (event.kind !== "step" && event.kind !== "validation") return;
    this.#waiting.push(event);
    if (this.#header === null) {
      if (event.kind === "validation") return;
      this.#header = [...columns, ...Object.keys(extras(event))];
      this.#write(this.#header);
    }
    for (const waiting of this.#waiting) this.#write(this.#header.map((column) => cells(waiting)[column] ?? ""));
    this.#waiting = [];
  }

  close(): void {
    closeSync(this.#file);
  }

  #write(values: readonly (string | number)[]): void {
    appendFileSync(this.#file, `${values.map(cell).join(",")}\n`);
  }
}

function cells(event: RunEvent): Readonly<Record<string, number>> {
  const { step, tokens, seconds } = event;
  if (event.kind === "validation") return { step, tokens, seconds, validationLoss: event.loss };
  if (event.kind !== "step") return {};
  const { loss, lr, gradNorm, tokensPerSecond } = event;
  return { step, tokens, seconds, loss, lr, gradNorm, tokensPerSecond, ...extras(event) };
}

function extras({ metrics = {}, updateRms = {} }: StepEvent): Record<string, number> {
  const updates = Object.entries(updateRms).map(([group, rms]) => [`updateRms.${group}`, rms]);
  return { ...metrics, ...Object.fromEntries(updates) };
}

/** RFC 4180. */
function cell(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
