import fc from "fast-check";
import { expect, it } from "vitest";
import { onEveryDevice } from "../test/devices.ts";
import { distance } from "../test/spectra.ts";
import { backwardWith, weight } from "../test/training.ts";
import { SGD } from "./sgd.ts";

onEveryDevice("cautious weight decay", (place) => {
  const rate = fc.double({ min: 0, max: 0.9, noNaN: true });
  const element = fc.oneof(
    fc.constant(0),
    fc.double({ min: 0.01, max: 2, noNaN: true }),
    fc.double({ min: -2, max: -0.01, noNaN: true }),
  );
  const elements = fc.array(fc.tuple(element, element), { minLength: 1, maxLength: 8 });

  it("shrinks the elements whose update does so too, and leaves the others to the update alone", async () => {
    await fc.assert(
      fc.asyncProperty(rate, rate, elements, async (lr, weightDecay, pairs) => {
        const w = weight(
          place,
          [pairs.length],
          pairs.map(([value]) => value),
        );
        const optimizer = new SGD({ w }, { lr, weightDecay, cautiousWeightDecay: true });
        backwardWith([w, pairs.map(([, gradient]) => gradient)]);
        await optimizer.step();
        const expected = pairs.map(([value, g]) => value * (g * value >= 0 ? 1 - lr * weightDecay : 1) - lr * g);
        expect(distance(await w.data(), expected)).toBeLessThan(place.tolerance(1e-14, 1e-6));
      }),
    );
  });
});
