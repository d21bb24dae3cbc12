import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Command } from "./contestant.ts";

/** Who can be compared with. */
export const peerNames = ["tfjs", "jax", "torch"] as const;
export type PeerName = (typeof peerNames)[number];

/** Threads of peers that have any. */
const peerThreads = 2;

/** Tsuki with a number of threads, on this Node or another one. */
export function ours(name: string, threads: number, node: string = process.execPath): Command {
  return script(name, "./ours/main.ts", [String(threads)], node);
}

/** The processes of the peers that are here. JavaScript ones compete as they run in Node, and with threads by a shim. */
export function peers(names: readonly PeerName[], missing: (why: string) => void): Command[] {
  return names.flatMap((name) => {
    if (name === "torch") return torch(missing);
    const major = Number.parseInt(process.versions.node, 10);
    if (name === "jax" && major < 22) {
      missing(`jax: @jax-js/jax needs Node 22, this is ${process.versions.node}`);
      return [];
    }
    const file = `./${name}/main.ts`;
    return [script(name, file, ["1"]), script(`${name}${peerThreads}`, file, [String(peerThreads)])];
  });
}

function script(name: string, file: string, args: readonly string[], node: string = process.execPath): Command {
  const path = fileURLToPath(new URL(file, import.meta.url));
  return { name, file: node, args: [...process.execArgv, path, ...args] };
}

function torch(missing: (why: string) => void): Command[] {
  const python = ["python3", "/usr/bin/python3"].find(
    (name) => spawnSync(name, ["-c", "import torch"], { stdio: "ignore" }).status === 0,
  );
  if (python === undefined) {
    missing("torch: no python3 here can import torch");
    return [];
  }
  const folder = fileURLToPath(new URL("./torch", import.meta.url));
  const threads = String(peerThreads);
  const env = { OMP_NUM_THREADS: threads, PYTHONDONTWRITEBYTECODE: "1" };
  return [{ name: "torch", file: python, args: [`${folder}/main.py`, threads], env }];
}
