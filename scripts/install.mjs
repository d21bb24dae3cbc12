import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pnpm, root } from "./pnpm.mjs";

/** Installs the workspace's packages where they are missing or the lockfile has changed; exits where it cannot. */
export function install() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) fail(`Node ${process.versions.node} is too old: 20.19 is needed`);

  const stamp = join(root, "node_modules", ".tsuki-lockfile");
  const lockfile = createHash("sha256")
    .update(readFileSync(join(root, "pnpm-lock.yaml")))
    .digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lockfile) return;

  process.stderr.write("Installing packages …\n");
  const { status, output } = pnpm(["install", "--frozen-lockfile"]);
  if (status !== 0) {
    process.stderr.write(`${output}\n`);
    fail(`the packages could not be installed (exit code ${status})`, status);
  }
  writeFileSync(stamp, lockfile);
}

function fail(message, status = 1) {
  process.stderr.write(`tsuki: ${message}\n`);
  process.exit(status);
}
