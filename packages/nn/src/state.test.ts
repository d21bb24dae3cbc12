import {
  dtypes,
  parameter,
  realize,
  StateError,
  stats,
  type Tensor,
  type TensorData,
  tensor,
  type Variable,
  withDefaultDtype,
  zeros,
} from "@tsuki/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { onEachDevice } from "../../../tests/devices.ts";
import { normal } from "./init.ts";
import { Linear } from "./linear.ts";
import { Module } from "./module.ts";
import { RMSNorm } from "./normalization.ts";
import { buffer, stackedParameter } from "./roles.ts";

class Experts extends Module<[x: Tensor], Tensor> {
  readonly gateProj: Variable;

  constructor(count: number, size: number) {
    super();
    const weights = parameter(normal()([count, size, 2]));
    this.gateProj = stackedParameter(weights, (expert) => `${expert}.gate_proj.weight`);
  }

  forward(x: Tensor): Tensor {
    return x.matmul(this.gateProj.select(0, 0).transpose());
  }
}

class Model extends Module<[x: Tensor], Tensor> {
  readonly experts: Experts;
  readonly loads: Variable = buffer(tensor(Int32Array.of(1, 2, 3)));
  readonly table: Variable = buffer(zeros([9]), { persistent: false });
  readonly norm = new RMSNorm({ size: 2 });
  readonly lmHead = new Linear({ inFeatures: 2, outFeatures: 3, bias: true });

  constructor(experts = 3, size = 2) {
    super();
    this.experts = new Experts(experts, size);
  }

  forward(x: Tensor): Tensor {
    return this.lmHead.call(this.norm.call(this.experts.call(x)));
  }
}

const names = [
  "loads",
  "experts.0.gate_proj.weight",
  "experts.1.gate_proj.weight",
  "experts.2.gate_proj.weight",
  "norm.weight",
  "lm_head.weight",
  "lm_head.bias",
];

onEachDevice((device) => {
  test("the state holds parameters and persistent buffers, stacked ones slice by slice", async () => {
    const model = new Model();
    const state = await model.stateDict();
    expect(Object.keys(state)).toEqual(names);
    const whole = await model.experts.gateProj.data();
    for (const [expert, values] of [whole.subarray(0, 4), whole.subarray(4, 8), whole.subarray(8)].entries()) {
      expect(state[`experts.${expert}.gate_proj.weight`]).toEqual({ dtype: "float32", shape: [2, 2], data: values });
    }
    expect(state.loads).toEqual({ dtype: "int32", shape: [3], data: Int32Array.of(1, 2, 3) });
  });

  test("what is saved is what is loaded, bit for bit", async () => {
    const sizes = fc.record({ experts: fc.integer({ min: 0, max: 4 }), size: fc.integer({ min: 1, max: 3 }) });
    await fc.assert(
      fc.asyncProperty(sizes, async ({ experts, size }) => {
        const [from, to] = [new Model(experts, size), new Model(experts, size)];
        const state = await from.stateDict();
        expect(to.loadStateDict(state)).toEqual({ missing: [], unexpected: [] });
        expect(await to.stateDict()).toEqual(state);
      }),
    );
  });

  test("the state is that of the moment of the call, and needs no plan", async () => {
    const model = new Model();
    await realize();
    const before = stats().plansRun;
    const state = model.stateDict();
    model.norm.weight.assign(tensor([5, 6]));
    expect((await state)["norm.weight"].data).toEqual(Float32Array.of(1, 1));
    expect(stats().plansRun).toBe(before);
    expect((await model.stateDict())["norm.weight"].data).toEqual(Float32Array.of(5, 6));
  });

  test("a load is one plan, which runs with what runs next", async () => {
    const model = new Model();
    const state = await model.stateDict();
    const before = stats().plansRun;
    model.loadStateDict(state);
    expect(stats().plansRun).toBe(before);
    await model.norm.weight.data();
    expect(stats().plansRun).toBe(before + 1);
  });

  test("16-bit floats are widened", async () => {
    const norm = new RMSNorm({ size: 2 });
    norm.loadStateDict({ weight: { dtype: "bfloat16", shape: [2], data: Uint16Array.of(0x3fc0, 0xc000) } });
    expect(await norm.weight.array()).toEqual([1.5, -2]);
    norm.loadStateDict({ weight: { dtype: "float16", shape: [2], data: Uint16Array.of(0x3e00, 0xc000) } });
    expect(await norm.weight.array()).toEqual([1.5, -2]);
  });

  if (device === "reference") {
    test("a float64 model takes float32 values, not the other way round", async () => {
      const norm = withDefaultDtype("float64", () => new RMSNorm({ size: 1 }));
      norm.loadStateDict({ weight: { dtype: "float32", shape: [1], data: Float32Array.of(0.1) } });
      expect(await norm.weight.data()).toEqual(Float64Array.of(Math.fround(0.1)));
      const state = await norm.stateDict();
      expect(() => new RMSNorm({ size: 1 }).loadStateDict(state)).toThrow(
        "weight is [1] float64, the module has [1] float32",
      );
    });
  }
});

test("all that does not fit is in one error, and nothing is loaded", async () => {
  const model = new Model();
  const before = await model.stateDict();
  const { loads: _loads, "experts.1.gate_proj.weight": _gate, ...rest } = await new Model().stateDict();
  const wrong: Record<string, TensorData> = {
    ...rest,
    "norm.weight": { dtype: "int32", shape: [2], data: Int32Array.of(1, 2) },
    "lm_head.weight": { dtype: "float32", shape: [2, 3], data: new Float32Array(6) },
    "experts.3.gate_proj.weight": { dtype: "float32", shape: [2, 2], data: new Float32Array(4) },
    table: { dtype: "float32", shape: [9], data: new Float32Array(9) },
  };
  expect(() => model.loadStateDict(wrong)).toThrow(StateError);
  expect(() => model.loadStateDict(wrong)).toThrowErrorMatchingInlineSnapshot(`
    [StateError: loadStateDict: 6 names do not fit; nothing was loaded
      missing: loads
      missing: experts.1.gate_proj.weight
      unexpected: experts.3.gate_proj.weight
      unexpected: table
      mismatch: norm.weight is [2] int32, the module has [2] float32
      mismatch: lm_head.weight is [2,3] float32, the module has [3,2] float32]
  `);
  expect(await model.stateDict()).toEqual(before);
});

test("strict: false loads what fits and reports the rest; what does not fit stays an error", async () => {
  const model = new Model();
  const { loads: _loads, ...state } = await new Model().stateDict();
  const more = { ...state, extra: state["norm.weight"] };
  expect(model.loadStateDict(more, { strict: false })).toEqual({ missing: ["loads"], unexpected: ["extra"] });
  expect((await model.stateDict())["lm_head.weight"]).toEqual(state["lm_head.weight"]);
  const wrong = { ...more, "lm_head.bias": state["norm.weight"] };
  expect(() => model.loadStateDict(wrong, { strict: false })).toThrow(/^loadStateDict: 1 name does not fit/);
});

test("ignored names are left alone on both sides", async () => {
  const model = new Model();
  const { loads, "lm_head.bias": _bias, ...state } = await new Model().stateDict();
  const record = { ...state, loads: { ...loads, data: Int32Array.of(7, 7, 7) }, "old.bias": loads };
  const report = model.loadStateDict(record, { ignore: [/bias$/, /^loads$/g] });
  expect(report).toEqual({ missing: [], unexpected: [] });
  expect((await model.stateDict()).loads.data).toEqual(Int32Array.of(1, 2, 3));
});

test("rotary frequencies of old checkpoints are no surprise", async () => {
  const model = new Model();
  const state = await model.stateDict();
  const frequencies = { "layers.0.self_attn.rotary_emb.inv_freq": state["norm.weight"] };
  expect(model.loadStateDict({ ...state, ...frequencies })).toEqual({ missing: [], unexpected: [] });
});

test("tied weights are stored once, and found under either name", async () => {
  class Tied extends Module<[x: Tensor], Tensor> {
    readonly inProj = new Linear({ inFeatures: 2, outFeatures: 2 });
    readonly outProj = new Linear({ inFeatures: 2, outFeatures: 2 });
    constructor() {
      super();
      this.outProj.weight = this.inProj.weight;
    }
    forward(x: Tensor): Tensor {
      return this.outProj.call(this.inProj.call(x));
    }
  }
  const state = await new Tied().stateDict();
  expect(Object.keys(state)).toEqual(["in_proj.weight"]);
  for (const record of [
    state,
    { "out_proj.weight": state["in_proj.weight"] },
    { ...state, "out_proj.weight": state["in_proj.weight"] },
  ]) {
    const model = new Tied();
    model.loadStateDict(record);
    expect(await model.stateDict()).toEqual(state);
  }
});

test("a record with a hostile name does not reach a prototype", async () => {
  const norm = new RMSNorm({ size: 2 });
  const record: Record<string, TensorData> = Object.fromEntries([
    ["__proto__", { dtype: "float32", shape: [1], data: Float32Array.of(1) }],
  ]);
  expect(() => norm.loadStateDict(record)).toThrow(/missing: weight\n {2}unexpected: __proto__/);
  expect(dtypes.float32.create(1)).toEqual(Float32Array.of(0));
});

test("what is no record of host copies is refused", async () => {
  const norm = new RMSNorm({ size: 2 });
  const state = norm.stateDict();
  expect(() => norm.loadStateDict(state as never)).toThrow(
    "loadStateDict: a record of host copies by name is needed, not a promise; await it first",
  );
  expect(() => norm.loadStateDict({ weight: norm.weight } as never)).toThrow(
    'loadStateDict: "weight" is a tensor, not { dtype, shape, data } on the host; give await readAll(…)',
  );
  expect(norm.loadStateDict(await state)).toEqual({ missing: [], unexpected: [] });
});
