import { type RunData, sameLoss } from "@tsuki/report";
import { clock, count } from "@tsuki/train/node";

/** What came out: both losses, and how soon each run was where the other ends. */
export function describeResult(muon: RunData, adamw: RunData): string {
  const rows = [["", "validation loss", "time"], ...[muon, adamw].map(resultOf)];
  const table = rows.map(([name, loss, time]) => `  ${name.padEnd(6)}${loss.padStart(17)}${time.padStart(8)}`);
  return [
    ...table,
    "",
    `  ${reached("Muon", muon, "AdamW", adamw)}`,
    `  ${reached("AdamW", adamw, "Muon", muon)}`,
  ].join("\n");
}

/** Name, loss on the whole validation text in nats per byte, time with validations. */
function resultOf({ name, events }: RunData): [string, string, string] {
  const whole = events.findLast((event) => event.kind === "validation" && event.part === "whole");
  return whole?.kind === "validation" ? [name, whole.loss.toFixed(4), clock(whole.seconds)] : [name, "–", "–"];
}

/** "Muon is where AdamW ends after 96 of 200 steps (98,304 tokens): 48% of the steps, 55% of the time." */
function reached(name: string, run: RunData, otherName: string, other: RunData): string {
  const shares = sameLoss(run.events, other.events);
  const end = other.events.findLast(({ kind }) => kind === "step");
  if (typeof shares === "string" || end === undefined) return `${name} does not come to where ${otherName} ends.`;
  const [steps, tokens] = [shares.steps * end.step, shares.tokens * end.tokens].map(Math.round);
  const percent = (share: number): string => `${Math.round(share * 100)}%`;
  return (
    `${name} is where ${otherName} ends after ${count(steps)} of ${count(end.step)} steps (${count(tokens)} tokens): ` +
    `${percent(shares.steps)} of the steps, ${percent(shares.seconds)} of the time.`
  );
}
