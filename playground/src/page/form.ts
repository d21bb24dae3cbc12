import {
  leastBytes,
  type OptimizerName,
  optimizers,
  type Settings,
  type Size,
  type SizeName,
  sizes,
} from "../settings.ts";
import { byId } from "./elements.ts";

/** What is chosen makes no sense; the message is for the reader. */
export class SettingsError extends Error {}

/** The form with the settings of a training. */
export class Form {
  readonly #form = byId("form", HTMLFormElement);
  readonly #fields = byId("settings", HTMLFieldSetElement);
  readonly #own = byId("own", HTMLElement);

  constructor() {
    for (const name of ["size", "source"]) this.#onChange(name, () => this.#explain());
    this.#onChange("optimizer", () => this.#set("lr", optimizers[this.#optimizer].lr));
    this.#own.addEventListener("input", () => this.#explain());
    // A page that was left and is shown again may hold what was chosen before.
    this.#set("lr", this.#value("lr") || optimizers[this.#optimizer].lr);
    this.#explain();
  }

  /** @throws SettingsError */
  read(): Settings {
    const [lr, seed] = [Number(this.#value("lr")), Number(this.#value("seed"))];
    if (!(lr > 0 && lr <= 1)) throw new SettingsError("The learning rate is a number above 0, at most 1.");
    if (!(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)) {
      throw new SettingsError("The seed is a whole number from 0 to 4294967295.");
    }
    if (this.#value("prompt") === "") throw new SettingsError("Samples need a beginning.");
    const text = this.#value("source") === "own" ? this.#value("text") : null;
    const missing = text === null ? 0 : leastBytes(this.#size) - bytesOf(text);
    if (missing > 0) {
      const least = leastBytes(this.#size).toLocaleString("en");
      throw new SettingsError(`The text is too short: this size needs ${least} bytes, so that batches can be filled.`);
    }
    return {
      size: this.#value("size") as SizeName,
      optimizer: this.#optimizer,
      lr,
      seed,
      prompt: this.#value("prompt"),
      text,
    };
  }

  /** Shows the settings of a training that was loaded. */
  show({ size, optimizer, lr, seed, prompt, text }: Settings): void {
    const source = text === null ? "book" : "own";
    for (const [name, value] of Object.entries({ size, optimizer, lr, seed, prompt, source })) this.#set(name, value);
    if (text !== null) this.#set("text", text);
    this.#explain();
  }

  /** A training keeps its settings. */
  lock(locked: boolean): void {
    this.#fields.disabled = locked;
  }

  get #size(): Size {
    return sizes[this.#value("size") as SizeName];
  }

  get #optimizer(): OptimizerName {
    return this.#value("optimizer") as OptimizerName;
  }

  #explain(): void {
    const { hidden, layers, experts, batch, length } = this.#size;
    byId("size-note", HTMLElement).textContent =
      `${layers} layers of width ${hidden}, ${experts} experts; ${batch} × ${length} bytes a step`;
    this.#own.hidden = this.#value("source") !== "own";
    const [has, needs] = [bytesOf(this.#value("text")), leastBytes(this.#size)];
    byId("text-note", HTMLElement).textContent =
      `${has.toLocaleString("en")} bytes; ${has < needs ? `at least ${needs.toLocaleString("en")} are needed` : "enough"}`;
  }

  #onChange(name: string, listener: () => void): void {
    this.#form.addEventListener("change", ({ target }) => {
      if (target instanceof HTMLInputElement && target.name === name) listener();
    });
  }

  #field(name: string): { value: string } {
    return this.#form.elements.namedItem(name) as RadioNodeList | HTMLInputElement | HTMLTextAreaElement;
  }

  #value(name: string): string {
    return this.#field(name).value;
  }

  #set(name: string, value: string | number): void {
    this.#field(name).value = String(value);
  }
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}
