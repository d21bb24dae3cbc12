import fc from "fast-check";
import { expect, test } from "vitest";
import * as f32x4 from "./f32x4.ts";
import * as f64x2 from "./f64x2.ts";
import type { FunctionBuilder } from "./function.ts";
import * as i8x16 from "./i8x16.ts";
import * as i16x8 from "./i16x8.ts";
import * as i32 from "./i32.ts";
import * as i32x4 from "./i32x4.ts";
import { Module } from "./module.ts";
import type { Shift, Vector } from "./simd.ts";
import * as v128 from "./v128.ts";
import type { Binary, Unary, Value } from "./value.ts";

type Lanes = Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | Float32Array | Float64Array;
type LaneArray = new (buffer: ArrayBuffer) => Lanes;

const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
const bytes = new Uint8Array(memory.buffer);
const result = bytes.subarray(64, 80);

/** Runs `body` on the vectors at 0, 16 and 32; results go to 64. */
function compile(body: (f: FunctionBuilder, a: Vector, b: Vector, c: Vector) => void): () => void {
  const module = new Module({ memory: { minimum: 1, maximum: 1, shared: false } });
  module.export("run", {}, (f) => body(f, v128.load(0), v128.load(0, 16), v128.load(0, 32)));
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.toBytes()), { env: { memory } });
  return instance.exports.run as () => void;
}

const special = [0, 0x80000000, 0x7fc00000, 0x7f800000, 0xff800000, 0x3f000000, 0x3fc00000, 0xc0200000, 0xffffffff, 1];
const word = fc.oneof(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.constantFrom(...special));
const words = fc.array(word, { minLength: 12, maxLength: 12 }).map((w) => Uint32Array.from(w));

/** Checks `body` on random bits against `expected`, which fills the 16 bytes of the result. */
function check(
  body: (f: FunctionBuilder, a: Vector, b: Vector, c: Vector) => void,
  expected: (input: ArrayBuffer, output: ArrayBuffer) => void,
  view: LaneArray = Uint8Array,
): void {
  const run = compile(body);
  fc.assert(
    fc.property(words, (input) => {
      bytes.set(new Uint8Array(input.buffer));
      result.fill(0);
      run();
      const output = new ArrayBuffer(16);
      expected(input.buffer, output);
      expect(new view(result.slice().buffer)).toEqual(new view(output));
    }),
  );
}

/** Checks a vector-valued expression lane by lane. */
function checkLanes(
  build: (a: Vector, b: Vector, c: Vector) => Vector,
  input: LaneArray,
  output: LaneArray,
  model: (a: number, b: number, c: number) => number,
): void {
  const store = (f: FunctionBuilder, ...v: [Vector, Vector, Vector]): void => f.do(v128.store(64, build(...v)));
  const expected = (from: ArrayBuffer, to: ArrayBuffer): void => {
    const lanes = new input(from);
    const target = new output(to);
    for (let i = 0; i < target.length; i++) {
      target[i] = model(lanes[i], lanes[i + target.length], lanes[i + 2 * target.length]);
    }
  };
  check(store, expected, output);
}

type Model = (a: number, b: number) => number;
const min: Model = (a, b) => Math.min(a, b);
const max: Model = (a, b) => Math.max(a, b);
/** The first unless the second is chosen: what `pmin` and `pmax` do with NaN and zeros of two signs. */
const second = (chosen: boolean, a: number, b: number): number => (chosen ? b : a);
const mask = (condition: (a: number, b: number) => boolean): Model => {
  return (a, b) => (condition(a, b) ? -1 : 0);
};
const comparisons: Readonly<Record<string, Model>> = {
  eq: mask((a, b) => a === b),
  ne: mask((a, b) => a !== b),
  lt: mask((a, b) => a < b),
  gt: mask((a, b) => a > b),
  le: mask((a, b) => a <= b),
  ge: mask((a, b) => a >= b),
};
const orders = ["lt", "gt", "le", "ge"] as const;

for (const [name, ops, bits, signed, unsigned] of [
  ["i8x16", i8x16, 8, Int8Array, Uint8Array],
  ["i16x8", i16x8, 16, Int16Array, Uint16Array],
  ["i32x4", i32x4, 32, Int32Array, Uint32Array],
] as const) {
  test(`${name}: comparisons`, () => {
    for (const order of orders) {
      checkLanes(ops[`${order}S`], signed, signed, comparisons[order]);
      checkLanes(ops[`${order}U`], unsigned, signed, comparisons[order]);
    }
    checkLanes(ops.eq, signed, signed, comparisons.eq);
    checkLanes(ops.ne, signed, signed, comparisons.ne);
  });

  test(`${name}: arithmetic`, () => {
    const models: [Binary<"v128">, LaneArray, Model][] = [
      [ops.add, signed, (a, b) => a + b],
      [ops.sub, signed, (a, b) => a - b],
      [ops.minS, signed, min],
      [ops.maxS, signed, max],
      [ops.minU, unsigned, min],
      [ops.maxU, unsigned, max],
    ];
    if ("mul" in ops) models.push([ops.mul, signed, Math.imul]);
    for (const [op, lanes, model] of models) checkLanes(op, lanes, lanes, model);
    checkLanes(
      (a) => ops.abs(a),
      signed,
      signed,
      (a) => Math.abs(a),
    );
    checkLanes(
      (a) => ops.neg(a),
      signed,
      signed,
      (a) => -a,
    );
    for (const by of [0, 1, 5, bits - 1, bits + 3]) {
      const distance = by % bits;
      const shifts: [Shift, LaneArray, Model][] = [
        [ops.shl, signed, (a) => a << distance],
        [ops.shrS, signed, (a) => a >> distance],
        [ops.shrU, unsigned, (a) => a >>> distance],
      ];
      for (const [op, lanes, model] of shifts) checkLanes((a) => op(a, by), lanes, lanes, model);
    }
  });

  test(`${name}: lanes and tests`, () => {
    const lanes = 128 / bits;
    checkLanes(
      () => ops.splat(-7),
      signed,
      signed,
      () => -7,
    );
    for (const lane of [0, 1, lanes - 1]) {
      const replaced = (f: FunctionBuilder, a: Vector): void => f.do(v128.store(64, ops.replaceLane(a, lane, 9)));
      check(replaced, (input, output) => {
        new Uint8Array(output).set(new Uint8Array(input, 0, 16));
        new signed(output)[lane] = 9;
      });
      const extracts: [(a: Vector, lane: number) => Value<"i32">, LaneArray][] =
        "extractLane" in ops
          ? [[ops.extractLane, signed]]
          : [
              [ops.extractLaneS, signed],
              [ops.extractLaneU, unsigned],
            ];
      for (const [extract, view] of extracts) {
        const body = (f: FunctionBuilder, a: Vector): void => f.do(i32.store(64, extract(a, lane)));
        check(body, (input, output) => {
          new Int32Array(output)[0] = new view(input)[lane];
        });
      }
    }
    const tests = (f: FunctionBuilder, a: Vector, b: Vector): void => {
      f.do(i32.store(64, ops.bitmask(a)));
      f.do(i32.store(68, ops.allTrue(v128.or(a, b))));
    };
    check(tests, (input, output) => {
      const a = [...new signed(input, 0, lanes)];
      const b = [...new signed(input, 16, lanes)];
      new Int32Array(output)[0] = a.reduce((all, lane, i) => all | (lane < 0 ? 1 << i : 0), 0);
      new Int32Array(output)[1] = a.every((lane, i) => (lane | b[i]) !== 0) ? 1 : 0;
    });
  });
}

const clamp = (low: number, high: number): Model => {
  return (a) => (Number.isNaN(a) ? 0 : Math.min(Math.max(Math.trunc(a), low), high));
};

test("narrow and extend", () => {
  const narrowed = (op: Binary<"v128">, from: LaneArray, to: LaneArray, low: number, high: number): void => {
    check(
      (f, a, b) => f.do(v128.store(64, op(a, b))),
      (input, output) => {
        const target = new to(output);
        new from(input).subarray(0, target.length).forEach((lane, i) => {
          target[i] = clamp(low, high)(lane, 0);
        });
      },
    );
  };
  narrowed(i8x16.narrowI16x8S, Int16Array, Int8Array, -128, 127);
  narrowed(i8x16.narrowI16x8U, Int16Array, Uint8Array, 0, 255);
  narrowed(i16x8.narrowI32x4S, Int32Array, Int16Array, -32768, 32767);
  narrowed(i16x8.narrowI32x4U, Int32Array, Uint16Array, 0, 65535);
  const high = (op: Unary<"v128">) => (a: Vector) => op(v128.shuffle32(a, a, [2, 3, 0, 1]));
  const low = (op: Unary<"v128">) => (a: Vector) => op(a);
  const extensions: [(a: Vector) => Vector, LaneArray, LaneArray][] = [
    [low(i16x8.extendLowI8x16S), Int8Array, Int16Array],
    [low(i16x8.extendLowI8x16U), Uint8Array, Int16Array],
    [high(i16x8.extendHighI8x16S), Int8Array, Int16Array],
    [high(i16x8.extendHighI8x16U), Uint8Array, Int16Array],
    [low(i32x4.extendLowI16x8S), Int16Array, Int32Array],
    [low(i32x4.extendLowI16x8U), Uint16Array, Int32Array],
    [high(i32x4.extendHighI16x8S), Int16Array, Int32Array],
    [high(i32x4.extendHighI16x8U), Uint16Array, Int32Array],
  ];
  for (const [build, from, to] of extensions) checkLanes(build, from, to, (a) => a);
});

const nearest = (a: number): number => (Math.abs(a % 1) === 0.5 ? 2 * Math.round(a / 2) : Math.round(a));

test("f32x4", () => {
  const models: [Binary<"v128">, Model][] = [
    [f32x4.add, (a, b) => a + b],
    [f32x4.sub, (a, b) => a - b],
    [f32x4.mul, (a, b) => a * b],
    [f32x4.div, (a, b) => a / b],
    [f32x4.min, min],
    [f32x4.max, max],
    [f32x4.pmin, (a, b) => second(b < a, a, b)],
    [f32x4.pmax, (a, b) => second(a < b, a, b)],
  ];
  for (const [op, model] of models) checkLanes(op, Float32Array, Float32Array, model);
  const functions: [Unary<"v128">, Model][] = [
    [f32x4.ceil, Math.ceil],
    [f32x4.floor, Math.floor],
    [f32x4.trunc, Math.trunc],
    [f32x4.abs, Math.abs],
    [f32x4.neg, (a) => -a],
    [f32x4.sqrt, Math.sqrt],
  ];
  for (const [op, model] of functions) checkLanes((a) => op(a), Float32Array, Float32Array, model);
  const round = (a: number): number => (nearest(a) === 0 ? 0 : nearest(a));
  const withoutSign = (a: Vector): Vector => f32x4.add(f32x4.nearest(a), f32x4.splat(0));
  checkLanes(withoutSign, Float32Array, Float32Array, round);
  const { eq, ne, lt, gt, le, ge } = f32x4;
  for (const [key, op] of Object.entries({ eq, ne, lt, gt, le, ge })) {
    checkLanes(op, Float32Array, Int32Array, comparisons[key]);
  }
  checkLanes(
    () => f32x4.splat(0.1),
    Float32Array,
    Float32Array,
    () => 0.1,
  );
  checkLanes(
    (a) => f32x4.replaceLane(a, 0, f32x4.extractLane(a, 0)),
    Float32Array,
    Float32Array,
    (a) => a,
  );
  checkLanes(
    (a) => f32x4.convertI32x4S(a),
    Int32Array,
    Float32Array,
    (a) => a,
  );
  checkLanes(
    (a) => f32x4.convertI32x4U(a),
    Uint32Array,
    Float32Array,
    (a) => a,
  );
  checkLanes((a) => i32x4.truncSatF32x4S(a), Float32Array, Int32Array, clamp(-(2 ** 31), 2 ** 31 - 1));
  checkLanes((a) => i32x4.truncSatF32x4U(a), Float32Array, Uint32Array, clamp(0, 2 ** 32 - 1));
});

test("f64x2", () => {
  const models: [Binary<"v128">, Model][] = [
    [f64x2.add, (a, b) => a + b],
    [f64x2.sub, (a, b) => a - b],
    [f64x2.mul, (a, b) => a * b],
    [f64x2.div, (a, b) => a / b],
    [f64x2.min, min],
    [f64x2.max, max],
    [f64x2.pmin, (a, b) => [a, b][Number(b < a)]],
    [f64x2.pmax, (a, b) => [a, b][Number(a < b)]],
  ];
  for (const [op, model] of models) checkLanes(op, Float64Array, Float64Array, model);
  checkLanes((a) => f64x2.abs(a), Float64Array, Float64Array, Math.abs);
  checkLanes(
    (a) => f64x2.neg(a),
    Float64Array,
    Float64Array,
    (a) => -a,
  );
  checkLanes((a) => f64x2.sqrt(a), Float64Array, Float64Array, Math.sqrt);
  checkLanes((a) => f64x2.trunc(a), Float64Array, Float64Array, Math.trunc);
  const { eq, ne, lt, gt, le, ge } = f64x2;
  for (const [key, op] of Object.entries({ eq, ne, lt, gt, le, ge })) {
    const first = (a: Vector, b: Vector): Vector => v128.shuffle32(op(a, b), a, [0, 0, 2, 2]);
    check(
      (f, a, b) => f.do(v128.store(64, first(a, b))),
      (input, output) => {
        const lanes = new Float64Array(input);
        const [low, high] = [comparisons[key](lanes[0], lanes[2]), comparisons[key](lanes[1], lanes[3])];
        new Int32Array(output).set([low, low, high, high]);
      },
    );
  }
  checkLanes(
    () => f64x2.splat(0.1),
    Float64Array,
    Float64Array,
    () => 0.1,
  );
  checkLanes(
    (a) => f64x2.replaceLane(a, 0, f64x2.extractLane(a, 0)),
    Float64Array,
    Float64Array,
    (a) => a,
  );
  checkLanes(
    (a) => f64x2.promoteLowF32x4(a),
    Float32Array,
    Float64Array,
    (a) => a,
  );
  checkLanes(
    (a) => f64x2.convertLowI32x4S(a),
    Int32Array,
    Float64Array,
    (a) => a,
  );
  check(
    (f, a) => f.do(v128.store(64, f32x4.demoteF64x2Zero(a))),
    (input, output) => new Float32Array(output).set(new Float64Array(input, 0, 2)),
    Float32Array,
  );
});

test("v128: bits, shuffles and swizzles", () => {
  const models: [Binary<"v128">, Model][] = [
    [v128.and, (a, b) => a & b],
    [v128.or, (a, b) => a | b],
    [v128.xor, (a, b) => a ^ b],
    [v128.andnot, (a, b) => a & ~b],
  ];
  for (const [op, model] of models) checkLanes(op, Int32Array, Int32Array, model);
  checkLanes(
    (a) => v128.not(a),
    Int32Array,
    Int32Array,
    (a) => ~a,
  );
  checkLanes(v128.bitselect, Int32Array, Int32Array, (a, b, c) => (a & c) | (b & ~c));
  checkLanes(
    (a) => v128.and(a, v128.const(7, 7, 7, 7)),
    Int32Array,
    Int32Array,
    (a) => a & 7,
  );
  check(
    (f, a) => f.do(i32.store(64, v128.anyTrue(a))),
    (input, output) => {
      new Int32Array(output)[0] = new Int32Array(input, 0, 4).some((lane) => lane !== 0) ? 1 : 0;
    },
  );
  check(
    (f, a, b) => f.do(v128.store(64, v128.shuffle32(a, b, [6, 1, 0, 7]))),
    (input, output) => new Int32Array(output).set([6, 1, 0, 7].map((lane) => new Int32Array(input)[lane])),
  );
  check(
    (f, a, b) => f.do(v128.store(64, i8x16.swizzle(a, b))),
    (input, output) => {
      const lanes = new Uint8Array(input);
      new Uint8Array(output).set([...lanes.subarray(16, 32)].map((at) => (at < 16 ? lanes[at] : 0)));
    },
  );
});

test("v128: loads and stores of parts", () => {
  const loads: [Vector, LaneArray, LaneArray, (lane: number) => number][] = [
    [v128.load8x8S(0, 3), Int8Array, Int16Array, (i) => 3 + i],
    [v128.load8x8U(0, 3), Uint8Array, Int16Array, (i) => 3 + i],
    [v128.load16x4S(0, 4), Int16Array, Int32Array, (i) => 2 + i],
    [v128.load16x4U(0, 4), Uint16Array, Int32Array, (i) => 2 + i],
    [v128.load8Splat(0, 5), Int8Array, Int8Array, () => 5],
    [v128.load16Splat(0, 6), Int16Array, Int16Array, () => 3],
    [v128.load32Splat(0, 8), Int32Array, Int32Array, () => 2],
    [v128.load64Splat(0, 8), Int32Array, Int32Array, (i) => 2 + (i % 2)],
    [v128.load32Zero(0, 8), Int32Array, Int32Array, (i) => (i < 1 ? 2 : -1)],
    [v128.load64Zero(0, 8), Int32Array, Int32Array, (i) => (i < 2 ? 2 + i : -1)],
    [v128.load8Lane(0, v128.load(16), 3, 1), Uint8Array, Uint8Array, (i) => (i === 3 ? 1 : 16 + i)],
    [v128.load16Lane(0, v128.load(16), 3, 2), Uint16Array, Uint16Array, (i) => (i === 3 ? 1 : 8 + i)],
    [v128.load32Lane(0, v128.load(16), 3, 4), Int32Array, Int32Array, (i) => (i === 3 ? 1 : 4 + i)],
    [v128.load64Lane(0, v128.load(16), 1, 8), Int32Array, Int32Array, (i) => (i < 2 ? 4 + i : i)],
  ];
  for (const [load, from, to, source] of loads) {
    check(
      (f) => f.do(v128.store(64, load)),
      (input, output) => {
        const lanes = new from(input);
        const target = new to(output);
        for (let i = 0; i < target.length; i++) target[i] = source(i) < 0 ? 0 : lanes[source(i)];
      },
    );
  }
  check(
    (f, a) => {
      f.do(v128.store8Lane(64, a, 15, 1));
      f.do(v128.store16Lane(64, a, 7, 2));
      f.do(v128.store32Lane(64, a, 2, 4));
      f.do(v128.store64Lane(64, a, 0, 8));
    },
    (input, output) => {
      new Uint8Array(output)[1] = new Uint8Array(input)[15];
      new Uint16Array(output)[1] = new Uint16Array(input)[7];
      new Uint32Array(output).set(
        [2, 0, 1].map((lane) => new Uint32Array(input)[lane]),
        1,
      );
    },
  );
});
