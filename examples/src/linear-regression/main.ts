/** `npm run example -- linear-regression`: finds the weights of a line from noisy points, beside the closed form. */
import { runProgram } from "@tsuki/train/node";
import { linearRegression } from "./program.ts";

await runProgram(linearRegression, process.argv.slice(2));
