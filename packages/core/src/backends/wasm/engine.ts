/** What this WebAssembly engine can do, found out once, and how it compiles. */
import { DeviceError } from "../../errors.ts";
import { f32x4, Module, v128 } from "./emit/index.ts";
import type { KernelOptions } from "./kernels/kernel.ts";
import { tiles } from "./kernels/tile.ts";
import type { V8 } from "./v8.ts";
import { findV8 } from "./v8.ts";

/** Goes into every module's nonce: another emitter's code must not be taken from the engine's code cache. */
const EMITTER_VERSION = 1;
const MAXIMUM_PAGES = 65536;

export interface EngineOptions {
  /** Whether kernels work on a shared memory. */
  readonly shared: boolean;
  /** Leaves relaxed SIMD alone: a multiply-add then rounds twice on every machine. */
  readonly plain: boolean;
}

export interface Engine extends KernelOptions {
  readonly shared: boolean;
  /** Whether multiply-adds are rounded once. */
  readonly contracted: boolean;
  /** A module to be filled with kernels. */
  module(): Module;
  compile(module: Module): WebAssembly.Module | Promise<WebAssembly.Module>;
}

/** @throws DeviceError where the engine has no SIMD */
export async function createEngine({ shared, plain }: EngineOptions): Promise<Engine> {
  const v8 = findV8();
  for (const candidate of v8 ? [v8, null] : [null]) {
    for (const relaxed of plain ? [false] : [true, false]) {
      const engine = await probe(candidate, relaxed, shared);
      if (engine) return engine;
    }
  }
  throw new DeviceError("wasm: this WebAssembly engine has no SIMD, or computes wrongly with it");
}

/** The engine with these choices, if it has what they need and passes the self-check. */
async function probe(v8: V8 | null, relaxed: boolean, shared: boolean): Promise<Engine | null> {
  const nonce = `tsuki ${EMITTER_VERSION} ${v8 ? v8.flags : "default"}`;
  const memory = { minimum: 1, maximum: MAXIMUM_PAGES, shared };
  const compile: Engine["compile"] = (module) => {
    const bytes = module.toBytes();
    return v8 ? v8.scoped(() => new WebAssembly.Module(bytes)) : WebAssembly.compile(bytes);
  };
  const check = new Module({ memory, nonce });
  writeCheck(check, relaxed);
  try {
    const contracted = runCheck(await compile(check), shared, relaxed);
    if (contracted === null) return null;
    const classes = v8?.tiles ?? { relaxed: "wide", plain: "narrow" };
    const tile = tiles[relaxed ? classes.relaxed : classes.plain];
    return {
      shared,
      concurrent: shared,
      relaxed,
      contracted,
      tile,
      compile,
      module: () => new Module({ memory, nonce }),
    };
  } catch (error) {
    if (error instanceof WebAssembly.CompileError) return null;
    throw error;
  }
}

/** Two neighbouring vectors of a·b + c, as kernels compute them. */
function writeCheck(module: Module, relaxed: boolean): void {
  module.export("check", { a: "i32" }, (f, { a }) => {
    const vectors = [0, 16].map((offset) => {
      const [x, y, z] = [0, 32, 64].map((row) => f.let(v128.load(a, row + offset)));
      const plain = f.let(f32x4.add(f32x4.mul(x, y), z));
      return [plain, relaxed ? f.let(f32x4.relaxedMadd(x, y, z)) : plain];
    });
    vectors.forEach(([plain, madd], v) => {
      f.do(v128.store(a, plain, 96 + 16 * v));
      f.do(v128.store(a, madd, 128 + 16 * v));
    });
  });
}

/** Whether multiply-adds round once; `null` where a result is neither of the two possible ones. */
function runCheck(module: WebAssembly.Module, shared: boolean, relaxed: boolean): boolean | null {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared });
  const { check } = new WebAssembly.Instance(module, { env: { memory } }).exports as { check(address: number): void };
  const words = new Float32Array(memory.buffer);
  // x² − 1 = 2ε + ε²: the last term is lost where the product is rounded first.
  for (let i = 0; i < 8; i++) {
    const x = 1 + (2 * i + 1) * 2 ** -12;
    words[i] = x;
    words[8 + i] = x;
    words[16 + i] = -1;
  }
  check(0);
  const results = Array.from({ length: 8 }, (_, i) => {
    const once = Math.fround(words[i] * words[i] - 1);
    const twice = Math.fround(Math.fround(words[i] * words[i]) - 1);
    const madd = words[32 + i];
    const right = words[24 + i] === twice && (madd === twice || (relaxed && madd === once));
    return { right, contracted: madd === once && once !== twice };
  });
  if (results.some((r) => !r.right)) return null;
  const contracted = results.filter((r) => r.contracted).length;
  return contracted === 0 ? false : contracted === results.length ? true : null;
}
