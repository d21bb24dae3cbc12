/** How a line is drawn, in words. */
export interface LegendEntry {
  readonly text: string;
  readonly color?: string;
  readonly dashes?: string;
}

/** A line of what each line of a chart stands for, each with a piece of it. */
export function legend(entries: readonly LegendEntry[]): HTMLElement {
  const line = document.createElement("span");
  for (const { text, color = "currentColor", dashes } of entries) {
    const entry = document.createElement("span");
    entry.append(sample(color, dashes), ` ${text}`);
    entry.style.marginRight = "1em";
    entry.style.whiteSpace = "nowrap";
    line.append(entry, " ");
  }
  return line;
}

function sample(color: string, dashes?: string): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const attributes = { width: "22", height: "8", "aria-hidden": "true" };
  const line = document.createElementNS(svg.namespaceURI, "line");
  const drawn = { x1: "0", x2: "22", y1: "4", y2: "4", stroke: color, "stroke-width": "2" };
  for (const [name, value] of Object.entries(attributes)) svg.setAttribute(name, value);
  for (const [name, value] of Object.entries(drawn)) line.setAttribute(name, value);
  if (dashes !== undefined) line.setAttribute("stroke-dasharray", dashes);
  svg.style.verticalAlign = "middle";
  svg.append(line);
  return svg;
}
