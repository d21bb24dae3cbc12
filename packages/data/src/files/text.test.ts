import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ArgumentError } from "@tsuki/core";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { expectExactResume, take } from "../../test/streams.ts";
import { shuffleStream } from "../shuffle-buffer.ts";
import { repeat } from "../stream.ts";
import { loadJsonLines, readJsonLines, readText } from "./text.ts";

const folder = mkdtempSync(join(tmpdir(), "tsuki-data-"));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function write(contents: string | Uint8Array): string {
  const path = join(folder, `${files++}.txt`);
  writeFileSync(path, contents);
  return path;
}

const line = fc.string({ unit: "grapheme" }).map((text) => text.replace(/[\r\n\ufeff]/g, "—"));
const texts = fc.array(fc.array(line, { maxLength: 6 }), { minLength: 1, maxLength: 3 });
/** The last line may have no end. */
const contents = (lines: readonly string[], ended: boolean): string =>
  lines.join("\n") + (lines.length > 0 && (ended || lines.at(-1) === "") ? "\n" : "");

describe("lines of files", () => {
  it("are those that were written", async () => {
    await fc.assert(
      fc.asyncProperty(texts, fc.boolean(), async (all, ended) => {
        const paths = all.map((lines) => write(contents(lines, ended)));
        expect(await take(readText(paths))).toEqual(all.flat());
      }),
    );
  });

  it("go on from any place, also from a shuffle buffer in another pass", async () => {
    await fc.assert(
      fc.asyncProperty(texts, fc.boolean(), fc.nat(12), async (all, ended, before) => {
        fc.pre(all.flat().length > 0);
        const paths = all.map((lines) => write(contents(lines, ended)));
        await expectExactResume(() => readText(paths), before, 20);
        const make = () => repeat(shuffleStream(readText(paths), { buffer: 3, seed: 1 }));
        await expectExactResume(make, before, 20);
      }),
    );
  });

  it("may be longer than what is read at a time, and end where that ends", async () => {
    const lines = [2 ** 16 - 1, 2 ** 16, 3, 2 ** 18, 2 ** 15, 2 ** 15 - 2].map((length, i) => String(i).repeat(length));
    for (const ended of [true, false]) {
      const path = write(contents(lines, ended));
      expect(await take(readText(path))).toEqual(lines);
      for (let before = 0; before <= lines.length; before++) await expectExactResume(() => readText(path), before, 9);
    }
  });

  it("may begin with a mark, and end as on Windows", async () => {
    expect(await take(readText(write("\ufeffa\r\n\r\nb\rc\r\n")))).toEqual(["a", "", "b\rc"]);
  });

  it("may be paragraphs", async () => {
    expect(await take(readText(write("a\nb\n\nc\n\n"), { separator: "\n\n" }))).toEqual(["a\nb", "c"]);
  });

  it("say where a byte is not UTF-8", async () => {
    for (const wrong of [[0xe2, 0x80, 10], [0xef, 0xbf, 10], [0xef]]) {
      const path = write(Uint8Array.of(97, 10, 98, ...wrong));
      const stream = readText(path);
      await stream.next();
      await expect(stream.next()).rejects.toThrow(`${path}, byte 3: this is not UTF-8`);
    }
  });

  it("are missed where the file is another one", async () => {
    const path = write("one\ntwo\n");
    const stream = readText(path);
    await stream.next();
    const state = stream.state();
    writeFileSync(path, "three\nfour\n");
    const resumed = readText(path);
    resumed.restore(state);
    await expect(resumed.next()).rejects.toThrow(`${path}, byte 4: no record begins here`);
    writeFileSync(path, "on");
    await expect(resumed.next()).rejects.toThrow("no record begins here");
    expect(() => resumed.restore({ file: 2, byte: 0, line: 0 })).toThrow(
      "readText: the place is in file 2, and the files are 1",
    );
  });

  it("are of files that are there", async () => {
    await expect(readText(join(folder, "none")).next()).rejects.toThrow(/ENOENT.*none/);
    await expect(readText(folder).next()).rejects.toThrow(
      `EISDIR: illegal operation on a directory, read, reading '${folder}'`,
    );
    expect(() => readText([])).toThrow("readText: there are no files");
    expect(() => readText("a", { separator: "" })).toThrow("readText: the separator is empty");
  });
});

describe("JSON lines", () => {
  it("are values, and what is made of them", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue()), async (values) => {
        const path = write(values.map((value) => `${JSON.stringify(value)}\n\n`).join(""));
        const written = values.map((value) => JSON.parse(JSON.stringify(value)));
        expect(await take(readJsonLines(path))).toEqual(written);
        const numbers = (value: unknown) => (typeof value === "number" ? { value } : undefined);
        const expected = written.filter((value) => typeof value === "number").map((value) => ({ value }));
        expect(await loadJsonLines(path, numbers)).toEqual(expected);
      }),
    );
  });

  it("say where one is wrong, or what is made of it fails", async () => {
    const path = write('{"a": 1}\n\n{"a": }\n');
    const stream = readJsonLines(path);
    await stream.next();
    await expect(stream.next()).rejects.toThrow(`${path}, line 3, byte 10: Unexpected token`);
    for (const cause of [new ArgumentError("no messages"), new TypeError("no messages")]) {
      const refuse = (): never => {
        throw cause;
      };
      await expect(loadJsonLines(path, refuse)).rejects.toThrow(`${path}, line 1, byte 0: no messages`);
    }
  });
});
