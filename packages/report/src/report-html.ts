import type { RunData } from "./run-data.ts";

/** What makes data a page. */
export interface Page {
  readonly script: string;
  readonly style: string;
}

/**
 * The report as one HTML file. Its policy lets it load nothing, from the network or from elsewhere.
 *
 * @param runs The data come as JSON; text of theirs that looks like markup stays text.
 */
export function reportHtml(runs: readonly RunData[], { script, style }: Page): string {
  const title = runs.length === 1 ? runs[0].name : `${runs.length} runs`;
  const policy = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<link rel="icon" href="data:,">
<title>${escapeText(title)} · Tsuki</title>
<style>
${style}</style>
</head>
<body>
<script type="application/json" id="runs">${scriptJson(runs)}</script>
<script>${script.replaceAll(/<\/(?=script)/gi, "<\\/").trimEnd()}</script>
</body>
</html>
`;
}

/** JSON in which nothing ends or opens an element. */
function scriptJson(data: unknown): string {
  return JSON.stringify(data).replaceAll("<", "\\u003c");
}

function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
