import fc from "fast-check";
import { expect, test } from "vitest";
import { contiguous, sizeOf } from "../../plan/view.ts";
import { dense } from "./arrays.ts";
import { pieceSize, pieces, restrict } from "./pieces.ts";

const shapes = fc
  .tuple(fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 }), fc.nat(100_000), fc.nat(4))
  .map(([rest, long, at]) => [...rest.slice(0, at), long, ...rest.slice(at)])
  .filter((shape) => sizeOf(shape) <= 150_000);

test("pieces are small and hold every element once", () => {
  fc.assert(
    fc.property(shapes, (shape) => {
      const places = Int32Array.from({ length: sizeOf(shape) }, (_, i) => i);
      const times = new Uint8Array(places.length);
      for (const piece of pieces(shape)) {
        expect(piece.size).toBe(sizeOf(piece.shape));
        expect(piece.size).toBeLessThanOrEqual(Math.max(pieceSize, 4 ** 4));
        for (const place of dense(places, restrict(contiguous(shape), piece))) times[place]++;
      }
      expect(times.every((n) => n === 1)).toBe(true);
    }),
  );
});

test("a scalar is one piece, an empty space none", () => {
  expect([...pieces([])]).toEqual([{ shape: [], size: 1, axis: -1, start: 0 }]);
  expect([...pieces([3, 0])]).toEqual([]);
});
