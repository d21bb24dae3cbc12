// Packs every package, lints the tarballs, and uses each package alone, as a plain Node project would: by import and by require.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pnpm, root } from "./pnpm.mjs";

/** What is computed with a package, beside importing all of its entries. */
const computations = {
  "@tsuki/core": `import { tensor } from "@tsuki/core";
const sum: number = await tensor([1, 2, 3]).mul(2).sum().item();
if (sum !== 12) throw new Error(\`2 (1 + 2 + 3) gave \${sum}\`);
`,
  "@tsuki/nn": `import { tensor } from "@tsuki/core";
import { Linear } from "@tsuki/nn";
const layer = new Linear({ inFeatures: 3, outFeatures: 2 });
const [row]: unknown[] = (await layer.call(tensor([[1, 2, 3]])).array()) as unknown[];
if ((row as number[]).length !== 2) throw new Error(\`a linear layer gave \${row}\`);
`,
  "@tsuki/optim": `import { eye } from "@tsuki/core";
import { newtonSchulz } from "@tsuki/optim";
const corner: number = await newtonSchulz(eye(3)).select(0, 0).select(0, 0).item();
if (Math.abs(corner - 0.6857849) > 1e-5) throw new Error(\`Newton-Schulz of the identity gave \${corner}\`);
`,
  "@tsuki/moe": `import { countParameters, moonlight16B } from "@tsuki/moe";
const { total }: { total: number } = countParameters(moonlight16B);
if (total !== 15_960_108_544) throw new Error(\`Moonlight has \${total} parameters\`);
`,
  "@tsuki/data": `import { decodeNpy, encodeBytes, encodeNpy, Loader, TokenWindows } from "@tsuki/data";
const windows = new TokenWindows(encodeBytes("the white whale"), { length: 4 });
const { shape } = await new Loader(windows, { batch: 2 }).next();
if (String(shape) !== "2,4") throw new Error(\`a batch of two windows of four has the shape [\${shape}]\`);
const { data } = decodeNpy(encodeNpy({ dtype: "float32", shape: [2], data: Float32Array.of(0.5, 2) }));
if (String(data) !== "0.5,2") throw new Error(\`an npy file gave \${data}\`);
`,
  "@tsuki/train": `import { parameter, zeros } from "@tsuki/core";
import { Linear, mseLoss } from "@tsuki/nn";
import { SGD } from "@tsuki/optim";
import { Trainer } from "@tsuki/train";
const model = new Linear({ inFeatures: 2, outFeatures: 1 });
const trainer = new Trainer<null>({
  model,
  optimizer: new SGD(model.namedParameters(), { lr: 0.1 }),
  batches: { next: () => null, state: () => null, restore: () => {} },
  schedule: () => 0.1,
  loss: () => mseLoss(model.call(parameter(zeros([4, 2])).add(1)), zeros([4, 1])),
  batchTokens: 4,
});
const losses: number[] = [];
for (let step = 0; step < 5; step++) losses.push((await trainer.train())?.loss ?? Number.NaN);
if (!(losses[4] < losses[0])) throw new Error(\`losses \${losses}\`);
`,
  "@tsuki/report": `import { writeReport } from "@tsuki/report";
// A path that the compiler does not follow: no types of Node are there.
const { mkdirSync, readFileSync, writeFileSync } = await import("node:fs" as string);
mkdirSync("run");
writeFileSync("run/config.json", JSON.stringify({ program: "test", config: { lr: 0.125 }, environment: {} }));
writeFileSync("run/metrics.jsonl", "");
const page: string = readFileSync(await writeReport("run"), "utf8");
if (!page.includes("0.125")) throw new Error("the report shows no config");
`,
  "@tsuki/gpu": `import { setDefaultDevice, tensor } from "@tsuki/core";
import "@tsuki/gpu";
const device = setDefaultDevice("gpujs", { mode: "webasm" });
const product: number = await tensor([[1, 2]]).matmul(tensor([[3], [4]])).item();
if (product !== 11) throw new Error(\`[1, 2] · [3, 4] gave \${product}\`);
await device.close();
`,
};

const work = mkdtempSync(join(tmpdir(), "tsuki-pack-"));
try {
  const packages = readdirSync(join(root, "packages")).map(pack);
  for (const { name, tarball } of packages) {
    tool("publint", ["run", tarball, "--strict"]);
    tool("attw", [tarball, "--profile", "esm-only", "--no-color"]);
    useAlone(name, packages);
    console.log(`${name}: packed, linted, installed and used alone`);
  }
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** Makes the tarball of one package. */
function pack(folder) {
  const cwd = join(root, "packages", folder);
  const { name, exports, dependencies = {} } = JSON.parse(readFileSync(join(cwd, "package.json"), "utf8"));
  const tarball = join(work, `${folder}.tgz`);
  const { status, output } = pnpm(["pack", "--out", tarball], cwd);
  if (status !== 0) throw new Error(`pnpm pack failed for ${name}:\n${output}`);
  const entries = Object.keys(exports).map((path) => name + path.slice(1));
  return { name, tarball, entries, dependencies: Object.keys(dependencies) };
}

/** Installs a package with what it needs in an empty folder; type-checks and runs a program that imports it. */
function useAlone(name, packages) {
  const folder = join(work, name);
  const needed = closure(name, packages);
  const imports = needed[0].entries.map((entry) => `import "${entry}";\n`).join("");
  const program = `${imports}${computations[name] ?? ""}`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  writeFileSync(join(folder, "main.ts"), program);
  const quiet = ["--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund", "--loglevel=error"];
  execute("npm", ["install", ...quiet, ...needed.map(({ tarball }) => tarball)], folder);
  tool("tsc", ["--strict", "--module", "nodenext", "--target", "es2022", "main.ts"], folder);
  execute(process.execPath, ["main.js"], folder);
  const requires = needed[0].entries.map(
    (entry) => `if (!Object.keys(require("${entry}")).length) throw "${entry}";\n`,
  );
  writeFileSync(join(folder, "main.cjs"), requires.join(""));
  execute(process.execPath, ["main.cjs"], folder);
}

/** The package, and those of ours that it needs. */
function closure(name, packages) {
  const found = packages.find((candidate) => candidate.name === name);
  const ours = found.dependencies.filter((dependency) => packages.some((candidate) => candidate.name === dependency));
  return [...new Set([found, ...ours.flatMap((dependency) => closure(dependency, packages))])];
}

function tool(command, args, cwd = work) {
  execute(join(root, "node_modules", ".bin", command), args, cwd);
}

function execute(command, args, cwd) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed:\n${error?.message ?? stdout + stderr}`);
}
