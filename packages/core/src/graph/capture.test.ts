import { expect, it } from "vitest";
import { checkpoint, customFunction, tensor, variable, zeros } from "../index.ts";
import { capture } from "./capture.ts";
import { Node, type Tensor } from "./tensor.ts";

const keyOf = (...requests: Tensor[]): number[] => [...capture({ effects: [], requests }).key];

it("keys tell structure, not numbers or contents", () => {
  const x = tensor([1, 2]);
  const y = tensor([3, 4]);
  expect(keyOf(x.mul(2))).toEqual(keyOf(y.mul(0)));
  expect(keyOf(x.mul(2))).not.toEqual(keyOf(x.add(2)));
  expect(keyOf(x.mul(2))).not.toEqual(keyOf(tensor([1, 2, 3]).mul(2)));
  expect(keyOf(x.sum({ axis: 0 }))).not.toEqual(keyOf(x.sum({ axis: 0, keepDim: true })));
  expect(keyOf(zeros([2]).add(x))).not.toEqual(keyOf(x.add(zeros([2]))));
});

it("tied leaves are another structure than two leaves", () => {
  const [x, y] = [tensor([1]), tensor([1])];
  expect(keyOf(x.mul(x))).not.toEqual(keyOf(x.mul(y)));
  expect(keyOf(x.mul(y))).toEqual(keyOf(y.mul(x)));
});

it("variables and values are different leaves", () => {
  const w = variable(tensor([1]));
  expect(keyOf(w.mul(2))).not.toEqual(keyOf(tensor([1]).mul(2)));
});

it("nodes with an order-only edge come after what it names", () => {
  const first = tensor([1]).mul(2);
  const { op, attributes, inputs } = tensor([3]).add(1).node;
  const later = new Node(op, inputs, attributes, [{ shape: [1], dtype: "float32" }], { after: [first.node] })
    .outputs[0];
  const { nodes } = capture({ effects: [], requests: [later] });
  expect(nodes.map((node) => node.op.name)).toEqual(["mul", "add"]);
  const graph = capture({ effects: [], requests: [later] }).graph();
  expect(graph.nodes.flatMap((node) => (node.kind === "op" ? [node.after] : []))).toEqual([[], [2]]);
  const free = new Node(op, inputs, attributes, [{ shape: [1], dtype: "float32" }]).outputs[0];
  expect(keyOf(first, later)).not.toEqual(keyOf(first, free));
});

it("nodes come in the order of their creation, whatever asks for them first", () => {
  const x = tensor([1, 2]);
  const [early, late] = [x.exp(), x.log()];
  const names = (...requests: Tensor[]) => capture({ effects: [], requests }).nodes.map((node) => node.op.name);
  expect(names(late.neg(), early)).toEqual(["exp", "log", "neg"]);
  expect(names(early.add(late))).toEqual(["exp", "log", "add"]);
});

it("aliases are no part of a plan, and what only their gradients need is not either", () => {
  const w = variable(tensor([1, 2]), { requiresGrad: true });
  const f = customFunction({
    name: "f",
    forward: (x) => ({ outputs: x.mul(2), saved: [x.exp()] }),
    backward: ([g]) => [g],
  });
  const plain = w.mul(2).add(w.sin());
  expect(keyOf(checkpoint(() => f(w).add(w.sin())))).toEqual(keyOf(plain));
});

it("deep graphs are walked without recursion", () => {
  let x = tensor([1]).mul(1);
  for (let i = 0; i < 50_000; i++) x = x.neg();
  expect(capture({ effects: [], requests: [x] }).nodes).toHaveLength(50_001);
});
