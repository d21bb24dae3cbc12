"""Muon (arXiv 2502.16982) with Keller Jordan's coefficients, matrix by matrix as its reference runs."""

import math

import torch

a, b, c = 3.4445, -4.7750, 2.0315


def newton_schulz(gradient):
    x = gradient.mT if gradient.size(-2) > gradient.size(-1) else gradient
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    product = torch.addmm if x.dim() == 2 else torch.baddbmm
    for _ in range(5):
        gram = x @ x.mT
        polynomial = product(gram, gram, gram, beta=b, alpha=c)
        x = product(x, polynomial, x, beta=a)
    return x.mT if gradient.size(-2) > gradient.size(-1) else x


def stacked_newton_schulz(work):
    matrices = torch.randn(work["count"], work["rows"], work["cols"])

    def run():
        with torch.no_grad():
            newton_schulz(matrices)

    return run, {}


class Muon:
    def __init__(self, parameters, lr, weight_decay, momentum=0.95):
        self.parameters = parameters
        self.buffers = [torch.zeros_like(parameter) for parameter in parameters]
        self.lr, self.weight_decay, self.momentum = lr, weight_decay, momentum

    @torch.no_grad()
    def step(self):
        for parameter, buffer in zip(self.parameters, self.buffers):
            gradient = parameter.grad
            if gradient is None:
                continue
            buffer.mul_(self.momentum).add_(gradient)
            update = newton_schulz(gradient.add(buffer, alpha=self.momentum))
            scale = 0.2 * math.sqrt(max(parameter.shape[-2:]))
            parameter.mul_(1 - self.lr * self.weight_decay).add_(update, alpha=-self.lr * scale)
