/** The page of a table of pairs. */
import type { Pair, Table } from "../../docs/pairs/pairs.ts";
import { type Encoded, isTensor } from "./encode.ts";

/** @param results Of both sides, in the order of the pairs: shown where they differ. */
export function pageOf(
  { title, about, python, tsuki, sections }: Table,
  source: string,
  results: readonly { readonly python: Encoded; readonly tsuki: Encoded }[],
): string {
  let at = 0;
  const rows = (pairs: readonly Pair[]): string[] => {
    const given = pairs.map((pair) => ({ pair, ...results[at++] }));
    return given.map(({ pair, python, tsuki }) => {
      const difference = pair.differs && `\`${shown(python)}\` there, \`${shown(tsuki)}\` here`;
      const notes = [pair.note, difference].filter(Boolean).join(": ");
      return `| ${cell(pair.python)} | ${cell(pair.tsuki)}${notes && `<br><small>${notes}</small>`} |`;
    });
  };
  const language = title.split(" ").at(-1);
  return `${[
    `# ${title}`,
    `<!-- Written from ${source} by \`npm test -- tests/docs-pairs.test.ts -u\`. -->`,
    about,
    `The tests run both sides of every row and compare shapes, kinds of dtype, and values. Where a row says what comes there and here,
they check that. Names are from \`@tsuki/core\` where a section says nothing else. Before each row stands`,
    `\`\`\`python\n${python}\n\`\`\``,
    "and",
    `\`\`\`ts\n${tsuki}\n\`\`\``,
    '<div class="pairs">',
    ...sections.flatMap(({ title, about, pairs }) => [
      `## ${title}`,
      ...(about ? [about] : []),
      [`| ${language} | Tsuki |`, "| --- | --- |", ...rows(pairs)].join("\n"),
    ]),
    "</div>",
  ].join("\n\n")}\n`;
}

/** Code in a cell: a line each. Spaces at its beginning are kept. */
function cell(code: string): string {
  const lines = code.split("\n").map((line) => line.replace(/^ +/, (spaces) => "\u00a0".repeat(spaces.length)));
  return lines.map((line) => `\`${line.replaceAll("|", "\\|")}\``).join("<br>");
}

function shown(result: Encoded): string {
  if (isTensor(result)) return text(nested(result.data.map(rounded), result.shape));
  if (typeof result === "object" && result !== null && "error" in result) return result.error;
  return text(result);
}

function text(value: unknown): string {
  return JSON.stringify(value).replaceAll(",", ", ").replaceAll('"', "");
}

function rounded(value: number | string): number | string {
  return typeof value === "string" ? value : Number(value.toPrecision(4));
}

function nested(values: readonly unknown[], [extent, ...rest]: readonly number[]): unknown {
  if (extent === undefined) return values[0];
  const size = values.length / extent;
  return Array.from({ length: extent }, (_, i) => nested(values.slice(i * size, (i + 1) * size), rest));
}
