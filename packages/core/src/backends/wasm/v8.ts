/** V8's flags in Node: set around one synchronous compilation, since they are the whole process's. */
import { builtin } from "../../builtin.ts";
import type { TileClass } from "./kernels/tile.ts";

export interface V8 {
  /** Runs `compile` under flags that make it optimise at once, with relaxed SIMD and paired vectors where it has them. */
  scoped<T>(compile: () => T): T;
  /** Names the flags, for the nonce of modules. */
  readonly flags: string;
  /** How well it compiles the micro-kernel of matrix products, with and without relaxed SIMD. */
  readonly tiles: { readonly relaxed: TileClass; readonly plain: TileClass };
}

/** Pairs of vectors become 256 bits. */
const REVECTORIZE = "experimental-wasm-revectorize";

/** Optimising compilation of all functions before the module's constructor returns. */
const EAGER = ["liftoff", "wasm-lazy-compilation"];

interface Version {
  readonly on: readonly string[];
  readonly tiles: V8["tiles"];
}

/** Tiles of engines with Turboshaft for code that is not paired. */
const unpaired: V8["tiles"] = { relaxed: "wide", plain: "narrow" };

/** By V8's major version; flags that a version does not know would be complained about on its error output. */
const versions: Readonly<Record<string, Version>> = {
  // Node 20
  "11": { on: ["experimental-wasm-relaxed-simd"], tiles: { relaxed: "narrow", plain: "narrow" } },
  // Node 22
  "12": { on: ["turboshaft-wasm"], tiles: unpaired },
  // Node 24
  "13": { on: [REVECTORIZE], tiles: { relaxed: "paired", plain: "pairedPlain" } },
  // Node 26
  "14": { on: [REVECTORIZE], tiles: { relaxed: "paired", plain: "pairedPlain" } },
};

/** The flags of this process's V8, with or without those that pair vectors; `null` in browsers and on other engines. */
export function findV8(pairs = true): V8 | null {
  if (!builtin) return null;
  const version = versions[process.versions.v8?.split(".")[0] ?? ""];
  if (!version || process.versions.bun || process.versions.deno) return null;
  const v8 = builtin("node:v8");
  const canPair = version.on.includes(REVECTORIZE);
  const on = version.on.filter((flag) => pairs || flag !== REVECTORIZE);
  return {
    flags: [...on, ...EAGER.map((flag) => `no-${flag}`)].join(" "),
    tiles: canPair && !pairs ? unpaired : version.tiles,
    scoped: (compile) => {
      for (const flag of EAGER) v8.setFlagsFromString(`--no-${flag}`);
      for (const flag of on) v8.setFlagsFromString(`--${flag}`);
      try {
        return compile();
      } finally {
        for (const flag of on) v8.setFlagsFromString(`--no-${flag}`);
        for (const flag of EAGER) v8.setFlagsFromString(`--${flag}`);
      }
    },
  };
}
