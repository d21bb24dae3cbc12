/**
 * A small WebAssembly emitter. Expressions are typed trees named as in the specification (`i32.add`, `f32x4.mul`,
 * `v128.load32Splat`, `atomic.add`); a `FunctionBuilder` takes them statement by statement; a `Module` gives the bytes.
 * A number where a scalar is expected is a constant. A tree is computed wherever it is used: keep what is used twice
 * with `f.let`. Functions of a module do not call each other (on Node 26 eager optimisation aborts on such calls):
 * what kernels share are TypeScript functions that write into the `f` they are given.
 *
 *     const module = new Module({ memory: { minimum: 1, maximum: 65536, shared: true }, nonce: "flags" });
 *     module.export("scale", { from: "i32", to: "i32", bytes: "i32", by: "f32" }, (f, { from, to, bytes, by }) => {
 *       const factor = f.let(f32x4.splat(by)); // a constant in a local, set before the loop
 *       const i = f.local("i32");
 *       f.for(i, 0, bytes, 16, () => {
 *         const x = f.let(v128.load(i32.add(from, i)));
 *         f.if(v128.anyTrue(f32x4.ne(x, x)), () => f.return());
 *         f.do(v128.store(i32.add(to, i), f32x4.mul(x, factor)));
 *       });
 *     });
 *     const { scale } = new WebAssembly.Instance(new WebAssembly.Module(module.toBytes()), { env: { memory } }).exports;
 */
export * as atomic from "./atomic.ts";
export * as f32 from "./f32.ts";
export * as f32x4 from "./f32x4.ts";
export * as f64 from "./f64.ts";
export * as f64x2 from "./f64x2.ts";
export { FunctionBuilder, type Label, type ParameterLocals, type Parameters } from "./function.ts";
export * as i8x16 from "./i8x16.ts";
export * as i16x8 from "./i16x8.ts";
export * as i32 from "./i32.ts";
export * as i32x4 from "./i32x4.ts";
export * as i64 from "./i64.ts";
export { type MemoryImport, Module, type ModuleOptions } from "./module.ts";
export type { Shift, Vector } from "./simd.ts";
export * as v128 from "./v128.ts";
export { type Effect, type Local, type Operand, select, type Value, type ValueType } from "./value.ts";
