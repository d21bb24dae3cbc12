"""Moonlight in eager PyTorch: a loop over the experts, as in DeepSeek's reference."""

import torch
import torch.nn.functional as F

from llama import causal_attention, rms_norm, swiglu


class Moonlight:
    def __init__(self, config, weights):
        self.config, self.w = config, weights
        dim, length = config["qkRopeHeadDim"], config["maxPositionEmbeddings"]
        frequencies = config["ropeTheta"] ** (-torch.arange(0, dim, 2).double() / dim)
        angles = torch.outer(torch.arange(length).double(), frequencies)
        self.cos, self.sin = angles.cos().float(), angles.sin().float()
        self.mask = torch.full((length, length), float("-inf")).triu(1)

    def linear(self, x, name):
        return F.linear(x, self.w[f"{name}.weight"])

    def rotate(self, x):
        # Adjacent entries make a pair; queries and keys come out in one other order, which their products do not see.
        first, second = x[..., 0::2], x[..., 1::2]
        return torch.cat([first * self.cos - second * self.sin, first * self.sin + second * self.cos], -1)

    def attend(self, x, prefix):
        c = self.config
        batch, length, _ = x.shape
        plain, rotated, value = c["qkNopeHeadDim"], c["qkRopeHeadDim"], c["vHeadDim"]
        by_head = lambda y: y.view(batch, length, c["numAttentionHeads"], -1).transpose(1, 2)
        q_plain, q_rotated = by_head(self.linear(x, f"{prefix}.q_proj")).split([plain, rotated], -1)
        latent, key = self.linear(x, f"{prefix}.kv_a_proj_with_mqa").split([c["kvLoraRank"], rotated], -1)
        latent = rms_norm(latent, self.w[f"{prefix}.kv_a_layernorm.weight"], 1e-6)
        k_plain, v = by_head(self.linear(latent, f"{prefix}.kv_b_proj")).split([plain, value], -1)
        k_rotated = self.rotate(key.unsqueeze(1)).expand(-1, c["numAttentionHeads"], -1, -1)
        q = torch.cat([q_plain, self.rotate(q_rotated)], -1)
        k = torch.cat([k_plain, k_rotated], -1)
        attended = causal_attention(q, k, v, (plain + rotated) ** -0.5, self.mask)
        return self.linear(attended.transpose(1, 2).reshape(batch, length, -1), f"{prefix}.o_proj")

    def mixture(self, x, prefix):
        c = self.config
        tokens = x.flatten(0, 1)
        scores = torch.sigmoid(self.linear(tokens, f"{prefix}.gate"))
        choice = scores.detach() + self.w[f"{prefix}.gate.e_score_correction_bias"]
        indices = choice.topk(c["numExpertsPerToken"], -1).indices
        weights = scores.gather(1, indices)
        if c["normTopKProb"] and c["numExpertsPerToken"] > 1:
            weights = weights / (weights.sum(-1, keepdim=True) + 1e-20)
        weights = weights * c["routedScalingFactor"]
        routed = torch.zeros_like(tokens)
        for expert in range(c["numRoutedExperts"]):
            token, place = torch.where(indices == expert)
            if len(token) == 0:
                continue
            output = swiglu(tokens[token], self.w, f"{prefix}.experts.{expert}")
            routed.index_add_(0, token, output * weights[token, place, None])
        shared = swiglu(x, self.w, f"{prefix}.shared_experts") if c["numSharedExperts"] else 0
        return routed.view_as(x) + shared

    def loss(self, ids):
        c, eps = self.config, self.config["rmsNormEps"]
        x = F.embedding(ids[:, :-1], self.w["model.embed_tokens.weight"])
        for layer in range(c["numHiddenLayers"]):
            prefix = f"model.layers.{layer}"
            x = x + self.attend(rms_norm(x, self.w[f"{prefix}.input_layernorm.weight"], eps), f"{prefix}.self_attn")
            h = rms_norm(x, self.w[f"{prefix}.post_attention_layernorm.weight"], eps)
            dense = layer < c["firstKDenseReplace"] or layer % c["moeLayerFreq"] != 0
            x = x + (swiglu(h, self.w, f"{prefix}.mlp") if dense else self.mixture(h, f"{prefix}.mlp"))
        logits = self.linear(rms_norm(x, self.w["model.norm.weight"], eps), "lm_head")
        return F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten())
