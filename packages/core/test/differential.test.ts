/** The wasm backend computes what the reference computes, for random calls of every op and for random programs. */
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import "../src/backends/reference/index.ts";
import { Device } from "../src/index.ts";
import * as functions from "../src/ops/functions.ts";
import * as methods from "../src/ops/methods.ts";
import { agree } from "./differential/check.ts";
import { checkProgram } from "./differential/program.ts";
import { specs } from "./differential/specs.ts";

const reference = new Device("reference");
const wasm = new Device("wasm", { threads: 2 });
afterAll(async () => {
  await reference.close();
  await wasm.close();
});

it("every op has random calls, and nothing else has", () => {
  expect(Object.keys(specs).sort()).toEqual(Object.keys({ ...methods, ...functions }).sort());
});

/** Two of five of what other properties run, since there are so many ops. */
const { TSUKI_FUZZ_RUNS: runs = "25" } = process.env;
const property = (body: (draw: fc.GeneratorValue) => Promise<void>): Promise<void> =>
  fc.assert(fc.asyncProperty(fc.gen(), body), { numRuns: Math.ceil(Number(runs) * 0.4) });

describe("wasm = reference", () => {
  it.each(Object.keys(specs))("%s", async (name) => {
    await property((draw) => agree(name, specs[name].trial(draw), reference, wasm));
  });

  it.each(["first", "second", "third"])("a %s series of random programs", async () => {
    await property((draw) => checkProgram(draw, specs, reference, wasm));
  });
});
