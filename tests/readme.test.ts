/** The README's example runs as it stands. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

it("the ten lines train a weight", () => {
  const [, code] = /```ts\n([\s\S]*?)```/.exec(readFileSync(`${root}README.md`, "utf8")) ?? [];
  const folder = `${root}node_modules/.cache/tsuki`;
  mkdirSync(folder, { recursive: true });
  const file = `${folder}/readme.mts`;
  writeFileSync(file, code);
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--conditions=@tsuki/source", "--import", "tsx", file],
    { cwd: root, encoding: "utf8" },
  );
  rmSync(file);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const losses = stdout
    .trim()
    .split("\n")
    .map((line) => Number(line.split(" ")[1]));
  expect(losses).toHaveLength(12);
  expect(losses[11]).toBeLessThan(losses[0] / 50);
});
