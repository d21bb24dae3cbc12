import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UsageError } from "@tsuki/train/node";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { bitsPerCharacter, oneLine } from "./show.ts";
import { countCharacters, readText } from "./text.ts";

const folder = mkdtempSync(join(tmpdir(), "tsuki-text-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Text of one to four bytes a character. */
const text = fc.string({ unit: fc.constantFrom("a", " ", "\n", "é", "—", "鯨", "🐋"), maxLength: 60 });

describe("a text", () => {
  it("is cut between characters, the last tenth held out", () => {
    const file = join(folder, "text.txt");
    fc.assert(
      fc.property(text, (written) => {
        writeFileSync(file, written);
        const { training, validation } = readText(file);
        const read = [training, validation].map((bytes) => new TextDecoder("utf-8", { fatal: true }).decode(bytes));
        expect(read.join("")).toBe(written);
        const bytes = Buffer.byteLength(written);
        expect(training.length).toBeGreaterThanOrEqual(Math.floor(bytes * 0.9));
        expect(training.length).toBeLessThan(bytes * 0.9 + 4);
      }),
      { numRuns: 25 },
    );
  });

  it("that cannot be read is named", () => {
    expect(() => readText(join(folder, "none"))).toThrow(UsageError);
    expect(() => readText(join(folder, "none"))).toThrow(/^error: --text .*none: ENOENT/);
  });

  it("is Moby-Dick where none is given", () => {
    expect(new TextDecoder().decode(readText(null).training).includes("Call me Ishmael.")).toBe(true);
  });
});

describe("characters", () => {
  it("are counted as JavaScript iterates over them", () => {
    fc.assert(
      fc.property(text, (written) => {
        expect(countCharacters(new TextEncoder().encode(written))).toBe([...written].length);
      }),
    );
  });

  it("take the bits of their bytes", () => {
    const bytes = new TextEncoder().encode("é—");
    expect(bitsPerCharacter(Math.LN2, bytes)).toBeCloseTo(5 / 2, 12);
  });

  it("are cut to one line", () => {
    expect(oneLine("a\n\n b", 5)).toBe("a b");
    expect(oneLine("🐋🐋🐋🐋", 3)).toBe("🐋🐋…");
  });
});
