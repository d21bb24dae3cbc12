import { describe, expect, it } from "vitest";
import { readCorpus } from "./text.ts";

describe("the corpus", () => {
  const { training, validation } = readCorpus();
  const text = (bytes: Uint8Array): string => new TextDecoder("utf-8", { fatal: true }).decode(bytes);

  it("is the whole book in two parts, the last twelve chapters held out", () => {
    expect(training.length + validation.length).toBeGreaterThan(1_200_000);
    expect(text(training)).toContain("Call me Ishmael.");
    expect(text(validation).startsWith("While now the fated Pequod had been so long afloat this voyage")).toBe(true);
    expect(text(validation)).toContain("There she blows!");
    expect(text(validation).trimEnd().endsWith("only found another orphan.")).toBe(true);
  });

  it("trains on nothing that it validates on", () => {
    const seen = text(training);
    const paragraphs = text(validation)
      .split("\n\n")
      .filter((paragraph) => paragraph.length > 60);
    expect(paragraphs.length).toBeGreaterThan(100);
    expect(paragraphs.filter((paragraph) => seen.includes(paragraph))).toEqual([]);
  });
});
