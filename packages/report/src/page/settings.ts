import type { Axis } from "../charts/chart.ts";
import { element } from "./dom.ts";

/** How the reader wants the charts. */
export interface Settings {
  readonly axis: Axis;
  readonly smoothing: number;
}

const axes: readonly Axis[] = ["steps", "tokens", "time"];

/** The controls of the charts; `changed` hears of every change. */
export function controls(initial: Settings, changed: (settings: Settings) => void): HTMLElement {
  let settings = initial;
  const change = (part: Partial<Settings>): void => {
    settings = { ...settings, ...part };
    changed(settings);
  };
  const choices = axes.map((axis) => {
    const input = element("input", { type: "radio", name: "axis", value: axis });
    input.checked = axis === settings.axis;
    input.addEventListener("change", () => change({ axis }));
    return element("label", {}, input, element("span", {}, axis));
  });
  const slider = element("input", { type: "range", min: "0", max: "0.99", step: "0.01", "aria-label": "smoothing" });
  slider.value = String(settings.smoothing);
  const shown = element("output", {}, settings.smoothing.toFixed(2));
  slider.addEventListener("input", () => {
    shown.value = slider.valueAsNumber.toFixed(2);
    change({ smoothing: slider.valueAsNumber });
  });
  return element(
    "form",
    { class: "controls" },
    element("fieldset", { class: "choice" }, element("legend", {}, "x axis"), ...choices),
    element("label", { class: "slider" }, "smoothing ", slider, shown),
  );
}
