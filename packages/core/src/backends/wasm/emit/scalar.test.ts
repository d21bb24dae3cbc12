import fc from "fast-check";
import { expect, test } from "vitest";
import * as f32 from "./f32.ts";
import * as f64 from "./f64.ts";
import * as i32 from "./i32.ts";
import * as i64 from "./i64.ts";
import { Module } from "./module.ts";
import { type Binary, select, type Unary, type Value, type ValueType } from "./value.ts";

type Numeric = "i32" | "f32" | "f64";

/** Compiles `build` to a function of two numbers. */
function compile<T extends Numeric>(
  type: T,
  result: Numeric,
  build: (a: Value<T>, b: Value<T>) => Value<ValueType>,
): (a: number, b: number) => number {
  const module = new Module({ memory: { minimum: 1, maximum: 1, shared: false } });
  module.export("run", { a: type, b: type }, (f, { a, b }) => f.return(build(a, b)), result);
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.toBytes()), { env: { memory } });
  return instance.exports.run as (a: number, b: number) => number;
}

const ints = fc.oneof(fc.integer(), fc.constantFrom(0, 1, -1, 31, 2 ** 31 - 1, -(2 ** 31), 0x80, 0x8000));
const floats = fc.oneof(
  fc.float(),
  fc.constantFrom(0, -0, 0.5, 1.5, -2.5, Number.NaN, Infinity, -Infinity, 3e9, -3e9, Math.fround(1e-40)),
);
const u = (a: number): number => a >>> 0;
const bit = (condition: boolean): number => (condition ? 1 : 0);

function check<T extends Numeric>(
  type: T,
  result: Numeric,
  values: fc.Arbitrary<number>,
  build: (a: Value<T>, b: Value<T>) => Value<ValueType>,
  model: (a: number, b: number) => number,
): void {
  const run = compile(type, result, build);
  fc.assert(
    fc.property(values, values, (a, b) => {
      expect(run(a, b)).toBe(model(a, b));
    }),
  );
}

const popcount = (a: number): number => u(a).toString(2).replaceAll("0", "").length;
function rotateLeft(a: number, by: number): number {
  const bits = u(a).toString(2).padStart(32, "0");
  const start = by & 31;
  return Number.parseInt(bits.slice(start) + bits.slice(0, start), 2) | 0;
}
const i32Binary: [keyof typeof i32, Binary<"i32">, (a: number, b: number) => number][] = [
  ["eq", i32.eq, (a, b) => bit(a === b)],
  ["ne", i32.ne, (a, b) => bit(a !== b)],
  ["ltS", i32.ltS, (a, b) => bit(a < b)],
  ["ltU", i32.ltU, (a, b) => bit(u(a) < u(b))],
  ["gtS", i32.gtS, (a, b) => bit(a > b)],
  ["gtU", i32.gtU, (a, b) => bit(u(a) > u(b))],
  ["leS", i32.leS, (a, b) => bit(a <= b)],
  ["leU", i32.leU, (a, b) => bit(u(a) <= u(b))],
  ["geS", i32.geS, (a, b) => bit(a >= b)],
  ["geU", i32.geU, (a, b) => bit(u(a) >= u(b))],
  ["add", i32.add, (a, b) => (a + b) | 0],
  ["sub", i32.sub, (a, b) => (a - b) | 0],
  ["mul", i32.mul, (a, b) => Math.imul(a, b)],
  ["and", i32.and, (a, b) => a & b],
  ["or", i32.or, (a, b) => a | b],
  ["xor", i32.xor, (a, b) => a ^ b],
  ["shl", i32.shl, (a, b) => a << b],
  ["shrS", i32.shrS, (a, b) => a >> b],
  ["shrU", i32.shrU, (a, b) => (a >>> b) | 0],
  ["rotl", i32.rotl, (a, b) => rotateLeft(a, b)],
  ["rotr", i32.rotr, (a, b) => rotateLeft(a, -b)],
];
test.each(i32Binary)("i32.%s", (_, op, model) => check("i32", "i32", ints, op, model));

test("i32 division truncates, and traps at 0", () => {
  const nonZero = (b: number): number => (b === 0 || b === -1 ? 7 : b);
  const divisor = (b: Value<"i32">): Value<"i32"> => select(i32.or(i32.eqz(b), i32.eq(b, -1)), i32.const(7), b);
  check(
    "i32",
    "i32",
    ints,
    (a, b) => i32.divS(a, divisor(b)),
    (a, b) => Math.trunc(a / nonZero(b)) | 0,
  );
  check(
    "i32",
    "i32",
    ints,
    (a, b) => i32.divU(a, divisor(b)),
    (a, b) => Math.trunc(u(a) / u(nonZero(b))) | 0,
  );
  check(
    "i32",
    "i32",
    ints,
    (a, b) => i32.remS(a, divisor(b)),
    (a, b) => (a % nonZero(b)) | 0,
  );
  check(
    "i32",
    "i32",
    ints,
    (a, b) => i32.remU(a, divisor(b)),
    (a, b) => (u(a) % u(nonZero(b))) | 0,
  );
  expect(() => compile("i32", "i32", i32.divS)(1, 0)).toThrow(WebAssembly.RuntimeError);
});

const i32Unary: [keyof typeof i32, Unary<"i32">, (a: number) => number][] = [
  ["eqz", i32.eqz, (a) => bit(a === 0)],
  ["clz", i32.clz, (a) => Math.clz32(a)],
  ["ctz", i32.ctz, (a) => (a === 0 ? 32 : 31 - Math.clz32(a & -a))],
  ["popcnt", i32.popcnt, popcount],
  ["extend8S", i32.extend8S, (a) => (a << 24) >> 24],
  ["extend16S", i32.extend16S, (a) => (a << 16) >> 16],
];
test.each(i32Unary)("i32.%s", (_, op, model) => check("i32", "i32", ints, (a) => op(a), model));

const saturate =
  (low: number, high: number) =>
  (a: number): number =>
    Number.isNaN(a) ? 0 : Math.trunc(Math.min(Math.max(a, low), high)) | 0;
const bitsOf = (a: number): number => new Int32Array(new Float32Array([a]).buffer)[0];

test("conversions", () => {
  check("f32", "i32", floats, (a) => i32.truncSatF32S(a), saturate(-(2 ** 31), 2 ** 31 - 1));
  check("f32", "i32", floats, (a) => i32.truncSatF32U(a), saturate(0, 2 ** 32 - 1));
  check("f64", "i32", floats, (a) => i32.truncSatF64S(a), saturate(-(2 ** 31), 2 ** 31 - 1));
  check("f64", "i32", floats, (a) => i32.truncSatF64U(a), saturate(0, 2 ** 32 - 1));
  check("f32", "i32", floats, (a) => i32.reinterpretF32(a), bitsOf);
  check(
    "i32",
    "f32",
    ints,
    (a) => f32.convertI32S(a),
    (a) => Math.fround(a),
  );
  check(
    "i32",
    "f32",
    ints,
    (a) => f32.convertI32U(a),
    (a) => Math.fround(u(a)),
  );
  check(
    "i32",
    "f64",
    ints,
    (a) => f64.convertI32S(a),
    (a) => a,
  );
  check("i32", "f64", ints, (a) => f64.convertI32U(a), u);
  check(
    "f64",
    "f32",
    floats,
    (a) => f32.demoteF64(a),
    (a) => Math.fround(a),
  );
  check(
    "f32",
    "f64",
    floats,
    (a) => f64.promoteF32(a),
    (a) => a,
  );
  check(
    "f32",
    "f32",
    floats,
    (a) => f32.reinterpretI32(i32.reinterpretF32(a)),
    (a) => a,
  );
});

test("a wide product through i64", () => {
  const high = (a: Value<"i32">, b: Value<"i32">): Value<"i32"> =>
    i32.wrapI64(i64.shrU(i64.mul(i64.extendI32U(a), i64.extendI32U(b)), 32));
  check("i32", "i32", ints, high, (a, b) => Number(BigInt.asIntN(32, (BigInt(u(a)) * BigInt(u(b))) >> 32n)));
  const signedHigh = (a: Value<"i32">, b: Value<"i32">): Value<"i32"> =>
    i32.wrapI64(i64.shrU(i64.mul(i64.extendI32S(a), i64.extendI32S(b)), 32));
  check("i32", "i32", ints, signedHigh, (a, b) => Number(BigInt.asIntN(32, (BigInt(a) * BigInt(b)) >> 32n)));
  const mixed = (a: Value<"i32">, b: Value<"i32">): Value<"i32"> =>
    i32.wrapI64(i64.sub(i64.add(i64.or(i64.and(i64.extendI32S(a), 0xff), i64.shl(i64.extendI32S(b), 8)), -5), 2));
  check("i32", "i32", ints, mixed, (a, b) => (((a & 0xff) | (b << 8)) - 7) | 0);
});

const nearest = (a: number): number => {
  const r = Math.round(a);
  const even = Math.abs(a % 1) === 0.5 ? 2 * Math.round(a / 2) : r;
  return even === 0 ? a * 0 : even;
};

for (const [type, ops, round] of [
  ["f32", f32, Math.fround],
  ["f64", f64, (a: number) => a],
] as const) {
  const binaryModels: [
    Exclude<keyof typeof f32 & keyof typeof f64, "const" | "load" | "store">,
    (a: number, b: number) => number,
  ][] = [
    ["add", (a, b) => a + b],
    ["sub", (a, b) => a - b],
    ["mul", (a, b) => a * b],
    ["div", (a, b) => a / b],
    ["min", Math.min],
    ["max", Math.max],
    ["copysign", (a, b) => (b < 0 || Object.is(b, -0) ? -Math.abs(a) : Math.abs(a))],
  ];
  test.each(binaryModels)(`${type}.%s`, (key, model) => {
    const op = ops[key] as Binary<typeof type>;
    // The sign of a NaN shows in copysign alone and is not JavaScript's to see.
    const values = key === "copysign" ? floats.filter((a) => !Number.isNaN(a)) : floats;
    check(type, type, values, op, (a, b) => round(model(a, b)));
  });

  const comparisons: ["eq" | "ne" | "lt" | "gt" | "le" | "ge", (a: number, b: number) => boolean][] = [
    ["eq", (a, b) => a === b],
    ["ne", (a, b) => a !== b],
    ["lt", (a, b) => a < b],
    ["gt", (a, b) => a > b],
    ["le", (a, b) => a <= b],
    ["ge", (a, b) => a >= b],
  ];
  test.each(comparisons)(`${type}.%s`, (key, model) => {
    const op = ops[key] as Binary<typeof type, "i32">;
    check(type, "i32", floats, op, (a, b) => bit(model(a, b)));
  });

  const unaryModels: ["abs" | "neg" | "ceil" | "floor" | "trunc" | "nearest" | "sqrt", (a: number) => number][] = [
    ["abs", Math.abs],
    ["neg", (a) => -a],
    ["ceil", Math.ceil],
    ["floor", Math.floor],
    ["trunc", Math.trunc],
    ["nearest", nearest],
    ["sqrt", Math.sqrt],
  ];
  test.each(unaryModels)(`${type}.%s`, (key, model) => {
    const op = ops[key] as Unary<typeof type>;
    check(
      type,
      type,
      floats,
      (a) => op(a),
      (a) => round(model(a)),
    );
  });
}
