import { Generator } from "@tsuki/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { onEachDevice } from "../../../tests/devices.ts";
import { HostGenerator } from "./random.ts";

const seeds = fc.maxSafeNat();

onEachDevice(() => {
  test("the host draws the bits of the device", async () => {
    await fc.assert(
      fc.asyncProperty(seeds, fc.integer({ min: 0, max: 2 ** 31 }), async (seed, counter) => {
        const [host, device] = [new HostGenerator(seed), new Generator(seed)];
        for (const generator of [host, device]) generator.restore({ seed, counter });
        for (let i = 0; i < 3; i++) expect(host.next()).toBe((await device.uniform([1]).data())[0]);
      }),
    );
  });
});

test("a restored generator goes on where the state was taken", () => {
  fc.assert(
    fc.property(seeds, fc.nat(20), (seed, drawn) => {
      const generator = new HostGenerator(seed);
      for (let i = 0; i < drawn; i++) generator.next();
      const state = generator.state();
      const expected = [generator.next(), generator.next()];
      const other = new HostGenerator(0);
      other.restore(state);
      expect([other.next(), other.next()]).toEqual(expected);
    }),
  );
});

test("a seed that is no whole number in [0, 2^53) is an error", () => {
  for (const seed of [-1, 0.5, 2 ** 53, Number.NaN]) expect(() => new HostGenerator(seed)).toThrow(`not ${seed}`);
});
