"""Augmented, vision and visual transformers once more in eager PyTorch, as in `mirrors.py`."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from mirrors import Mirror, ResNet, stochastic_depth

from successors.nn.learner import Successor


class AttentionAugmented(ResNet):
    """Basic blocks whose first convolution may be augmented, without halved images."""

    def residual(self, x, name, stride):
        if f"{name}.conv1.attention.down" not in self.w:
            return super().residual(x, name, stride)
        name1 = f"{name}.conv1"
        seen = F.avg_pool2d(x, 3, 2, 1) if stride > 1 else x
        both = torch.cat([self.same(x, f"{name1}.conv", stride=stride), self.attention(seen, f"{name1}.attention")], 1)
        return self.conv_norm(F.relu(self.batch_norm(both, f"{name1}.norm")), f"{name}.conv2")

    def attention(self, x, name):
        n, _, h, w = x.shape
        rows = x.flatten(2).transpose(1, 2)
        heads = (self.linear(rows, f"{name}.{part}") for part in ("queries", "keys", "values"))
        q, k, v = (a.reshape(n, h * w, self.settings.heads, -1).transpose(1, 2) for a in heads)
        grid = q.reshape(n, -1, h, w, q.shape[-1]) * q.shape[-1] ** -0.5
        across = self.skewed(grid @ self.w[f"{name}.across"].T)
        down = self.skewed(grid.transpose(2, 3) @ self.w[f"{name}.down"].T).transpose(2, 3)
        bias = (down[..., :, None] + across[..., None, :]).reshape(n, -1, h * w, h * w)
        read = F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
        read = self.linear(read.transpose(1, 2).reshape(n, h * w, -1), f"{name}.output")
        return read.transpose(1, 2).reshape(n, -1, h, w)

    @staticmethod
    def skewed(table):
        """Turn distances into places by padding and cutting, as in the paper's appendix."""
        *leading, places, distances = table.shape
        flat = F.pad(table, (0, 1)).flatten(-2)
        flat = F.pad(flat, (0, places - 1))
        return flat.reshape(*leading, places + 1, distances)[..., :places, places - 1 :]


class ViT(Mirror):
    def __init__(self, learner: Successor):
        super().__init__(learner)
        rates = torch.linspace(0, self.settings.drop_path, self.settings.layers).tolist()
        self.blocks = list(zip(self.parts("blocks"), rates, strict=True))

    def forward(self, x):
        size, (n, h, w) = self.settings.patch, x.shape
        x = x.reshape(n, h // size, size, w // size, size).transpose(2, 3).reshape(n, -1, size * size)
        x = self.linear(x, "embedding.project")
        x = torch.cat([self.w["token.row"].expand(n, 1, -1), x], 1) + self.w["positions"]
        for name, rate in self.blocks:
            x = x + self.path(self.heads(self.layer_norm(x, f"{name}.norm1", 1e-6), f"{name}.attention"), rate)
            x = x + self.path(self.perceptron(self.layer_norm(x, f"{name}.norm2", 1e-6), f"{name}.mlp"), rate)
        return self.linear(self.layer_norm(x[:, 0], "norm", 1e-6), "head")

    def heads(self, x, name):
        n, t, width = x.shape
        q, k, v = self.linear(x, name).reshape(n, t, 3, self.settings.heads, -1).permute(2, 0, 3, 1, 4)
        read = F.scaled_dot_product_attention(q, k, v)
        return self.linear(read.transpose(1, 2).reshape(n, t, width), f"{name}.output")

    def perceptron(self, x, name):
        return self.linear(F.gelu(self.linear(x, f"{name}.first"), approximate="tanh"), f"{name}.second")

    def path(self, x, rate):
        return stochastic_depth(x, rate) if rate and self.training else x


class VTResNet(ResNet):
    """With filter-based tokenizers that are followed by others."""

    def forward(self, x):
        x = F.relu(self.conv_norm(x[:, None], "stem.conv", stride=self.settings.stem_stride))
        for name, stride in self.blocks:
            y = self.residual(x, name, stride)
            x = F.relu(y + self.shortcut(x, name, stride, y.shape[1]))
        cells = x.flatten(2).transpose(1, 2)
        for name in self.parts("modules"):
            filters = self.w[f"{name}.tokenizer.filters"].expand(len(x), -1, -1)
            tokens = F.scaled_dot_product_attention(filters, cells, self.free(cells, f"{name}.tokenizer.values"))
            tokens = self.related(tokens, f"{name}.transformer")
            if f"{name}.projector.query.weight" in self.w:
                q, k, v = self.free(cells, f"{name}.projector.query"), *self.read(tokens, f"{name}.projector")
                cells = cells + F.scaled_dot_product_attention(q, k, v)
        return self.linear(tokens.mean(1), "output")

    def related(self, x, name):
        q, k = self.free(x, f"{name}.query"), self.free(x, f"{name}.key")
        x = x + F.scaled_dot_product_attention(q, k, x)
        return x + self.linear(F.relu(self.linear(x, f"{name}.perceptron.first")), f"{name}.perceptron.second")

    def read(self, tokens, name):
        return self.free(tokens, f"{name}.key"), self.free(tokens, f"{name}.values")

    def free(self, x, name):
        return F.linear(x, self.w[f"{name}.weight"])


MIRRORS: dict[str, Callable[[Successor], torch.nn.Module]] = {
    "attention_augmented": AttentionAugmented,
    "visual_transformer": VTResNet,
    "vit": ViT,
}
"""Mirrors of these systems, in order of time."""
