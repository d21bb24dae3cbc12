import { isFloat } from "../dtype.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import type { Tensor, TensorLike } from "../graph/tensor.ts";
import { sizeOf } from "../plan/view.ts";
import { mul } from "./arithmetic.ts";
import { asTensor, promote, shown } from "./build.ts";
import { matmul } from "./matmul.ts";
import { sum } from "./reduction.ts";
import { diagonal } from "./slicing.ts";
import { expand, permute, reshape } from "./views.ts";

/** A tensor with a name for each axis; axes of one name are walked together. */
interface Labelled {
  readonly tensor: Tensor;
  readonly labels: readonly string[];
}

type Predicate = (label: string) => boolean;

const extentOf = ({ tensor, labels }: Labelled, label: string): number => tensor.shape[labels.indexOf(label)];

/** Sums over the axes that are not kept. */
function sumOut(x: Labelled, keeps: Predicate): Labelled {
  const axis = x.labels.map((_, a) => a).filter((a) => !keeps(x.labels[a]));
  return axis.length === 0 ? x : { tensor: sum(x.tensor, { axis }), labels: x.labels.filter(keeps) };
}

/** The axes in the given order, missing ones with extent 1. */
function arrange(x: Labelled, labels: readonly string[]): Tensor {
  const order = labels.filter((label) => x.labels.includes(label)).map((label) => x.labels.indexOf(label));
  return reshape(
    permute(x.tensor, order),
    labels.map((label) => extentOf(x, label) ?? 1),
  );
}

/** The product of two, summed over every name that is not kept; the names that both keep come first. */
function contract(left: Labelled, right: Labelled, keeps: Predicate): Labelled {
  const a = sumOut(left, (label) => keeps(label) || right.labels.includes(label));
  const b = sumOut(right, (label) => keeps(label) || left.labels.includes(label));
  const shared = a.labels.filter((label) => b.labels.includes(label));
  const [batch, inner] = [shared.filter(keeps), shared.filter((label) => !keeps(label))];
  const [rows, columns] = [a, b].map((x) => x.labels.filter((label) => !shared.includes(label)));
  const labels = [...batch, ...rows, ...columns];
  if (inner.length === 0 || rows.length + columns.length === 0 || ![a, b].every((x) => isFloat(x.tensor.dtype))) {
    const all = [...labels, ...inner];
    return sumOut({ tensor: mul(arrange(a, all), arrange(b, all)), labels: all }, (label) => labels.includes(label));
  }
  const extents = (x: Labelled, names: readonly string[]): number[] => names.map((label) => extentOf(x, label));
  const [head, m, n] = [extents(a, batch), extents(a, rows), extents(b, columns)];
  const k = sizeOf(extents(a, inner));
  const product = matmul(
    reshape(arrange(a, [...batch, ...rows, ...inner]), [...head, sizeOf(m), k]),
    reshape(arrange(b, [...batch, ...inner, ...columns]), [...head, k, sizeOf(n)]),
  );
  return { tensor: reshape(product, [...head, ...m, ...n]), labels };
}

function wrong(equation: string, why: string): ShapeError {
  return new ShapeError(`einsum: ${why} in "${equation}"`);
}

/** Names of an operand's axes. Those of an ellipsis are counted from its end, since they broadcast. */
function labelsOf(equation: string, term: string, { rank, shape }: Tensor): string[] {
  const [whole, before, dots, after] = /^([a-zA-Z]*)(\.{3})?([a-zA-Z]*)$/.exec(term) ?? [];
  const open = whole === undefined ? -1 : rank - before.length - after.length;
  if (open < 0 || (open > 0 && !dots)) throw wrong(equation, `"${term}" does not name the axes of [${shape}]`);
  return [...before, ...Array.from({ length: open }, (_, i) => `...${open - i}`), ...after];
}

/** One axis for each name: the diagonal where a name occurs twice. */
function distinct(equation: string, x: Labelled): Labelled {
  const second = x.labels.findIndex((label, axis) => x.labels.indexOf(label) < axis);
  if (second < 0) return x;
  const label = x.labels[second];
  const first = x.labels.indexOf(label);
  const { shape } = x.tensor;
  if (shape[first] !== shape[second]) throw wrong(equation, `axes "${label}" of [${shape}] differ in extent`);
  const labels = [...x.labels.filter((_, axis) => axis !== first && axis !== second), label];
  return distinct(equation, { tensor: diagonal(x.tensor, { axis1: first, axis2: second }), labels });
}

/**
 * Products of operands, summed over the names that the output lacks: `einsum("bij,bjk->bik", a, b)`. Without `->` the output
 * has the names that occur once, in alphabetical order. `...` stands for any axes; they broadcast, as do axes of extent 1. A
 * name that occurs twice in one operand is its diagonal. Operands are multiplied from left to right, by `matmul` where
 * something is summed.
 */
export function einsum(equation: string, ...operands: readonly TensorLike[]): Tensor {
  if (typeof equation !== "string") {
    throw new ArgumentError(`einsum: an equation such as "ij,jk->ik" comes first, not ${shown(equation)}`);
  }
  const [left, output, ...more] = equation.replaceAll(/\s/g, "").split("->");
  const terms = left.split(",");
  if (more.length > 0) throw wrong(equation, "more than one ->");
  if (operands.length !== terms.length) {
    throw wrong(equation, `${terms.length} terms and ${operands.length} operands`);
  }
  const inputs = operands.map((operand, i) => {
    const tensor = asTensor(operand, "einsum");
    return distinct(equation, { tensor, labels: labelsOf(equation, terms[i], tensor) });
  });
  promote("einsum", ...inputs.map(({ tensor }) => tensor));
  const extents = new Map<string, number>();
  for (const input of inputs) {
    for (const label of input.labels) {
      const [known = 1, extent] = [extents.get(label), extentOf(input, label)];
      if (known !== 1 && extent !== 1 && known !== extent) {
        throw wrong(equation, `"${label}" has extents ${known} and ${extent}`);
      }
      extents.set(label, known === 1 ? extent : known);
    }
  }
  const dots = [...extents.keys()].filter((label) => label.length > 1).sort((a, b) => +b.slice(3) - +a.slice(3));
  const letters = left.replaceAll(/[^a-zA-Z]/g, "");
  const once = [...letters].filter((label) => letters.split(label).length === 2).sort();
  const explicit = output?.split("...").flatMap((part, i) => [...(i === 0 ? [] : dots), ...part]);
  const kept = explicit ?? [...dots, ...once];
  if (new Set(kept).size !== kept.length || kept.some((label) => !extents.has(label))) {
    throw wrong(equation, "the output names an axis twice, or one that no operand has");
  }
  const [first, ...others] = inputs.map(({ tensor, labels }) => ({
    tensor: expand(
      tensor,
      labels.map((label) => extents.get(label) as number),
    ),
    labels,
  }));
  const product = others.reduce((x, next, i) => {
    const later = [kept, ...others.slice(i + 1).map(({ labels }) => labels)];
    return contract(x, next, (label) => later.some((labels) => labels.includes(label)));
  }, first);
  return arrange(
    sumOut(product, (label) => kept.includes(label)),
    kept,
  );
}
