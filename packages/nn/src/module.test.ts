import { parameter, scope, type Tensor, tensor, type Variable, variable, zeros } from "@tsuki/core";
import { expect, expectTypeOf, test } from "vitest";
import { onEachDevice } from "../../../tests/devices.ts";
import { Dropout } from "./dropout.ts";
import { Embedding } from "./embedding.ts";
import { Linear } from "./linear.ts";
import { Module } from "./module.ts";
import { RMSNorm } from "./normalization.ts";
import { buffer } from "./roles.ts";

class Block extends Module<[ids: Tensor], Tensor> {
  readonly embedTokens = new Embedding({ numEmbeddings: 5, embeddingDim: 4 });
  readonly outProj = new Linear({ inFeatures: 4, outFeatures: 4, bias: true });
  readonly drop = new Dropout({ p: 0.5 });
  readonly eScoreCorrectionBias: Variable = buffer(zeros([3]));
  readonly table: Variable = buffer(zeros([2, 2]), { persistent: false });

  forward(ids: Tensor): Tensor {
    return this.drop.call(this.outProj.call(this.embedTokens.call(ids)));
  }
}

class Model extends Module<[ids: Tensor], Tensor> {
  readonly layers: Block[] = [new Block(), new Block()];
  readonly scales: Variable[] = [parameter(zeros([1])), parameter(zeros([2]))];
  readonly finalNorm = new RMSNorm({ size: 4 });
  readonly hyperparameters = { depth: 2, names: ["a", "b"], nothing: null };

  forward(ids: Tensor): Tensor {
    return this.finalNorm.call(this.layers[1].call(ids));
  }
}

class Causal extends Module<[ids: Tensor], Tensor> {
  readonly model = new Model();

  forward(ids: Tensor): Tensor {
    return this.model.call(ids);
  }
}

test("parameters and buffers are the fields, named as checkpoints do", () => {
  const model = new Causal();
  expect(Object.keys(model.namedParameters())).toEqual([
    "model.scales.0",
    "model.scales.1",
    "model.layers.0.embed_tokens.weight",
    "model.layers.0.out_proj.weight",
    "model.layers.0.out_proj.bias",
    "model.layers.1.embed_tokens.weight",
    "model.layers.1.out_proj.weight",
    "model.layers.1.out_proj.bias",
    "model.final_norm.weight",
  ]);
  expect(Object.keys(model.namedBuffers())).toEqual([
    "model.layers.0.e_score_correction_bias",
    "model.layers.0.table",
    "model.layers.1.e_score_correction_bias",
    "model.layers.1.table",
  ]);
  expect(model.parameters()).toEqual(Object.values(model.namedParameters()));
  expect(model.namedParameters()["model.scales.1"]).toBe(model.model.scales[1]);
});

test("modules are listed with their paths, parents first", () => {
  const model = new Model();
  const modules = model.namedModules();
  const block = (i: number): string[] =>
    ["", ".embed_tokens", ".out_proj", ".drop"].map((name) => `layers.${i}${name}`);
  expect([...modules.keys()]).toEqual(["", ...block(0), ...block(1), "final_norm"]);
  expect(modules.get("layers.1")).toBe(model.layers[1]);
});

test("a variable is named by the longest path under which it was listed", () => {
  const model = new Causal();
  const { weight } = model.model.finalNorm;
  expect(weight.name).toBe("weight");
  model.model.namedParameters();
  expect(weight.name).toBe("final_norm.weight");
  model.namedParameters();
  model.model.namedParameters();
  expect(weight.name).toBe("model.final_norm.weight");
});

test("a frozen parameter is a parameter, with the same name in the state", async () => {
  const norm = new RMSNorm({ size: 2 });
  const names = (): string[][] => [Object.keys(norm.namedParameters()), Object.keys(norm.namedBuffers())];
  expect(norm.freeze()).toBe(norm);
  expect(norm.weight.requiresGrad).toBe(false);
  expect(names()).toEqual([["weight"], []]);
  expect(Object.keys(await norm.stateDict())).toEqual(["weight"]);
  expect(norm.call(tensor([[1, 2]])).requiresGrad).toBe(false);
  expect(norm.unfreeze().weight.requiresGrad).toBe(true);
  expect(names()).toEqual([["weight"], []]);
  norm.weight = variable(zeros([2]).cast("int8"));
  expect(norm.unfreeze().weight.requiresGrad).toBe(false);
});

test("freezing a model leaves its buffers as they are", () => {
  const model = new Causal().freeze();
  expect(model.parameters().some(({ requiresGrad }) => requiresGrad)).toBe(false);
  model.unfreeze();
  expect(model.parameters().every(({ requiresGrad }) => requiresGrad)).toBe(true);
  expect(Object.values(model.namedBuffers()).some(({ requiresGrad }) => requiresGrad)).toBe(false);
});

test("a module's own variables are those of its fields alone", () => {
  const { model } = new Causal();
  expect(Object.keys(model.ownVariables())).toEqual(["scales.0", "scales.1"]);
  expect(Object.keys(model.layers[0].ownVariables())).toEqual(["e_score_correction_bias", "table"]);
});

test("modules are replaced in fields and arrays, a shared one by one other", () => {
  class Sequence extends Module<[x: Tensor], Tensor> {
    readonly norms: RMSNorm[];
    readonly last: RMSNorm;
    constructor() {
      super();
      this.last = new RMSNorm({ size: 2 });
      this.norms = [new RMSNorm({ size: 2 }), this.last];
    }
    forward(x: Tensor): Tensor {
      return this.norms.reduce((y, norm) => norm.call(y), x);
    }
  }
  const model = new Sequence();
  const [first] = model.norms;
  const asked: string[] = [];
  const other = new RMSNorm({ size: 2 });
  model.replaceModules((module, path) => {
    asked.push(path);
    return module === model.last ? other : module;
  });
  expect(asked).toEqual(["norms.0", "norms.1"]);
  expect(model.norms).toEqual([first, other]);
  expect(model.last).toBe(other);
  expect([...model.namedModules().keys()]).toEqual(["", "norms.0", "norms.1"]);
});

test("nested arrays, Maps and plain objects hold modules and variables; private fields hold foreign ones", async () => {
  const norm = (size: number): RMSNorm => new RMSNorm({ size });
  class Nested extends Module<[x: Tensor], Tensor> {
    readonly gridOfNorms = [[norm(1), norm(1)], [norm(1)]];
    readonly headsByTask: Record<string, { readonly head: RMSNorm; readonly scale: Variable }> = {
      "en-US": { head: norm(2), scale: parameter(zeros([1])) },
      taskB: { head: norm(2), scale: parameter(zeros([2])) },
    };
    readonly experts = new Map([
      ["a", norm(3)],
      ["b", norm(4)],
    ]);
    readonly itself: { inner: unknown } = { inner: null };
    readonly #teacher = norm(3);

    forward(x: Tensor): Tensor {
      return (this.experts.get("a") as RMSNorm).call(this.#teacher.call(x));
    }
  }
  const model = new Nested();
  model.itself.inner = model.itself;
  expect(Object.keys(model.namedParameters())).toEqual([
    "heads_by_task.en-US.scale",
    "heads_by_task.taskB.scale",
    "grid_of_norms.0.0.weight",
    "grid_of_norms.0.1.weight",
    "grid_of_norms.1.0.weight",
    "heads_by_task.en-US.head.weight",
    "heads_by_task.taskB.head.weight",
    "experts.a.weight",
    "experts.b.weight",
  ]);
  expect(model.call(zeros([1, 3])).node.path).toBe("experts.a");
  expect(model.eval().experts.get("a")?.training).toBe(false);
  model.loadStateDict(await model.stateDict());
  const other = norm(3);
  model.replaceModules((module, path) => (path === "experts.a" || path === "grid_of_norms.1.0" ? other : module));
  expect([model.experts.get("a"), model.gridOfNorms[1][0]]).toEqual([other, other]);
  expect([...model.experts.keys()]).toEqual(["a", "b"]);
});

test("a pre-hook that returns no list is named", () => {
  const layer = new Linear({ inFeatures: 1, outFeatures: 1 });
  layer.registerForwardPreHook(((_module: unknown, [x]: [Tensor]) => x) as never);
  expect(() => layer.call(tensor([[1]]))).toThrow(
    "a forward pre-hook returns the list of arguments or nothing, not a tensor",
  );
});

test("hooks see and may change what a module is given and gives, in their order, until they are removed", async () => {
  const layer = new Linear({ inFeatures: 1, outFeatures: 1 });
  layer.weight.assign(tensor([[2]]));
  const seen: string[] = [];
  const see = (name: string): undefined => {
    seen.push(name);
  };
  const run = (): Promise<unknown> => layer.call(tensor([[3]])).array();
  const removals = [
    layer.registerForwardPreHook((module, args) => {
      expect(module).toBe(layer);
      return [args[0].add(1)];
    }),
    layer.registerForwardHook((module, args, output) => {
      expect(module).toBe(layer);
      expect(args[0].shape).toEqual([1, 1]);
      return output.mul(10);
    }),
    layer.registerForwardHook(() => see("first")),
    layer.registerForwardHook(() => see("second")),
  ];
  expect(await run()).toEqual([[80]]);
  expect(seen).toEqual(["first", "second"]);
  for (const remove of removals) remove();
  expect(await run()).toEqual([[6]]);
  expect(seen.length).toBe(2);
});

test("hooks of any module have its types, and run within its path", () => {
  const model = new Causal();
  const paths: string[] = [];
  const first: Module = model.model.layers[1];
  first.registerForwardHook((_module, _args, output) => {
    expectTypeOf(output).toEqualTypeOf<unknown>();
    paths.push((output as Tensor).add(1).node.path);
    return undefined;
  });
  model.model.finalNorm.registerForwardHook((_module, args, output) => {
    expectTypeOf(args).toEqualTypeOf<[x: Tensor]>();
    expectTypeOf(output).toEqualTypeOf<Tensor>();
    return undefined;
  });
  model.call(tensor(Int32Array.of(1, 3)));
  expect(paths).toEqual(["model.layers.1"]);
});

test("what is reached twice is listed once: tied weights, a shared module, a link to the parent", () => {
  class Child extends Module<[x: Tensor], Tensor> {
    readonly proj = new Linear({ inFeatures: 2, outFeatures: 2 });
    readonly shared: RMSNorm;
    readonly parent: Module;
    constructor(parent: Module, shared: RMSNorm) {
      super();
      this.shared = shared;
      this.parent = parent;
    }
    forward(x: Tensor): Tensor {
      return this.shared.call(this.proj.call(x));
    }
  }
  class Parent extends Module<[x: Tensor], Tensor> {
    readonly norm = new RMSNorm({ size: 2 });
    readonly children = [new Child(this, this.norm), new Child(this, this.norm)];
    forward(x: Tensor): Tensor {
      return this.children[1].call(x);
    }
  }
  const parent = new Parent();
  parent.children[1].proj.weight = parent.children[0].proj.weight;
  expect(Object.keys(parent.namedParameters())).toEqual(["norm.weight", "children.0.proj.weight"]);
  expect(parent.call(tensor([[1, 2]])).node.path).toBe("children.1.shared");
});

test("train() and eval() reach every module below", () => {
  const model = new Causal();
  const modes = (): boolean[] => [...model.namedModules().values()].map((module) => module.training);
  expect(new Set(modes())).toEqual(new Set([true]));
  expect(model.eval()).toBe(model);
  expect(new Set(modes())).toEqual(new Set([false]));
  model.model.layers[0].train();
  expect(modes().filter(Boolean).length).toBe(4);
  expect(model.training).toBe(false);
});

test("call takes and gives what forward does", () => {
  class Scores extends Module<[x: Tensor, top?: number], { best: Tensor }> {
    forward(x: Tensor, top = 0): { best: Tensor } {
      return { best: x.select(-1, top) };
    }
  }
  const scores = new Scores();
  expectTypeOf(scores.call).parameters.toEqualTypeOf<[x: Tensor, top?: number]>();
  expectTypeOf(scores.call).returns.toEqualTypeOf<{ best: Tensor }>();
  const any: Module = scores;
  expectTypeOf(any.call).parameters.toEqualTypeOf<never>();
  expect(scores.call(tensor([1, 2, 3]), 2).best.shape).toEqual([]);
});

onEachDevice(() => {
  test("an error names the path of the module in which it happened", async () => {
    const model = new Causal();
    const computed = tensor(Int32Array.of(1, 3)).add(4);
    await expect(model.call(computed).data()).rejects.toThrow(/^model\.layers\.1\.embed_tokens:take: .* \[0, 5\)/);
    // Another shape: plans of one structure are shared, with the paths of the first.
    const others = tensor(Int32Array.of(1, 2, 3)).add(4);
    await expect(scope("trainer", () => model.model.call(others)).data()).rejects.toThrow(/^trainer\.layers\.1\./);
  });

  test("after a forward that throws, paths begin anew", async () => {
    const model = new Causal();
    expect(() => model.call(tensor([0.5]))).toThrow(/int32/);
    expect(new RMSNorm({ size: 2 }).call(tensor([[1, 2]])).node.path).toBe("");
  });
});
