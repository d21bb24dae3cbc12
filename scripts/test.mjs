// `npm test`: runs Vitest once in this very process; its flags may follow `npm test --`.
import { fileURLToPath } from "node:url";

const vitest = new URL("../node_modules/vitest/vitest.mjs", import.meta.url);
process.argv.splice(1, 1, fileURLToPath(vitest), "run");
await import(vitest.href);
