/** Tokens per second in Chromium, with threads and without, beside this Node: `npx tsx tests/browser/speed/main.ts`. */
import { setDefaultDevice } from "@tsuki/core";
import { isolation } from "../chromium.ts";
import { Site } from "../pages/serve.ts";
import { measure } from "./measure.ts";

const [rounds, seconds] = [3, 8];

const site = await Site.build(import.meta.dirname);
const inPage = async (headers: Readonly<Record<string, string>>): Promise<number> => {
  const page = await site.open(headers);
  const speed = await page.evaluate<number>(`measure(${seconds})`);
  await page.context().close();
  return speed;
};
/** In turn, since a machine that others use as well is not the same all the time. */
const contestants: Readonly<Record<string, () => Promise<number>>> = {
  [`Node ${process.versions.node}`]: () => measure(seconds),
  "Chromium, isolated": () => inPage(isolation),
  "Chromium, plain": () => inPage({}),
};
const found = new Map<string, number[]>();
for (let round = 0; round < rounds; round++) {
  for (const [name, run] of Object.entries(contestants)) {
    found.set(name, [...(found.get(name) ?? []), await run()]);
  }
}
await setDefaultDevice("wasm").close();
await site.close();
for (const [name, speeds] of found) {
  const [low, middle, high] = speeds.sort((a, b) => a - b).map((speed) => Math.round(speed).toLocaleString("en"));
  console.log(`${name.padEnd(20)} ${middle} tokens/s (${low} to ${high})`);
}
