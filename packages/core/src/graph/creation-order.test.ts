import fc from "fast-check";
import { expect, it } from "vitest";
import { tensor } from "../index.ts";
import { inCreationOrder } from "./creation-order.ts";

it("nodes are sorted by number, whether these lie close together or far apart", () => {
  const made = Array.from({ length: 2000 }, () => tensor([1]).node);
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat({ max: 1999 })), fc.constantFrom(1, 40, 2000), (places, within) => {
      const nodes = places.filter((place) => place < within).map((place) => made[place]);
      expect(inCreationOrder(nodes)).toEqual([...nodes].sort((a, b) => a.id - b.id));
    }),
  );
});
