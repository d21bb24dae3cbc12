/** `npm run example -- digits`: a network of two layers learns to read handwritten digits. */
import { runProgram } from "@tsuki/train/node";
import { digits } from "./program.ts";

await runProgram(digits, process.argv.slice(2));
