import fc from "fast-check";
import ndarray from "ndarray";
import { expect, it } from "vitest";
import "../index.ts";
import { tensor } from "./create.ts";
import { fromNdarray, toNdarray } from "./ndarray.ts";

it("views of any strides come as their elements, and go back", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
      fc.boolean(),
      async (shape, reversed) => {
        const size = shape.reduce((a, b) => a * b, 1);
        const whole = ndarray(
          Float32Array.from({ length: size }, (_, i) => i),
          shape,
        );
        const view = (reversed ? whole.step(-1) : whole).transpose(...shape.map((_, axis) => shape.length - 1 - axis));
        const back = await toNdarray(fromNdarray(view).mul(2));
        expect(back.shape).toEqual(view.shape);
        for (let i = 0; i < view.shape[0]; i++) {
          const at = [i, ...new Array<number>(shape.length - 1).fill(0)];
          expect(back.get(...at)).toBe(2 * view.get(...at));
        }
      },
    ),
  );
});

it("contents are copied both ways", async () => {
  const source = Float32Array.of(1, 2);
  const copied = fromNdarray(ndarray(source, [2]));
  source[0] = 9;
  const array = await toNdarray(copied);
  array.set(1, 7);
  expect(await copied.array()).toEqual([1, 2]);
  expect((await toNdarray(tensor(Int32Array.of(3)))).data).toEqual(Int32Array.of(3));
});
