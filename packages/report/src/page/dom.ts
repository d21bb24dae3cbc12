type Child = Node | string;

/** An element with its attributes and children; text is text, never markup. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** A part of the page under a heading. */
export function section(heading: string, ...children: readonly Child[]): HTMLElement {
  return element("section", {}, element("h2", {}, heading), ...children);
}

/** A table that scrolls by itself where the page is narrower. */
export function table(head: readonly Child[], rows: readonly HTMLTableRowElement[]): HTMLElement {
  const cells = head.map((cell) => element("th", { scope: "col" }, cell));
  const body = element("tbody", {}, ...rows);
  const parts = cells.length > 0 ? [element("thead", {}, element("tr", {}, ...cells)), body] : [body];
  return element("div", { class: "scroll" }, element("table", {}, ...parts));
}
