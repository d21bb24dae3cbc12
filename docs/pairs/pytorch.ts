import type { Table } from "./pairs.ts";

export const pytorch: Table = {
  title: "Coming from PyTorch",
  about: `Most names are PyTorch's, in camel case. What differs: options are objects instead of positions and flags, \`dim\` is \`axis\`,
shapes are arrays, nothing is computed before a value is [needed](guide/laziness.md), and tensors do not change in place.`,
  python: `import torch
from torch import nn
import torch.nn.functional as F

x = torch.tensor([[1., 2., 3.], [4., 5., 6.]])
y = torch.tensor([[0.5, -1., 2.], [3., 0., -2.]])
i = torch.tensor([1, 0, 1])`,
  tsuki: `const x = tensor([[1, 2, 3], [4, 5, 6]]);
const y = tensor([[0.5, -1, 2], [3, 0, -2]]);
const i = tensor([1, 0, 1], { dtype: "int32" });`,
  sections: [
    {
      title: "Making tensors",
      pairs: [
        { python: "torch.tensor([1., 2.])", tsuki: "tensor([1, 2])" },
        {
          python: "torch.tensor([1, 2]).dtype",
          tsuki: "tensor([1, 2]).dtype",
          differs: true,
          note: "JavaScript has one kind of number: lists are `float32`",
        },
        {
          python: "torch.tensor([1, 2])",
          tsuki: 'tensor([1, 2], { dtype: "int32" })',
          note: "`int32` is the only int",
        },
        { python: "torch.zeros(2, 3)", tsuki: "zeros([2, 3])" },
        { python: "torch.full((2, 2), 7.)", tsuki: "full([2, 2], 7)" },
        { python: "torch.arange(2, 10, 3)", tsuki: "arange(2, 10, 3)" },
        { python: "torch.linspace(0, 1, 5)", tsuki: "linspace(0, 1, 5)" },
        { python: "torch.eye(3)", tsuki: "eye(3)" },
        { python: "torch.ones_like(x)", tsuki: "onesLike(x)" },
        { python: "x.to(torch.int64)", tsuki: 'x.cast("int32")' },
        { python: "torch.rand(2, 3).shape", tsuki: "uniform([2, 3]).shape" },
        {
          python: "torch.manual_seed(0)\ntorch.randn(3)",
          tsuki: "manualSeed(0);\nnormal([3])",
          differs: true,
          note: "a seed gives other numbers",
        },
      ],
    },
    {
      title: "Reading values",
      about: "All of it is asynchronous, and runs what is pending.",
      pairs: [
        { python: "x.sum().item()", tsuki: "await x.sum().item()" },
        { python: "x.tolist()", tsuki: "await x.array()" },
        { python: "x.numpy().ravel()", tsuki: "await x.data()", note: "a typed array, row by row" },
        { python: "x.shape", tsuki: "x.shape", note: "known at once" },
        { python: "x.ndim, x.numel()", tsuki: "[x.rank, x.size]" },
      ],
    },
    {
      title: "Shapes",
      pairs: [
        { python: "x.reshape(3, -1)", tsuki: "x.reshape([3, -1])", note: "`view` too" },
        { python: "x.flatten()", tsuki: "x.flatten()" },
        { python: "x.T", tsuki: "x.transpose()", note: "the last two axes" },
        { python: "x.permute(1, 0)", tsuki: "x.permute([1, 0])" },
        { python: "x.unsqueeze(1)", tsuki: "x.unsqueeze(1)" },
        {
          python: "x.squeeze(0)",
          tsuki: "x.squeeze(0)",
          differs: true,
          note: "an axis that is longer than 1 is an error",
        },
        { python: "x.unsqueeze(0).expand(2, -1, -1)", tsuki: "x.unsqueeze(0).expand([2, 2, 3])" },
        { python: "x.repeat(2, 1)", tsuki: "x.repeat([2, 1])" },
        { python: "x.repeat_interleave(2, dim=1)", tsuki: "x.repeatInterleave(2, 1)" },
        { python: "torch.cat([x, y], dim=1)", tsuki: "concat([x, y], 1)" },
        { python: "torch.stack([x, y])", tsuki: "stack([x, y])" },
        { python: "x.split([1, 2], dim=1)", tsuki: "x.split([1, 2], 1)" },
        { python: "x.chunk(3, dim=1)", tsuki: "x.chunk(3, 1)" },
        { python: "x.flip(1)", tsuki: "x.flip(1)" },
        { python: "x.roll(1, 1)", tsuki: "x.roll(1, 1)" },
        { python: "F.pad(x, (1, 0))", tsuki: "x.pad([[0, 0], [1, 0]])", note: "a pair for each axis, from the first" },
      ],
    },
    {
      title: "Parts",
      about: "There are no brackets, and no assignment into a part: the result is a new tensor.",
      pairs: [
        { python: "x[0]", tsuki: "x.select(0, 0)" },
        { python: "x[:, -1]", tsuki: "x.select(1, -1)" },
        { python: "x[:, 1:]", tsuki: "x.slice(1, 1)" },
        { python: "x[:, ::2]", tsuki: "x.slice(1, 0, null, 2)" },
        { python: "x.narrow(1, 1, 2)", tsuki: "x.narrow(1, 1, 2)", note: "the start is a run-time number" },
        { python: "x[i]", tsuki: "x.take(i)" },
        { python: "x.index_select(1, i)", tsuki: "x.indexSelect(1, i)" },
        { python: "x.gather(1, i.view(1, 3))", tsuki: "x.gather(1, i.reshape([1, 3]))" },
        { python: "x[x > 2]", tsuki: "await booleanSelect(x, x.gt(2))", note: "the shape depends on values: await" },
        { python: "(x > 2).nonzero()", tsuki: "await nonzero(x.gt(2))" },
        { python: "torch.where(x > 2, x, y)", tsuki: "where(x.gt(2), x, y)" },
        { python: "x.masked_fill(x > 2, 0.)", tsuki: "x.maskedFill(x.gt(2), 0)" },
        { python: "x[:, 0] = 0\nx", tsuki: "x.sliceScatter(1, 0, zeros([2, 1]))" },
        { python: "x.index_add(0, i[:2], y)", tsuki: "x.indexAdd(0, i.slice(0, 0, 2), y)" },
        { python: "x.scatter_add(1, i.view(1, 3), y)", tsuki: "x.scatterAdd(1, i.reshape([1, 3]), y.slice(0, 0, 1))" },
      ],
    },
    {
      title: "Arithmetic",
      pairs: [
        { python: "x + y * 2", tsuki: "x.add(y.mul(2))" },
        { python: "x @ y.T", tsuki: "x.matmul(y.transpose())" },
        { python: "x ** 2", tsuki: "x.pow(2)" },
        { python: "1 / x", tsuki: "div(1, x)", note: "a number on the left: the function" },
        { python: "i / 2", tsuki: "i.div(2)", note: "ints divide to `float32`" },
        { python: "torch.tensor([7, -7]) // 2", tsuki: 'tensor([7, -7], { dtype: "int32" }).floorDivide(2)' },
        { python: "torch.tensor([7, -7]) % 3", tsuki: 'tensor([7, -7], { dtype: "int32" }).mod(3)' },
        {
          python: "i + 0.5",
          tsuki: "i.add(0.5)",
          differs: true,
          note: "a number takes the tensor's dtype: cast first",
        },
        { python: "i + torch.tensor(0.5)", tsuki: "i.add(tensor(0.5))" },
        { python: "(x > 2) & (y > 0)", tsuki: "x.gt(2).logicalAnd(y.gt(0))" },
        { python: "x.clamp(min=2, max=5)", tsuki: "x.clamp({ min: 2, max: 5 })" },
        { python: "torch.maximum(x, y)", tsuki: "x.maximum(y)" },
        { python: 'torch.einsum("ij,kj->ik", x, y)', tsuki: 'einsum("ij,kj->ik", x, y)' },
        { python: "torch.lerp(x, y, 0.25)", tsuki: "x.lerp(y, 0.25)" },
      ],
    },
    {
      title: "Reductions and order",
      pairs: [
        { python: "x.sum()", tsuki: "x.sum()" },
        { python: "x.sum(dim=0)", tsuki: "x.sum({ axis: 0 })" },
        { python: "x.mean(dim=(0, 1), keepdim=True)", tsuki: "x.mean({ axis: [0, 1], keepDim: true })" },
        { python: "x.max(dim=1).values", tsuki: "x.max({ axis: 1 })" },
        { python: "x.max(dim=1).indices", tsuki: "x.argmax({ axis: 1 })", note: "no pair of values and indices" },
        { python: "x.std()", tsuki: "x.std()" },
        { python: "x.var(unbiased=False)", tsuki: "x.var({ correction: 0 })" },
        { python: "x.logsumexp(1)", tsuki: "x.logsumexp({ axis: 1 })" },
        { python: "x.norm()", tsuki: "x.norm()" },
        { python: "x.cumsum(1)", tsuki: "x.cumsum(1)" },
        { python: "y.sort(dim=1, descending=True)", tsuki: "Object.values(y.sort({ axis: 1, descending: true }))" },
        { python: "y.topk(2).indices", tsuki: "y.topK(2).indices" },
        { python: "(x > 2).any(dim=0)", tsuki: "x.gt(2).any({ axis: 0 })" },
        { python: "i.unique()", tsuki: "await unique(i)" },
        { python: "F.softmax(x, dim=-1)", tsuki: "x.softmax()", note: "the last axis is the default" },
      ],
    },
    {
      title: "Gradients",
      pairs: [
        {
          python: "w = torch.tensor([1., 2.], requires_grad=True)\n(w ** 2).sum().backward()\nw.grad",
          tsuki: "const w = parameter(tensor([1, 2]));\nw.square().sum().backward();\nw.grad",
        },
        {
          python: "w = torch.tensor([1., 2.], requires_grad=True)\nw.sum().backward()\nw.sum().backward()\nw.grad",
          tsuki: "const w = parameter(tensor([1, 2]));\nw.sum().backward();\nw.sum().backward();\nw.grad",
          note: "gradients add up",
        },
        {
          python: "w = torch.tensor([1., 2.], requires_grad=True)\ntorch.autograd.grad((w ** 3).sum(), w)[0]",
          tsuki: "const w = parameter(tensor([1, 2]));\ngrad(w.pow(3).sum(), [w])[0]",
        },
        {
          python:
            "w = torch.tensor(2., requires_grad=True)\ng, = torch.autograd.grad(w ** 3, w, create_graph=True)\ntorch.autograd.grad(g, w)[0]",
          tsuki:
            "const w = parameter(tensor(2));\nconst [g] = grad(w.pow(3), [w], { createGraph: true });\ngrad(g, [w])[0]",
        },
        {
          python: "w = torch.tensor([1.], requires_grad=True)\nwith torch.no_grad():\n    z = w * 2\nz.requires_grad",
          tsuki: "const w = parameter(tensor([1]));\nconst z = noGrad(() => w.mul(2));\nz.requiresGrad",
        },
        {
          python: "w = torch.tensor([1.], requires_grad=True)\n(w * 2).detach().requires_grad",
          tsuki: "const w = parameter(tensor([1]));\nw.mul(2).detach().requiresGrad",
        },
        {
          python: "w = torch.tensor([1.], requires_grad=True)\nw.add_(1)",
          tsuki: "const w = parameter(tensor([1]));\nw.assign(w.add(1));\nw",
          differs: true,
          note: "an assignment stores a value without its history: no `no_grad` around it",
        },
      ],
    },
    {
      title: "Places that change",
      about: "What changes is a variable. A tensor has the value that its variables had where it was built.",
      pairs: [
        {
          python: "s = torch.zeros(2)\ns += 1\ns",
          tsuki: "const s = variable(zeros([2]));\ns.assign(s.add(1));\ns",
        },
        {
          python: "s = torch.zeros(2)\nview = s[:1]\ns += 1\nview",
          tsuki: "const s = variable(zeros([2]));\nconst view = s.slice(0, 0, 1);\ns.assign(s.add(1));\nview",
          differs: true,
          note: "a part of a variable is the value of that moment",
        },
        {
          python: "s = torch.zeros(2)\ndouble = s * 2\ns += 1\ndouble",
          tsuki:
            "const s = variable(zeros([2]));\nconst double = s.mul(2).keep();\ns.assign(s.add(1));\nawait realize();\ndouble",
          note: "`keep()` what is read after the variable has changed",
        },
        {
          python: "s = torch.zeros(2)\ndouble = s * 2\ns += 1\ndouble",
          tsuki:
            "const s = variable(zeros([2]));\nconst double = s.mul(2);\ns.assign(s.add(1));\nawait realize();\ndouble",
          differs: true,
          note: "without it, `StaleTensorError`",
        },
      ],
    },
    {
      title: "Modules and losses",
      about: "From `@tsuki/nn`.",
      pairs: [
        {
          python: "nn.Linear(3, 2).bias is None",
          tsuki: "new Linear({ inFeatures: 3, outFeatures: 2 }).bias === null",
          differs: true,
          note: "no bias unless asked for",
        },
        {
          python: "nn.Linear(3, 2, bias=False).weight.shape",
          tsuki: "new Linear({ inFeatures: 3, outFeatures: 2 }).weight.shape",
        },
        {
          python: "net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1))\nlist(net.state_dict())",
          tsuki:
            "const net = new Sequential(\n  new Linear({ inFeatures: 3, outFeatures: 4, bias: true }),\n  relu,\n  new Linear({ inFeatures: 4, outFeatures: 1, bias: true }),\n);\nObject.keys(await net.stateDict())",
        },
        {
          python: "layer = nn.LayerNorm(3)\nlayer(x)",
          tsuki: "const layer = new LayerNorm({ size: 3 });\nlayer.call(x)",
          note: "`call`, never `forward`",
        },
        {
          python: "drop = nn.Dropout(0.5).eval()\ndrop(x)",
          tsuki: "const drop = new Dropout({ p: 0.5 }).eval();\ndrop.call(x)",
        },
        { python: "F.gelu(y)", tsuki: "y.gelu()" },
        { python: "F.one_hot(i, 3)", tsuki: 'oneHot(i, 3).cast("int32")', note: "`bool` without the cast" },
        { python: "F.cross_entropy(x, i[:2])", tsuki: "crossEntropy(x, i.slice(0, 0, 2))" },
        { python: "F.mse_loss(x, y)", tsuki: "mseLoss(x, y)" },
      ],
    },
    {
      title: "Optimizers",
      about: "From `@tsuki/optim`. A step uses the gradients up: there is no `zero_grad`.",
      pairs: [
        {
          python:
            "w = nn.Parameter(torch.tensor([1., 2.]))\nopt = torch.optim.SGD([w], lr=0.1)\nfor _ in range(2):\n    opt.zero_grad()\n    (w ** 2).sum().backward()\n    opt.step()\nw",
          tsuki:
            "const w = parameter(tensor([1, 2]));\nconst opt = new SGD({ w }, { lr: 0.1 });\nfor (let n = 0; n < 2; n++) {\n  w.square().sum().backward();\n  await opt.step();\n}\nw",
        },
        {
          python:
            "w = nn.Parameter(torch.tensor([1., 2.]))\nopt = torch.optim.AdamW([w], lr=0.1, weight_decay=0.1)\n(w ** 2).sum().backward()\nopt.step()\nw",
          tsuki:
            "const w = parameter(tensor([1, 2]));\nconst opt = new AdamW({ w }, { lr: 0.1, weightDecay: 0.1 });\nw.square().sum().backward();\nawait opt.step();\nw",
        },
        {
          python:
            "w = nn.Parameter(torch.tensor([3., 4.]))\n(w ** 2).sum().backward()\nnn.utils.clip_grad_norm_([w], 1.)",
          tsuki: "const w = parameter(tensor([3, 4]));\nw.square().sum().backward();\nclipGradNorm({ w }, 1)",
        },
        {
          python:
            "w = nn.Parameter(torch.ones(1))\nopt = torch.optim.SGD([w], lr=1.)\nfor group in opt.param_groups:\n    group['lr'] = 0.5\nopt.param_groups[0]['lr']",
          tsuki:
            "const w = parameter(ones([1]));\nconst opt = new SGD({ w }, { lr: 1 });\nfor (const group of opt.groups) group.lr = 0.5;\nopt.groups[0].lr",
        },
      ],
    },
  ],
};
