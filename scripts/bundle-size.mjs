// What a page downloads for each package, bundled whole with all that it needs, minified and compressed.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { root } from "./pnpm.mjs";

/** Most kilobytes (1,000 bytes) after gzip, without what is measured under another name. */
const budgets = { "@tsuki/core": 60, "@tsuki/nn": 15, "@tsuki/optim": 10, "@tsuki/moe": 10 };

for (const [name, budget] of Object.entries(budgets)) {
  const code = await bundle(name);
  const size = gzipSync(code, { level: 9 }).length / 1000;
  console.log(
    `${name.padEnd(14)} ${size.toFixed(1).padStart(5)} kB of ${budget}  (${kilobytes(code.length)} before gzip)`,
  );
  if (size <= budget) continue;
  console.error(`${name} is ${size.toFixed(1)} kB after gzip; its budget is ${budget} kB`);
  process.exitCode = 1;
}

/** Everything that the main entry exports, in one minified module; other packages of ours stay outside. */
async function bundle(name) {
  const entry = "virtual:entry";
  const others = Object.keys(budgets).filter((other) => other !== name);
  const { output } = await build({
    configFile: false,
    root: folderOf(name),
    logLevel: "error",
    plugins: [
      {
        name: "entry",
        resolveId: (id) => (id === entry ? `\0${entry}` : null),
        load: (id) => (id === `\0${entry}` ? `export * from ${JSON.stringify(mainOf(name))};` : null),
      },
    ],
    build: {
      write: false,
      minify: true,
      target: "es2022",
      rolldownOptions: {
        input: entry,
        external: (id) => others.some((other) => id === other || id.startsWith(`${other}/`)),
        preserveEntrySignatures: "strict",
      },
    },
  });
  return output.map((chunk) => chunk.code ?? "").join("");
}

function folderOf(name) {
  const folders = readdirSync(join(root, "packages")).map((folder) => join(root, "packages", folder));
  return folders.find((folder) => JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).name === name);
}

function mainOf(name) {
  const folder = folderOf(name);
  return join(folder, JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).exports["."].default);
}

function kilobytes(bytes) {
  return `${(bytes / 1000).toFixed(1)} kB`;
}
