import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadPage } from "#page";
import { madeUpRun } from "../test/made-up-run.ts";
import { reportHtml } from "./report-html.ts";
import type { RunData } from "./run-data.ts";

const page = { script: "/* script */", style: "/* style */" };
const dataOf = (html: string): string =>
  /<script type="application\/json" id="runs">(.*?)<\/script>/s.exec(html)?.[1] ?? "";

/** A run whose texts are all the same one. */
const saying = (text: string): RunData => ({
  name: text,
  program: text,
  config: { [text]: text },
  environment: {},
  events: [{ kind: "sample", step: 1, tokens: 1, seconds: 1, text }],
});

describe("the page", () => {
  it("gives the runs back as they were, whatever they say", () => {
    const markup = fc.constantFrom(
      "</script>",
      "<!--",
      "<script>",
      "]]>",
      "</SCRIPT >",
      "\u2028",
      '"',
      "\\",
      "&lt;",
      "__proto__",
    );
    const text = fc
      .array(fc.oneof(markup, fc.string({ unit: "grapheme-ascii" })), { maxLength: 8 })
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(text, (said) => {
        const runs = [saying(said), madeUpRun({ steps: 3 })];
        const data = dataOf(reportHtml(runs, page));
        expect(data).not.toContain("<");
        expect(JSON.parse(data)).toEqual(JSON.parse(JSON.stringify(runs)));
      }),
      { seed: 6, numRuns: 25 },
    );
  });

  it("has no more elements for what runs say", () => {
    const tags = (html: string): number => html.match(/<[a-z!/]/gi)?.length ?? 0;
    const plain = tags(reportHtml([saying("text")], page));
    expect(tags(reportHtml([saying("</title></script><script>alert(1)</script><!--")], page))).toBe(plain);
  });

  it("closes its script where it ends, not in the middle", () => {
    const html = reportHtml([], { ...page, script: 'a = "</script>"; b = "</SCRIPT>";' });
    expect(html).toContain('<script>a = "<\\/script>"; b = "<\\/SCRIPT>";</script>');
  });

  it("is titled by its run, or by how many there are", () => {
    expect(reportHtml([saying("a < b & c")], page)).toContain("<title>a &lt; b &amp; c · Tsuki</title>");
    expect(reportHtml([saying("a"), saying("b")], page)).toContain("<title>2 runs · Tsuki</title>");
  });
});

describe("the page as bundled", () => {
  it("loads nothing: no file of the network, none beside it, and a policy that forbids it", async () => {
    const html = reportHtml([madeUpRun()], await loadPage());
    expect(html).toContain("Content-Security-Policy\" content=\"default-src 'none'; script-src 'unsafe-inline'; ");
    const markup = html.replaceAll(/<(script|style)[^>]*>.*?<\/\1>/gs, "<$1>");
    expect(markup.match(/(?:src|href)="[^"]*"/g)).toEqual(['href="data:,"']);
    const { script, style } = await loadPage();
    expect(style).not.toMatch(/url\(|@import/);
    expect(script).not.toMatch(/\bimport\s*\(|\bimport\b[^;]*\bfrom\b|\bfetch\(|XMLHttpRequest|WebSocket|sendBeacon/);
  });

  it("has a script that parses, and no source map to look for", async () => {
    const { script } = await loadPage();
    expect(() => new Function(script)).not.toThrow();
    expect(script).not.toContain("sourceMappingURL");
  });

  it("stays small", async () => {
    const { script, style } = await loadPage();
    expect(script.length + style.length).toBeLessThan(350_000);
  });
});
