/** `npm run docs`: writes docs/ops.md. */
import { writeFileSync } from "node:fs";
import { runAll, settings } from "../../tests/torch-ops/run.ts";
import { page } from "./page.ts";

const results = [];
for (const setting of settings) results.push(await runAll(setting));
writeFileSync(new URL("../../docs/ops.md", import.meta.url), page(results));
