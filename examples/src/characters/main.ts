/** `npm run example -- characters`: a small language model learns a text, character by character. */
import { runProgram } from "@tsuki/train/node";
import { characters } from "./program.ts";

await runProgram(characters, process.argv.slice(2));
