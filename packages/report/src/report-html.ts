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
export function reportHtml(runs: readonly RunData[], page: Page): string {
  const title = runs.length === 1 ? runs[0].name : `${runs.length} runs`;
  const data = `<script type="application/json" id="runs">${scriptJson(runs)}</script>`;
  return html(page, `${escapeText(title)} · Tsuki`, policy, data);
}

/** The same page without data: it asks the server it came from for them, and nothing else. */
export function dashboardHtml(page: Page): string {
  return html(page, "Tsuki", `${policy}; connect-src 'self'`, '<script type="application/json" id="live"></script>');
}

const policy = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:";

function html({ script, style }: Page, title: string, policy: string, data: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>
${style}</style>
</head>
<body>
${data}
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
