import type { Table } from "./pairs.ts";

export const numpy: Table = {
  title: "Coming from NumPy",
  about: `Broadcasting, negative axes, NaN in \`max\` and \`sort\`, and what an empty sum gives are NumPy's rules. What differs: floats
are \`float32\`, values are [read with await](guide/laziness.md), there are no brackets and no assignment into a part, and operators are
methods.`,
  python: `import numpy as np

x = np.array([[1., 2., 3.], [4., 5., 6.]])
y = np.array([[0.5, -1., 2.], [3., 0., -2.]])
i = np.array([1, 0, 1])`,
  tsuki: `const x = tensor([[1, 2, 3], [4, 5, 6]]);
const y = tensor([[0.5, -1, 2], [3, 0, -2]]);
const i = tensor([1, 0, 1], { dtype: "int32" });`,
  sections: [
    {
      title: "Making arrays",
      pairs: [
        { python: "np.array([1., 2.])", tsuki: "tensor([1, 2])" },
        {
          python: "np.array([1, 2]).dtype",
          tsuki: "tensor([1, 2]).dtype",
          differs: true,
          note: "JavaScript has one kind of number: lists are floats",
        },
        { python: "np.array([1, 2])", tsuki: 'tensor([1, 2], { dtype: "int32" })' },
        {
          python: "np.array([0.1]).dtype",
          tsuki: "tensor([0.1]).dtype",
          differs: true,
          note: "`float64` is for the reference device",
        },
        { python: "np.zeros((2, 3))", tsuki: "zeros([2, 3])" },
        { python: "np.full((2, 2), 7.)", tsuki: "full([2, 2], 7)" },
        { python: "np.arange(2, 10, 3)", tsuki: "arange(2, 10, 3)" },
        { python: "np.linspace(0, 1, 5)", tsuki: "linspace(0, 1, 5)" },
        { python: "np.eye(2, 3)", tsuki: "eye(2, 3)" },
        { python: "np.zeros_like(x)", tsuki: "zerosLike(x)" },
        { python: "np.tri(3)", tsuki: "ones([3, 3]).tril()" },
        { python: "x.astype(int)", tsuki: 'x.cast("int32")' },
        { python: "np.random.default_rng(0).random((2, 3)).shape", tsuki: "new Generator(0).uniform([2, 3]).shape" },
      ],
    },
    {
      title: "Reading values",
      about: "All of it is asynchronous, and runs what is pending.",
      pairs: [
        { python: "x.sum().item()", tsuki: "await x.sum().item()" },
        { python: "x.tolist()", tsuki: "await x.array()" },
        { python: "str(np.array([[1., 2.], [3., 4.]]))", tsuki: "await tensor([[1, 2], [3, 4]]).show()" },
        { python: "x.shape, x.ndim, x.size", tsuki: "[x.shape, x.rank, x.size]", note: "known at once" },
      ],
    },
    {
      title: "Shapes",
      pairs: [
        { python: "x.reshape(3, -1)", tsuki: "x.reshape([3, -1])" },
        { python: "x.ravel()", tsuki: "x.flatten()" },
        { python: "x.T", tsuki: "x.transpose()", note: "the last two axes; all of them with `permute`" },
        { python: "np.transpose(x[None], (2, 0, 1))", tsuki: "x.unsqueeze(0).permute([2, 0, 1])" },
        { python: "np.moveaxis(x[None], 0, -1)", tsuki: "x.unsqueeze(0).moveAxis(0, -1)" },
        { python: "x[:, None]", tsuki: "x.unsqueeze(1)" },
        { python: "x[None].squeeze(0)", tsuki: "x.unsqueeze(0).squeeze(0)" },
        { python: "np.broadcast_to(x, (2, 2, 3))", tsuki: "x.expand([2, 2, 3])" },
        { python: "np.concatenate([x, y], axis=1)", tsuki: "concat([x, y], 1)" },
        { python: "np.stack([x, y])", tsuki: "stack([x, y])" },
        { python: "np.split(x, 3, axis=1)", tsuki: "x.chunk(3, 1)", note: "`split` takes sizes" },
        { python: "np.tile(x, (2, 1))", tsuki: "x.repeat([2, 1])" },
        { python: "np.repeat(x, 2, axis=1)", tsuki: "x.repeatInterleave(2, 1)" },
        { python: "np.flip(x, 1)", tsuki: "x.flip(1)" },
        { python: "np.roll(x, 1, axis=1)", tsuki: "x.roll(1, 1)" },
        { python: "np.pad(x, [(0, 0), (1, 2)])", tsuki: "x.pad([[0, 0], [1, 2]])" },
      ],
    },
    {
      title: "Parts",
      pairs: [
        { python: "x[0]", tsuki: "x.select(0, 0)" },
        { python: "x[:, -1]", tsuki: "x.select(1, -1)" },
        { python: "x[:, 1:]", tsuki: "x.slice(1, 1)" },
        { python: "x[:, ::-1]", tsuki: "x.slice(1, null, null, -1)" },
        { python: "x[i]", tsuki: "x.take(i)" },
        { python: "np.take(x, i, axis=1)", tsuki: "x.indexSelect(1, i)" },
        { python: "np.take_along_axis(x, i[None, :], 1)", tsuki: "x.takeAlongAxis(i.unsqueeze(0), 1)" },
        { python: "x[x > 2]", tsuki: "await booleanSelect(x, x.gt(2))", note: "the shape depends on values: await" },
        { python: "np.argwhere(x > 2)", tsuki: "await nonzero(x.gt(2))" },
        { python: "np.where(x > 2, x, 0)", tsuki: "where(x.gt(2), x, 0)" },
        { python: "x[:, 0] = 0\nx", tsuki: "x.sliceScatter(1, 0, zeros([2, 1]))", note: "a new tensor" },
        { python: "x[x > 2] = -1\nx", tsuki: "x.maskedFill(x.gt(2), -1)" },
        {
          python: "counts = np.zeros(3)\nnp.add.at(counts, i, 1.)\ncounts",
          tsuki: "zeros([3]).scatterAdd(0, i, ones([3]))",
        },
        {
          python: "row = x[0]\nx += 1\nrow",
          tsuki: "const v = variable(x);\nconst row = v.select(0, 0);\nv.assign(v.add(1));\nrow",
          differs: true,
          note: "a part is a value: it does not follow",
        },
      ],
    },
    {
      title: "Arithmetic",
      pairs: [
        { python: "x + y * 2", tsuki: "x.add(y.mul(2))" },
        { python: "x + np.array([10., 20., 30.])", tsuki: "x.add(tensor([10, 20, 30]))" },
        { python: "1 - x", tsuki: "sub(1, x)", note: "a number on the left: the function" },
        { python: "x @ y.T", tsuki: "x.matmul(y.transpose())" },
        { python: "x ** 2", tsuki: "x.pow(2)" },
        { python: "np.array([7, -7]) / 2", tsuki: 'tensor([7, -7], { dtype: "int32" }).div(2)' },
        { python: "np.array([7, -7]) // 2", tsuki: 'tensor([7, -7], { dtype: "int32" }).floorDivide(2)' },
        { python: "np.array([7, -7]) % 3", tsuki: 'tensor([7, -7], { dtype: "int32" }).mod(3)' },
        {
          python: "i + 0.5",
          tsuki: "i.add(0.5)",
          differs: true,
          note: "a number takes the tensor's dtype: cast first",
        },
        { python: "i + np.array([0.5, 1., 1.5])", tsuki: "i.add(tensor([0.5, 1, 1.5]))" },
        { python: "np.log(y)", tsuki: "y.log()", note: "NaN and infinity as IEEE says" },
        { python: "np.clip(x, 2, 5)", tsuki: "x.clamp({ min: 2, max: 5 })" },
        {
          python: "np.round(np.array([0.5, 1.5, 2.5]))",
          tsuki: "tensor([0.5, 1.5, 2.5]).round()",
          note: "half to even",
        },
        { python: "np.maximum(x, y)", tsuki: "x.maximum(y)" },
        { python: "(x > 2) & (y > 0)", tsuki: "x.gt(2).logicalAnd(y.gt(0))" },
        { python: "~(x > 2)", tsuki: "x.gt(2).logicalNot()" },
        { python: "np.allclose(x, x + 1e-9)", tsuki: "await allClose(x, x.add(1e-9)).item() === 1" },
        { python: 'np.einsum("ij,kj->ik", x, y)', tsuki: 'einsum("ij,kj->ik", x, y)' },
        { python: "np.outer(x[0], y[0])", tsuki: "x.select(0, 0).outer(y.select(0, 0))" },
      ],
    },
    {
      title: "Reductions and order",
      pairs: [
        { python: "x.sum()", tsuki: "x.sum()" },
        { python: "x.sum(axis=0)", tsuki: "x.sum({ axis: 0 })" },
        { python: "x.mean(axis=(0, 1), keepdims=True)", tsuki: "x.mean({ axis: [0, 1], keepDim: true })" },
        { python: "x.max(axis=1)", tsuki: "x.max({ axis: 1 })" },
        { python: "x.argmax(axis=1)", tsuki: "x.argmax({ axis: 1 })" },
        { python: "np.max([1., np.nan])", tsuki: "tensor([1, NaN]).max()", note: "NaN stays" },
        { python: "np.array([]).sum()", tsuki: "zeros([0]).sum()" },
        { python: "np.array([]).max()", tsuki: "zeros([0]).max()", differs: true, note: "an error on both sides" },
        { python: "x.std()", tsuki: "x.std({ correction: 0 })", note: "the default is PyTorch's, 1" },
        { python: "x.var(ddof=1)", tsuki: "x.var()" },
        { python: "np.linalg.norm(x)", tsuki: "x.norm()" },
        { python: "np.cumsum(x, axis=1)", tsuki: "x.cumsum(1)" },
        { python: "np.sort(y, axis=1)", tsuki: "y.sort({ axis: 1 }).values" },
        { python: "np.argsort(y, axis=1)", tsuki: "y.argsort({ axis: 1 })" },
        { python: "(x > 2).all(axis=0)", tsuki: "x.gt(2).all({ axis: 0 })" },
        { python: "np.bincount(i, minlength=3)", tsuki: "histogram(i, 3)" },
        { python: "np.unique(i)", tsuki: "await unique(i)" },
        {
          python: "np.linalg.svd(x, compute_uv=False)",
          tsuki: "(await svd(x)).s",
          note: "from `@tsuki/core/linalg`",
        },
      ],
    },
  ],
};
