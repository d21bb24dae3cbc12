import { ArgumentError } from "@tsuki/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { checkConfig, configFields, isMoELayer, type MoonlightConfig, moonlight16B } from "./config.ts";

test("Moonlight-16B is a valid config: its first layer is dense, the others are not", () => {
  checkConfig(moonlight16B);
  const layers = Array.from({ length: moonlight16B.numHiddenLayers }, (_, index) => isMoELayer(moonlight16B, index));
  expect(layers).toEqual([false, ...new Array<boolean>(26).fill(true)]);
});

test("a value out of range is refused by the name of its field", () => {
  const wrong = fc.constantFrom<unknown>(-1, Number.NaN, Number.POSITIVE_INFINITY, "64", null, undefined, [], {});
  fc.assert(
    fc.property(fc.constantFrom(...configFields), wrong, (field, value) => {
      const config = { ...moonlight16B, [field]: value } as MoonlightConfig;
      expect(() => checkConfig(config)).toThrow(ArgumentError);
      expect(() => checkConfig(config)).toThrow(field);
    }),
  );
});

test("all that is wrong is in one error, under the names that the caller knows", () => {
  const config = { ...moonlight16B, hiddenSize: 0, ropeTheta: -1 };
  expect(() => checkConfig(config, (field) => field.toUpperCase())).toThrow(
    "Moonlight config: HIDDENSIZE must be a whole number ≥ 1, not 0; ROPETHETA must be a finite number > 0, not -1",
  );
});

test.each<[Partial<MoonlightConfig>, string]>([
  [{ qkRopeHeadDim: 63 }, "qkRopeHeadDim = 63 must be even"],
  [{ numGroups: 7 }, "numGroups = 7 must divide numRoutedExperts = 64"],
  [{ numGroups: 64 }, "numGroups = 64 leaves no two experts"],
  [{ topKGroups: 2 }, "topKGroups = 2 exceeds numGroups = 1"],
  [{ numExpertsPerToken: 65 }, "numExpertsPerToken = 65 exceeds the 64 experts"],
  [{ numGroups: 8, topKGroups: 2, numExpertsPerToken: 17 }, "numExpertsPerToken = 17 exceeds the 16 experts"],
  [{ eosTokenId: 163840 }, "eosTokenId = 163840 is no row of the embedding"],
])("fields that do not fit together are refused: %o", (change, message) => {
  expect(() => checkConfig({ ...moonlight16B, ...change })).toThrow(message);
});
