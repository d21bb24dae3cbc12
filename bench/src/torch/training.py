"""Training steps of the models."""

import re

import torch

from llama import Llama
from moonlight import Moonlight
from muon import Muon
from weights import load

models = {"llama": Llama, "moonlight": Moonlight}


def training(work):
    tensors = load(work["file"])
    batches = tensors.pop("ids").long()
    constants = re.compile("bias$")
    weights = {name: t if constants.search(name) else torch.nn.Parameter(t) for name, t in tensors.items()}
    model = models[work["model"]["name"]](work["model"]["config"], weights)
    optimizers = optimizers_of(work, {n: w for n, w in weights.items() if w.requires_grad})
    parameters = [w for w in weights.values() if w.requires_grad]
    taken = 0

    def step():
        nonlocal taken
        loss = model.loss(batches[taken % len(batches)])
        taken += 1
        loss.backward()
        for optimizer in optimizers:
            optimizer.step()
        for parameter in parameters:
            parameter.grad = None
        return loss.item()

    for _ in range(work["checkedSteps"]):
        step()
    return step, {"loss": step()}


def optimizers_of(work, named):
    matrices, rest = [], list(named.values())
    if work["optimizer"] == "muon":
        outside = re.compile("embed_tokens|lm_head")
        matrices = [w for name, w in named.items() if w.dim() >= 2 and not outside.search(name)]
        rest = [w for name, w in named.items() if w.dim() < 2 or outside.search(name)]
    options = {"lr": work["lr"], "weight_decay": 0.1}
    adamw = torch.optim.AdamW(rest, betas=(0.9, 0.95), eps=1e-8, **options)
    return [Muon(matrices, **options), adamw] if matrices else [adamw]
