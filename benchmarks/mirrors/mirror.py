"""What mirrors have in common: copies of our weights by our names, and layers that are called by name."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from successors.nn.learner import Successor


class Mirror(torch.nn.Module):
    """Base: copies of our weights and running moments by our names, and layers that are called by name."""

    def __init__(self, learner: Successor):
        super().__init__()
        network = learner.network
        self.settings = learner.config
        self.w = {n: torch.nn.Parameter(torch.from_numpy(p.data.copy())) for n, p in network.parameters().items()}
        self.moments = {n: torch.from_numpy(a.copy()) for n, a in network.buffers().items()}
        for name, parameter in self.w.items():
            self.register_parameter(name.replace(".", "_"), parameter)

    def parts(self, name: str) -> list[str]:
        """Return the names of what a list of ours holds, in order."""
        start = f"{name}."
        return list(dict.fromkeys(start + n[len(start) :].split(".")[0] for n in self.w if n.startswith(start)))

    def conv(self, x, name, **how):
        return F.conv2d(x, self.w[f"{name}.weight"], self.w.get(f"{name}.bias"), **how)

    def same(self, x, name, **how):
        """Convolve with as much laid round the images that their sides stay."""
        height, width = self.w[f"{name}.weight"].shape[2:]
        return self.conv(x, name, padding=(height // 2, width // 2), **how)

    def linear(self, x, name):
        return F.linear(x, self.w[f"{name}.weight"], self.w[f"{name}.bias"])

    def batch_norm(self, x, name, eps=1e-5):
        moments, w = self.moments, self.w
        mean, variance = moments[f"{name}.mean"], moments[f"{name}.variance"]
        return F.batch_norm(x, mean, variance, w[f"{name}.gain"], w[f"{name}.bias"], self.training, 0.1, eps)

    def conv_norm(self, x, name, *, eps=1e-5, **how):
        return self.batch_norm(self.same(x, f"{name}.conv", **how), f"{name}.norm", eps)

    def layer_norm(self, x, name, eps=1e-5):
        return F.layer_norm(x, x.shape[-1:], self.w[f"{name}.gain"], self.w[f"{name}.bias"], eps)

    def dropout(self, x, rate):
        return F.dropout(x, rate, self.training)

    def loss(self, outputs, labels):
        return F.cross_entropy(outputs, labels)

    def decide(self, outputs):
        return outputs.argmax(1)


def stochastic_depth(x: torch.Tensor, rate: float) -> torch.Tensor:
    """Leave a branch out for a share of the cases, and scale it up for the others."""
    kept = torch.empty(len(x), *(1,) * (x.ndim - 1)).bernoulli_(1 - rate)
    return x * (kept / (1 - rate))
