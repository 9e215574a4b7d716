"""Networks that see with attention."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from mirrors.convolution import ResNet
from mirrors.mirror import Mirror, stochastic_depth
from successors.nn.learner import Successor
from successors.timeline.y2021_convit import relative
from successors.timeline.y2021_swin import offsets, seen


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


class Attending(Mirror):
    """Base: what transformers are made of."""

    def norm(self, x, name, eps=1e-6):
        return self.layer_norm(x, name, eps)

    def gelu(self, x):
        return F.gelu(x, approximate="tanh")

    def mlp(self, x, name):
        return self.linear(self.gelu(self.linear(x, f"{name}.first")), f"{name}.second")

    def flat(self, x, name):
        """Multiply by a matrix that may be without a bias."""
        return F.linear(x, self.w[f"{name}.weight"], self.w.get(f"{name}.bias"))

    def split(self, x, heads):
        return x.unflatten(-1, (heads, -1)).transpose(-3, -2)

    def heads(self, x, name, heads):
        """Self-attention of rows (n, t, width) by one matrix for queries, keys and values."""
        q, k, v = self.flat(x, name).unflatten(-1, (3, heads, -1)).permute(2, 0, 3, 1, 4).unbind()
        read = F.scaled_dot_product_attention(q, k, v)
        return self.flat(read.transpose(1, 2).flatten(2), f"{name}.output")

    def block(self, x, name, attention):
        x = x + attention(self.norm(x, f"{name}.norm1"), f"{name}.attention")
        return x + self.mlp(self.norm(x, f"{name}.norm2"), f"{name}.mlp")

    def patches(self, x, name, size):
        """Embed patches by a convolution, which is how one writes it there."""
        weight = self.w[f"{name}.project.weight"]
        x = F.conv2d(x, weight.view(len(weight), -1, size, size), self.w[f"{name}.project.bias"], stride=size)
        return x.flatten(2).transpose(1, 2)

    def token(self, x, name):
        return torch.cat([self.w[f"{name}.row"].expand(len(x), -1, -1), x], 1)


class Swin(Attending):
    def __init__(self, learner: Successor):
        super().__init__(learner)
        c = self.settings
        self.stages = [self.parts(stage) for stage in self.parts("stages")]
        self.windows, self.masks, self.offsets = {}, {}, {}
        for side in c.sides:
            window = min(c.window, side)
            self.windows[side] = window
            self.offsets[side] = torch.from_numpy(offsets(window))
            for shift in (0, window // 2 if side > window else 0):
                apart = ~torch.from_numpy(seen(side, window, shift))[None, :, None]
                hidden = apart.float().masked_fill(apart, -1e9)
                self.masks[side, shift] = hidden if apart.any() else None

    def attention(self, x, name, side, heads, shift):
        n, _, width = x.shape
        window = self.windows[side]
        x = x.view(n, side, side, width)
        extra = -side % window
        if extra:
            x = F.pad(x, (0, 0, 0, extra, 0, extra))
        if shift:
            x = x.roll((-shift, -shift), (1, 2))
        many = x.shape[1] // window
        x = x.view(n, many, window, many, window, width).transpose(2, 3).reshape(n, many**2, window**2, width)
        q, k, v = self.flat(x, name).unflatten(-1, (3, heads, -1)).permute(3, 0, 1, 4, 2, 5).unbind()
        bias = self.w[f"{name}.table"][self.offsets[side]].permute(2, 0, 1)
        weights = (q * q.shape[-1] ** -0.5) @ k.transpose(-2, -1) + bias
        if self.masks[side, shift] is not None:
            weights = weights + self.masks[side, shift]
        x = (weights.softmax(-1) @ v).transpose(2, 3).reshape(n, many, many, window, window, width)
        x = x.transpose(2, 3).reshape(n, many * window, many * window, width)
        if shift:
            x = x.roll((shift, shift), (1, 2))
        return self.linear(x[:, :side, :side].reshape(n, side**2, width), f"{name}.output")

    def forward(self, x):
        c = self.settings
        x = self.conv(x[:, None], "stem", stride=c.patch)
        x = self.norm(x.flatten(2).transpose(1, 2), "stem_norm", 1e-5)
        for k, (stage, side, heads) in enumerate(zip(self.stages, c.sides, c.heads, strict=True)):
            if k:
                x = x.view(len(x), 2 * side, 2 * side, -1)
                x = torch.cat([x[:, a::2, b::2] for b in (0, 1) for a in (0, 1)], -1).flatten(1, 2)
                x = self.flat(self.norm(x, f"merging.{k - 1}.norm", 1e-5), f"merging.{k - 1}.reduction")
            for number, name in enumerate(stage):
                shift = self.windows[side] // 2 if number % 2 and side > self.windows[side] else 0
                x = self.block(x, name, lambda y, at, s=side, h=heads, d=shift: self.attention(y, at, s, h, d))
        return self.linear(self.norm(x, "norm", 1e-5).mean(1), "head")


class SepViT(Attending):
    def __init__(self, learner: Successor):
        super().__init__(learner)
        self.stages = [(name, self.parts(f"{name}.blocks")) for name in self.parts("stages")]

    def attention(self, x, name, side, window, heads):
        n, _, width = x.shape
        many = side // window
        x = x.view(n, many, window, many, window, width).transpose(2, 3).reshape(n, many**2, window**2, width)
        between = f"{name}.tokens" in self.w
        if between:
            x = torch.cat([self.w[f"{name}.tokens"].expand(n, -1, -1, -1), x], 2)
        q, k, v = self.flat(x, name).unflatten(-1, (3, heads, -1)).permute(3, 0, 1, 4, 2, 5).unbind()
        x = x + F.scaled_dot_product_attention(q, k, v).transpose(2, 3).flatten(3)
        if between:
            token, x = x[:, :, 0], x[:, :, 1:]
            token = self.linear(self.gelu(self.norm(token, f"{name}.norm")), f"{name}.look")
            q, k = token.unflatten(-1, (2, heads, -1)).permute(2, 0, 3, 1, 4).unbind()
            v = x.unflatten(-1, (heads, -1)).permute(0, 3, 1, 2, 4)
            mixed = F.scaled_dot_product_attention(q, k, v.flatten(3)).view(v.shape)
            x = x + mixed.permute(0, 2, 3, 1, 4).flatten(3)
        x = x.reshape(n, many, many, window, window, width).transpose(2, 3).reshape(n, side**2, width)
        return self.linear(x, f"{name}.output")

    def forward(self, x):
        c, x = self.settings, x[:, None]
        for k, (name, blocks) in enumerate(self.stages):
            x = self.same(x, f"{name}.shrink", stride=2 if k else c.patch)
            side, shape = x.shape[-1], x.shape
            x = self.norm(x.flatten(2).transpose(1, 2), f"{name}.shrink_norm")
            for number, block in enumerate(blocks):
                last = k == len(self.stages) - 1
                window = side if last else min(side, c.window * (1 + number % 2))
                x = self.block(x, block, lambda y, at, s=side, w=window, h=c.heads[k]: self.attention(y, at, s, w, h))
                if number == 0:
                    y = x.transpose(1, 2).reshape(shape)
                    x = (y + self.same(y, f"{name}.places", groups=shape[1])).flatten(2).transpose(1, 2)
            x = x.transpose(1, 2).reshape(shape)
        return self.linear(self.norm(x.flatten(2).transpose(1, 2), "norm").mean(1), "head")


class ConViT(Attending):
    def __init__(self, learner: Successor):
        super().__init__(learner)
        self.relative = torch.from_numpy(relative(self.settings.side // self.settings.patch))

    def gated(self, x, name):
        heads = self.settings.heads
        q, k = (self.split(self.flat(x, f"{name}.{part}"), heads) for part in ("query", "key"))
        v = self.split(F.linear(x, self.w[f"{name}.value"]), heads)
        near = F.linear(self.relative, self.w[f"{name}.places"], self.w[f"{name}.places_bias"])
        near = near.permute(2, 0, 1).softmax(-1)
        alike = (q @ k.transpose(-2, -1) * q.shape[-1] ** -0.5).softmax(-1)
        gate = self.w[f"{name}.gate"].sigmoid()
        read = ((1 - gate) * alike + gate * near) @ v
        return self.linear(read.transpose(1, 2).flatten(2), f"{name}.output")

    def forward(self, x):
        c = self.settings
        x = self.patches(x[:, None], "embedding", c.patch) + self.w["positions"]
        for k, name in enumerate(self.parts("blocks")):
            if k == c.local:
                x = self.token(x, "token")
            x = self.block(x, name, self.gated if k < c.local else lambda y, at: self.heads(y, at, c.heads))
        return self.linear(self.norm(x[:, 0], "norm"), "head")


class CrossViT(Attending):
    def mapped(self, x, name):
        return self.linear(self.gelu(self.norm(x, f"{name}.norm")), f"{name}.linear")

    def crossing(self, own, other, name):
        token = self.mapped(own[:, :1], f"{name}.there")
        x = self.norm(torch.cat([token, other[:, 1:]], 1), f"{name}.norm")
        q, k, v = (
            self.split(self.linear(rows, f"{name}.{part}"), self.settings.heads)
            for part, rows in (("query", x[:, :1]), ("key", x), ("value", x))
        )
        read = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        token = self.mapped(token + self.linear(read, f"{name}.output"), f"{name}.back")
        return torch.cat([token, own[:, 1:]], 1)

    def forward(self, x):
        c = self.settings
        names = self.parts("branches")
        rows = [
            self.token(self.patches(x[:, None], f"{name}.embedding", size), f"{name}.token")
            + self.w[f"{name}.positions"]
            for name, size in zip(names, c.patches, strict=True)
        ]
        for k in range(c.encoders):
            for b, name in enumerate(names):
                for block in self.parts(f"{name}.blocks.{k}"):
                    rows[b] = self.block(rows[b], block, lambda y, at: self.heads(y, at, c.heads))
            rows = [self.crossing(rows[b], rows[1 - b], f"crossings.{k}.{b}") for b in (0, 1)]
        scores = [
            self.linear(self.norm(x[:, 0], f"{name}.norm"), f"{name}.head") for name, x in zip(names, rows, strict=True)
        ]
        return (scores[0] + scores[1]) / 2
