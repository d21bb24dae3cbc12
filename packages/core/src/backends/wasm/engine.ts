/** What this WebAssembly engine can do, found out once, and how it compiles. */
import { DeviceError } from "../../errors.ts";
import { Module } from "./emit/index.ts";
import type { KernelOptions } from "./kernels/kernel.ts";
import { tiles } from "./kernels/tile.ts";
import { runCheck, writeCheck } from "./self-check.ts";
import type { V8 } from "./v8.ts";
import { findV8 } from "./v8.ts";

/** Goes into every module's nonce: another emitter's code must not be taken from the engine's code cache. */
const EMITTER_VERSION = 1;
const MAXIMUM_PAGES = 65536;

export interface EngineOptions {
  /** Whether kernels work on a shared memory, from several threads. */
  readonly shared: boolean;
  /** Whether multiply-adds may be rounded once (relaxed SIMD); default true. */
  readonly relaxed?: boolean;
  /** Whether the engine may pair vectors; default true. */
  readonly pairs?: boolean;
}

export interface Engine extends KernelOptions {
  /** Whether multiply-adds are rounded once. */
  readonly contracted: boolean;
  /** A module to be filled with kernels. */
  module(): Module;
  compile(module: Module): WebAssembly.Module | Promise<WebAssembly.Module>;
}

/**
 * The fastest way of compiling that this engine has and that passes the self-check.
 *
 * @throws DeviceError where the engine has no SIMD, or may compile nothing
 */
export async function createEngine({ shared, relaxed = true, pairs = true }: EngineOptions): Promise<Engine> {
  for (const v8 of [...(pairs ? [findV8()] : []), findV8(false), null]) {
    for (const contract of relaxed ? [true, false] : [false]) {
      const engine = await probe(v8, contract, shared);
      if (engine) return engine;
    }
  }
  await checkAllowed();
  throw new DeviceError("wasm: this WebAssembly engine has no SIMD, or computes wrongly with it");
}

/** The smallest module there is. */
const empty = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);

/** @throws DeviceError where nothing may be compiled at all */
async function checkAllowed(): Promise<void> {
  await WebAssembly.compile(empty).catch((cause: unknown) => {
    const policy = "a page's Content-Security-Policy must have 'wasm-unsafe-eval' in its script-src";
    throw new DeviceError(`wasm: nothing may be compiled here; ${policy}`, { cause });
  });
}

/** The engine with these choices, if it has what they need and passes the self-check. */
async function probe(v8: V8 | null, relaxed: boolean, shared: boolean): Promise<Engine | null> {
  const nonce = `tsuki ${EMITTER_VERSION} ${v8 ? v8.flags : "default"}`;
  const memory = { minimum: 1, maximum: MAXIMUM_PAGES, shared };
  const compile: Engine["compile"] = (module) => {
    const bytes = module.toBytes();
    return v8 ? v8.scoped(() => new WebAssembly.Module(bytes)) : WebAssembly.compile(bytes);
  };
  const classes = v8?.tiles ?? { relaxed: "wide", plain: "narrow" };
  const tile = tiles[relaxed ? classes.relaxed : classes.plain];
  const check = new Module({ memory, nonce });
  writeCheck(check, tile, relaxed);
  try {
    const contracted = runCheck(await compile(check), tile, shared, relaxed);
    if (contracted === null) return null;
    return { concurrent: shared, relaxed, contracted, tile, compile, module: () => new Module({ memory, nonce }) };
  } catch (error) {
    if (error instanceof WebAssembly.CompileError) return null;
    throw error;
  }
}
