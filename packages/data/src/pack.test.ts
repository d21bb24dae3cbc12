import { tensor } from "@tsuki/core";
import { documentIds } from "@tsuki/nn";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectExactResume, take } from "../test/streams.ts";
import { type Document, documentOf } from "./document.ts";
import { type PackedRow, packDocuments, packStream } from "./pack.ts";
import { repeat, streamOf } from "./stream.ts";

/** Documents whose tokens are all different: 100 · document + place + 1, of which some count. */
const documents: fc.Arbitrary<Document[]> = fc
  .array(fc.array(fc.boolean(), { maxLength: 25 }), { maxLength: 8 })
  .map((all) =>
    all.map((counts, number) => {
      const ids = Int32Array.from(counts, (_, place) => 100 * number + place + 1);
      return { ids, labels: ids.map((id, place) => (counts[place] ? id : -100)) };
    }),
  );

const options = fc.record({ length: fc.integer({ min: 2, max: 12 }), split: fc.boolean() });

/** What a row teaches: pairs of a token and the one before it, where they are of one document. */
function taught({ ids, labels, documents }: PackedRow): string[] {
  return [...ids].flatMap((_, place) => {
    if (labels[place] === -100) return [];
    expect(documents[place - 1]).toBe(documents[place]);
    return [`${ids[place - 1]} ${labels[place]}`];
  });
}

describe("packed documents", () => {
  it("teach every label once, from the token before it", () => {
    fc.assert(
      fc.property(documents, options, (all, given) => {
        const expected = all.flatMap(({ ids, labels }) =>
          [...labels].flatMap((label, place) => (place > 0 && label !== -100 ? [`${ids[place - 1]} ${label}`] : [])),
        );
        const rows = packDocuments(all, given);
        expect(rows.flatMap(taught)).toEqual(expected);
        expect(rows.every((row) => taught(row).length > 0)).toBe(true);
        expect(rows.every(({ ids }) => ids.length === given.length)).toBe(true);
      }),
    );
  });

  it("fill their rows where they may be split, else stay whole where they fit", () => {
    const texts = [5, 4, 3, 9].map((length) => documentOf(Array.from({ length }, (_, place) => 10 * length + place)));
    const idsOf = (split: boolean): string[] =>
      packDocuments(texts, { length: 8, split }).map(({ ids }) => ids.join(" "));
    expect(idsOf(true)).toEqual([
      "50 51 52 53 54 40 41 42", // the last token of a row is the first of the next
      "42 43 30 31 32 90 91 92",
      "92 93 94 95 96 97 98 0",
    ]);
    expect(idsOf(false)).toEqual([
      "50 51 52 53 54 0 0 0",
      "40 41 42 43 30 31 32 0",
      "90 91 92 93 94 95 96 97",
      "97 98 0 0 0 0 0 0",
    ]);
  });

  it("are numbered as documentIds does", async () => {
    const texts = [3, 2, 2].map((length) => documentOf(new Uint8Array(length)));
    const [row] = packDocuments(texts, { length: 9 });
    const ids = documentIds(tensor(Int32Array.of(0, 3, 5, 7)), 9);
    expect([...row.documents]).toEqual([...(await ids.data())]);
  });

  it("of a stream are the same rows", async () => {
    await fc.assert(
      fc.asyncProperty(documents, options, async (all, given) => {
        expect(await take(packStream(streamOf(all), given))).toEqual(packDocuments(all, given));
      }),
    );
  });

  it("of a stream go on from any place, across passes", async () => {
    await fc.assert(
      fc.asyncProperty(documents, options, fc.nat(20), async (all, given, before) => {
        fc.pre(packDocuments(all, given).length > 0);
        await expectExactResume(() => repeat(packStream(streamOf(all), given)), before, 12);
      }),
    );
  });

  it("are refused where they make no sense", () => {
    expect(() => packDocuments([], { length: 1 })).toThrow("packDocuments: length is a whole number ≥ 2, not 1");
    const document = { ids: Int32Array.of(1, 2), labels: Int32Array.of(1) };
    expect(() => packDocuments([document], { length: 4 })).toThrow("a document has 2 ids and 1 labels");
  });
});
