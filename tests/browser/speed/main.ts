/** Tokens per second in Chromium, with threads and without, beside this Node: `npx tsx tests/browser/speed/main.ts`. */
import { setDefaultDevice } from "@tsuki/core";
import { isolation } from "../chromium.ts";
import { Site } from "../pages/serve.ts";
import { type Measured, measure } from "./measure.ts";

const [rounds, seconds] = [3, 8];

const site = await Site.build(import.meta.dirname);
const inPage = async (headers: Readonly<Record<string, string>>): Promise<Measured> => {
  const page = await site.open(headers);
  const measured = await page.evaluate<Measured>(`measure(${seconds})`);
  await page.context().close();
  return measured;
};
/** In turn, since a machine that others use as well is not the same all the time. */
const contestants: Readonly<Record<string, () => Promise<Measured>>> = {
  [`Node ${process.versions.node}`]: () => measure(seconds),
  "Chromium, isolated": () => inPage(isolation),
  "Chromium, plain": () => inPage({}),
};
const found = new Map<string, Measured[]>();
for (let round = 0; round < rounds; round++) {
  for (const [name, run] of Object.entries(contestants)) {
    found.set(name, [...(found.get(name) ?? []), await run()]);
  }
}
await setDefaultDevice("wasm").close();
await site.close();
for (const [name, measured] of found) {
  const speeds = measured.map(({ tokensPerSecond }) => tokensPerSecond).sort((a, b) => a - b);
  const [low, middle, high] = speeds.map((speed) => Math.round(speed).toLocaleString("en"));
  const memory = Math.round(measured[0].megabytes);
  console.log(`${name.padEnd(20)} ${middle} tokens/s (${low} to ${high}), ${memory} MB of tensors`);
}
