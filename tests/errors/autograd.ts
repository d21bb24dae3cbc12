import {
  arange,
  backward,
  checkpoint,
  customFunction,
  enableGrad,
  grad,
  noGrad,
  ones,
  parameter,
  realize,
  scope,
  type Tensor,
  tensor,
  together,
  type Variable,
  withDefaultDtype,
} from "@tsuki/core";
import { detectAnomaly, gradcheck, hvp, jvp, vjp } from "@tsuki/core/autograd";
import { type Cases, wrong } from "./collect.ts";

const w = (): Variable => parameter(ones([2, 3]), { name: "w" });
const x = ones([2, 3]);

export const gradients: Cases = {
  "w.mul(2).backward()": () => w().mul(2).backward(),
  "x.sum().backward()": () => x.sum().backward(),
  "noGrad(() => w.sum()).backward()": () => noGrad(() => w().sum()).backward(),
  "w.detach().sum().backward()": () => w().detach().sum().backward(),
  "arange(3).sum().backward()": () => arange(3).sum().backward(),
  "w.argmax().backward()": () => w().argmax().backward(),
  "backward([])": () => backward([]),
  "backward([1])": () => backward(wrong([[1]])),
  "w.mul(2).backward({ gradOutputs: ones([3]) })": () =>
    w()
      .mul(2)
      .backward({ gradOutputs: ones([3]) }),
  "w.mul(2).backward({ gradOutputs: [x, x] })": () =>
    w()
      .mul(2)
      .backward({ gradOutputs: [x, x] }),
  "w.mul(2).backward(x)": () => w().mul(2).backward(wrong(x)),
  "w.sum().backward({ retainGraph: true })": () =>
    w()
      .sum()
      .backward(wrong({ retainGraph: true })),
  'w.sum().backward({ gradOutputs: "1" })': () =>
    w()
      .sum()
      .backward({ gradOutputs: wrong("1") }),
  "grad(w.mul(2), [w])": () => {
    const v = w();
    grad(v.mul(2), [v]);
  },
  "grad(w.sum(), [x])": () => grad(w().sum(), [x]),
  "grad(w.sum(), w)": () => {
    const v = w();
    grad(v.sum(), wrong(v));
  },
  "grad(w.sum(), [other], { allowUnused: false })": () => grad(w().sum(), [w()], { allowUnused: false }),
  "grad(w.sum(), [w], { create_graph: true })": () => {
    const v = w();
    grad(v.sum(), [v], wrong({ create_graph: true }));
  },
  "grad(x.sum(), [w])": () => grad(x.sum(), [w()]),
  "grad(null, [w])": () => grad(wrong(null), [w()]),
  "grad(w.sum(), [null])": () => grad(w().sum(), wrong([null])),
  "jvp(f, [x], [ones([2])])": () => jvp((a) => a.sum(), [x], [ones([2])]),
  "jvp(f, [x], [])": () => jvp((a) => a.sum(), [x], []),
  "hvp(f, [x], [ones([2])])": () => hvp((a) => a.square().sum(), [x], [ones([2])]),
  "hvp(f that gives no scalar)": () => hvp((a) => a.square(), [x], [x]),
  "vjp(f, [x], ones([2]))": () => vjp((a) => a.mul(2), [x], ones([2])),
};

export const rules: Cases = {
  "x.registerHook(f)": () => x.registerHook(() => undefined),
  "w.registerHook(gives another shape)": () => {
    const v = w();
    v.registerHook(() => ones([3]));
    v.sum().backward();
  },
  "w.registerHook(gives another dtype)": () => {
    const v = w();
    v.registerHook(() => ones([2, 3], { dtype: "int32" }));
    v.sum().backward();
  },
  "w.registerHook(gives a number)": () => {
    const v = w();
    v.registerHook(wrong(() => 3));
    v.sum().backward();
  },
  "w.registerHook(async f)": () => {
    const v = w();
    v.registerHook(wrong(async () => x));
    v.sum().backward();
  },
  "checkpoint(() => 1)": () => checkpoint(wrong(() => 1)),
  "checkpoint(() => [1])": () => checkpoint(wrong(() => [1])),
  "checkpoint(f) whose graph was released": async () => {
    const v = w();
    const y = checkpoint((a: Tensor) => a.square().sum(), v.mul(2));
    y.backward();
    await realize();
    y.add(1).backward();
  },
  "checkpoint(async f)": () => checkpoint(wrong(async () => x)),
  "grad with respect to what was made in a checkpoint": () => {
    let inside = x;
    const y = scope("model", () =>
      checkpoint((a: Tensor) => {
        inside = a.mul(2);
        return inside.square();
      }, w().read()),
    );
    grad(y.sum(), [inside]);
  },
  "customFunction whose forward gives nothing": () => {
    const f = customFunction({ name: "mine", forward: wrong(() => undefined), backward: ([g]) => [g] });
    f(w());
  },
  "customFunction whose backward gives numbers": () => {
    const f = customFunction({ name: "mine", forward: (a: Tensor) => a.mul(2), backward: wrong(() => [3]) });
    f(w()).sum().backward();
  },
  "customFunction whose backward gives one tensor": () => {
    const f = customFunction({ name: "mine", forward: (a: Tensor) => a.mul(2), backward: wrong(([g]: Tensor[]) => g) });
    f(w()).sum().backward();
  },
  "customFunction whose backward gives too many": () => {
    const f = customFunction({ name: "mine", forward: (a: Tensor) => a.mul(2), backward: ([g]) => [g, g] });
    f(w()).sum().backward();
  },
  "customFunction whose backward gives nothing": () => {
    const f = customFunction({ name: "mine", forward: (a: Tensor) => a.mul(2), backward: () => [] });
    f(w()).sum().backward();
  },
  "customFunction whose backward gives another shape": () => {
    const f = customFunction({ name: "mine", forward: (a: Tensor) => a.mul(2), backward: () => [ones([3])] });
    f(w()).sum().backward();
  },
  "customFunction(…)([1])": () => {
    const f = customFunction({ name: "mine", forward: (a: Tensor) => a.mul(2), backward: ([g]) => [g] });
    f(wrong([1]));
  },
  "gradcheck(f, [float32])": () => gradcheck((a) => a.mul(2), [x]),
  "gradcheck of a wrong gradient": () => {
    const f = customFunction({ name: "mine", forward: (a: Tensor) => a.mul(2), backward: ([g]) => [g] });
    return gradcheck((a) => f(a), [tensor([1, 2], { dtype: "float64" })]);
  },
  "detectAnomaly of log(0)": () => detectAnomaly(() => tensor([0, 1]).log().sum().item()),
  "detectAnomaly of √ at −1, in a module path": () =>
    detectAnomaly(() => scope("model.norm", () => tensor([-1, 1]).sqrt()).data()),
  "detectAnomaly of a gradient": async () => {
    const v = parameter(tensor([0, 1]), { name: "v" });
    await detectAnomaly(() => {
      v.sqrt().sum().backward();
      return v.grad?.data();
    });
  },
  "detectAnomaly of a NaN that was given": () => detectAnomaly(() => tensor([Number.NaN]).mul(2).data()),
};

export const scopes: Cases = {
  "noGrad(async f)": () => noGrad(async () => x),
  "enableGrad(async f)": () => enableGrad(async () => x),
  'scope("mlp", async f)': () => scope("mlp", async () => x),
  "together(async f)": () => together(async () => x),
  'withDefaultDtype("float64", async f)': () => withDefaultDtype("float64", async () => x),
  'an error within scope("model", scope("mlp"))': () => scope("model", () => scope("mlp", () => x.add(ones([4])))),
};
