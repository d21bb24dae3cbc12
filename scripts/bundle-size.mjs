// What a page downloads for each package, bundled with all that it needs, minified and compressed.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { root } from "./pnpm.mjs";

/** A training loop: what a program downloads that uses tensors, gradients and random numbers. All methods of tensors are in it. */
const training = `import { Generator, parameter, stats, zeros } from "@tsuki/core";
const x = new Generator(1).normal([16, 3]).keep();
const weight = parameter(zeros([3, 3]), { name: "weight" });
for (let step = 0; step < 12; step++) {
  const loss = x.matmul(weight.transpose()).sub(x.flip(1)).square().mean();
  loss.backward();
  weight.assign(weight.sub(weight.grad.mul(0.1)));
  console.log(await loss.item(), stats());
}`;

/** Kilobytes (1,000 bytes) after gzip that each may take, without what is measured under another name. */
const cases = [
  { title: "@tsuki/core, a training loop", name: "@tsuki/core", budget: 75, code: training },
  { title: "@tsuki/core, all exports", name: "@tsuki/core", budget: 82 },
  { title: "@tsuki/nn, all exports", name: "@tsuki/nn", budget: 16 },
  { title: "@tsuki/optim, all exports", name: "@tsuki/optim", budget: 11 },
  { title: "@tsuki/moe, all exports", name: "@tsuki/moe", budget: 10 },
  { title: "@tsuki/data, all exports", name: "@tsuki/data", budget: 14 },
  { title: "@tsuki/train, all exports", name: "@tsuki/train", budget: 4 },
];
const packages = [...new Set(cases.map(({ name }) => name))];

for (const { title, name, budget, code = `export * from "${name}";` } of cases) {
  const bundled = await bundle(name, code);
  const size = gzipSync(bundled, { level: 9 }).length / 1000;
  const before = (bundled.length / 1000).toFixed(1);
  console.log(`${title.padEnd(30)} ${size.toFixed(1).padStart(5)} kB of ${budget}  (${before} kB before gzip)`);
  if (size <= budget) continue;
  console.error(`${title}: ${size.toFixed(1)} kB after gzip is over the budget of ${budget} kB`);
  process.exitCode = 1;
}

/** A program in one minified module; packages of ours other than `name` stay outside. */
async function bundle(name, code) {
  const entry = "virtual:entry";
  const { output } = await build({
    configFile: false,
    root: folderOf(name),
    logLevel: "error",
    plugins: [
      {
        name: "entry",
        resolveId: (id) => (id === entry ? `\0${entry}` : id === name ? mainOf(name) : null),
        load: (id) => (id === `\0${entry}` ? code : null),
      },
    ],
    build: {
      write: false,
      minify: true,
      target: "es2022",
      rolldownOptions: {
        input: entry,
        external: (id) => packages.some((other) => other !== name && (id === other || id.startsWith(`${other}/`))),
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
