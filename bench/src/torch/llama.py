"""A dense Llama in eager PyTorch, with the names of Hugging Face's checkpoints."""

import math

import torch
import torch.nn.functional as F


def rms_norm(x, weight, eps):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps) * weight


def swiglu(x, w, prefix):
    gate, up, down = (w[f"{prefix}.{part}_proj.weight"] for part in ("gate", "up", "down"))
    return F.linear(F.silu(F.linear(x, gate)) * F.linear(x, up), down)


def causal_attention(q, k, v, scale, mask):
    # PyTorch 2 has it as one function.
    fused = getattr(F, "scaled_dot_product_attention", None)
    if fused and q.shape == v.shape:
        return fused(q, k, v, is_causal=True)
    return torch.softmax(q @ k.mT * scale + mask, -1) @ v


class Llama:
    def __init__(self, config, weights):
        self.config, self.w = config, weights
        dim, length = config["headDim"], config["maxPositionEmbeddings"]
        frequencies = config["ropeTheta"] ** (-torch.arange(0, dim, 2).double() / dim)
        angles = torch.outer(torch.arange(length).double(), frequencies)
        self.cos, self.sin = angles.cos().float(), angles.sin().float()
        self.mask = torch.full((length, length), float("-inf")).triu(1)

    def rotate(self, x):
        first, second = x.chunk(2, -1)
        return torch.cat([first * self.cos - second * self.sin, first * self.sin + second * self.cos], -1)

    def attend(self, x, prefix):
        batch, length, _ = x.shape
        dim = self.config["headDim"]
        heads = lambda name: F.linear(x, self.w[f"{prefix}.{name}_proj.weight"]).view(batch, length, -1, dim).transpose(1, 2)
        q, k, v = self.rotate(heads("q")), self.rotate(heads("k")), heads("v")
        attended = causal_attention(q, k, v, 1 / math.sqrt(dim), self.mask)
        return F.linear(attended.transpose(1, 2).reshape(batch, length, -1), self.w[f"{prefix}.o_proj.weight"])

    def logits(self, ids):
        eps = self.config["rmsNormEps"]
        x = F.embedding(ids, self.w["model.embed_tokens.weight"])
        for layer in range(self.config["numHiddenLayers"]):
            prefix = f"model.layers.{layer}"
            x = x + self.attend(rms_norm(x, self.w[f"{prefix}.input_layernorm.weight"], eps), f"{prefix}.self_attn")
            x = x + swiglu(rms_norm(x, self.w[f"{prefix}.post_attention_layernorm.weight"], eps), self.w, f"{prefix}.mlp")
        return F.linear(rms_norm(x, self.w["model.norm.weight"], eps), self.w["lm_head.weight"])

    def loss(self, ids):
        logits = self.logits(ids[:, :-1])
        return F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten())
