import { expect, it } from "vitest";
import { Lines } from "./progress.ts";

function metrics(step: number) {
  return {
    kind: "step" as const,
    step,
    tokens: 2048 * step,
    loss: 5 / step,
    lr: 0.006,
    gradNorm: 1,
    tokensPerSecond: 2048.4,
    seconds: 10 + 2 * step,
  };
}

it("lines have fixed columns; every few steps, and the first and last one", () => {
  const lines: string[] = [];
  const progress = new Lines((line) => lines.push(line), { steps: 1000, done: 990, logEvery: 4 });
  for (let step = 991; step <= 1000; step++) progress.show(metrics(step), step < 995 ? null : 1.62);
  expect(lines).toEqual([
    "  step   done      loss   validation         lr   grad norm   tokens/s   elapsed       ETA",
    "   991    99%    0.0050            –    6.00e-3      1.0000      2,048     33:12         –",
    "   992    99%    0.0050            –    6.00e-3      1.0000      2,048     33:14      0:16",
    "   996    99%    0.0050       1.6200    6.00e-3      1.0000      2,048     33:22      0:08",
    "  1000   100%    0.0050       1.6200    6.00e-3      1.0000      2,048     33:30      0:00",
  ]);
});
