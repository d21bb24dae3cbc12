/**
 * `npm run example -- fine-tuning`: adapts a language model to dialogues with LoRA. Where no --base is named, one is trained
 * first, as `npm run example -- characters` does it.
 */
import { newRunPath, parseCommandLine, recordedConfig, runProgram, say } from "@tsuki/train/node";
import { characters } from "../characters/program.ts";
import { flagsOf } from "../flags.ts";
import { runExample } from "../several-runs.ts";
import { fineTuning } from "./program.ts";

const args = process.argv.slice(2);

await runExample(async () => {
  const recorded = (folder: string) => recordedConfig(fineTuning, folder);
  const { config, out, resume, report } = parseCommandLine(args, { ...fineTuning, recorded, hasDashboard: true });
  if (resume !== null || config.base !== null) {
    await runProgram(fineTuning, args);
    return;
  }
  const folder = out ?? newRunPath();
  const base = `${folder}-base`;
  const { device, threads } = config;
  const shared = [...flagsOf({ device, threads }), ...(report ? [] : ["--no-report"])];
  const ended = await runProgram(characters, ["--out", base, ...shared]);
  say();
  if (ended) await runProgram(fineTuning, [...args, "--out", folder, "--base", base]);
  else say(`Then: ${fineTuning.command} --base ${base}`);
});
