"""Networks of 2021 and 2022 without attention."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from mirrors.mirror import Mirror, stochastic_depth
from successors.nn.learner import Successor


class MLPMixer(Mirror):
    def __init__(self, learner: Successor):
        super().__init__(learner)
        rates = torch.linspace(0, self.settings.drop_path, self.settings.layers).tolist()
        self.layers = list(zip(self.parts("layers"), rates, strict=True))

    def forward(self, x):
        size, (n, h, w) = self.settings.patch, x.shape
        x = x.reshape(n, h // size, size, w // size, size).transpose(2, 3).reshape(n, -1, size * size)
        x = self.linear(x, "stem")
        for name, rate in self.layers:
            y = self.layer_norm(x, f"{name}.norm1", 1e-6).transpose(1, 2)
            x = x + self.path(self.perceptron(y, f"{name}.tokens").transpose(1, 2), rate)
            x = x + self.path(self.perceptron(self.layer_norm(x, f"{name}.norm2", 1e-6), f"{name}.channels"), rate)
        return self.linear(self.layer_norm(x, "norm", 1e-6).mean(1), "head")

    def perceptron(self, x, name):
        return self.linear(F.gelu(self.linear(x, f"{name}.first"), approximate="tanh"), f"{name}.second")

    def path(self, x, rate):
        return stochastic_depth(x, rate) if rate and self.training else x


class GMLP(Mirror):
    def __init__(self, learner: Successor):
        super().__init__(learner)
        self.blocks = self.parts("blocks")

    def forward(self, x):
        x = self.conv(x[:, None], "stem", stride=self.settings.patch).flatten(2).transpose(1, 2)
        for name in self.blocks:
            z = F.gelu(self.linear(self.layer_norm(x, f"{name}.norm"), f"{name}.u"), approximate="tanh")
            first, second = z.chunk(2, -1)
            second = self.layer_norm(second, f"{name}.gate.norm").transpose(1, 2)
            gate = self.linear(second, f"{name}.gate.spatial").transpose(1, 2)
            x = x + self.linear(first * gate, f"{name}.v")
        return self.linear(self.layer_norm(x, "norm").mean(1), "head")


class ConvNeXt(Mirror):
    """The end of the road, not the networks on the way."""

    def __init__(self, learner: Successor):
        super().__init__(learner)
        rates = iter(torch.linspace(0, self.settings.drop_path, sum(self.settings.depths)).tolist())
        self.stages = [[(name, next(rates)) for name in self.parts(stage)] for stage in self.parts("stages")]

    def forward(self, x):
        c = self.settings
        x = self.channel_norm(self.conv(x[:, None], "stem", stride=c.patch), "stem_norm")
        for k, stage in enumerate(self.stages):
            if k:
                x = self.conv(self.channel_norm(x, f"down.{k - 1}.0"), f"down.{k - 1}.1", stride=2)
            for name, rate in stage:
                y = self.same(x, f"{name}.convolutions.0", groups=x.shape[1])
                y = self.conv(self.channel_norm(y, f"{name}.norms.0"), f"{name}.convolutions.1")
                y = self.conv(F.gelu(y, approximate="tanh"), f"{name}.convolutions.2")
                if c.layer_scale:
                    y = y * self.w[f"{name}.scale"]
                x = x + (stochastic_depth(y, rate) if rate and self.training else y)
        return self.linear(self.layer_norm(x.mean((2, 3)), "norm", 1e-6), "head")

    def channel_norm(self, x, name):
        return self.layer_norm(x.permute(0, 2, 3, 1), name, 1e-6).permute(0, 3, 1, 2)
