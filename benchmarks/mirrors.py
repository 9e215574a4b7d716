"""Our networks once more, in eager PyTorch, as one would write them there: same weights, same settings, same loss.

Mirrors read weights by our names and settings from our configuration, so that they follow changes of widths and depths.
Forms that only stand for what a system is without its mechanism are not mirrored.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F

from successors.nn.learner import Successor
from successors.timeline.y1989_lecun import SEEN
from successors.timeline.y1998_lenet5 import BLACK, TABLE, WHITE, codes
from successors.timeline.y2012_alexnet import POOL, STEP


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


def bent(x: torch.Tensor) -> torch.Tensor:
    return 1.7159 * torch.tanh(x * (2 / 3))


class MLP(Mirror):
    def __init__(self, learner: Successor):
        super().__init__(learner)
        self.layers = self.parts("layers")

    def forward(self, x):
        x = x.flatten(1)
        for layer in self.layers:
            x = torch.sigmoid(self.linear(x, layer))
        return x

    def loss(self, outputs, labels):
        if outputs.shape[1] == 1:
            wanted = labels[:, None].to(outputs.dtype)
        else:
            wanted = F.one_hot(labels, outputs.shape[1]).to(outputs.dtype)
        return 0.5 * ((outputs - wanted) ** 2).sum()


class LeCun(Mirror):
    def __init__(self, learner: Successor):
        super().__init__(learner)
        self.table = torch.from_numpy(SEEN)

    def forward(self, x):
        w = self.w
        x = F.pad((x * 2 - 1)[:, None], (2, 2, 2, 2), value=-1.0)
        x = bent(F.conv2d(x, w["h1.kernels"][:, None], stride=2) + w["h1.bias"])
        kernels = torch.zeros(12, 12, 5, 5)
        kernels[self.table] = w["h2.kernels"]
        x = bent(F.conv2d(F.pad(x, (2, 2, 2, 2), value=-1.0), kernels, stride=2) + w["h2.bias"])
        x = bent(self.linear(x.flatten(1), "h3"))
        return bent(self.linear(x, "output"))

    def loss(self, outputs, labels):
        return F.mse_loss(outputs, 2 * F.one_hot(labels, outputs.shape[1]).to(outputs.dtype) - 1)


class LeNet5(Mirror):
    def __init__(self, learner: Successor):
        super().__init__(learner)
        self.table = torch.from_numpy(TABLE)
        self.codes = torch.from_numpy(codes(learner.config.classes))
        self.border, self.rubbish = learner.config.border, learner.config.rubbish

    def forward(self, x):
        w, b = self.w, self.border
        x = F.pad((x * (BLACK - WHITE) + WHITE)[:, None], (b, b, b, b), value=WHITE)
        x = bent(self.conv(x, "c1"))
        x = bent(F.avg_pool2d(x, 2) * (w["s2.coefficient"] * 4) + w["s2.bias"])
        kernels = torch.zeros(16, 6, 5, 5)
        kernels[self.table] = w["c3.kernels"]
        x = bent(F.conv2d(x, kernels, w["c3.bias"].flatten()))
        x = bent(F.avg_pool2d(x, 2) * (w["s4.coefficient"] * 4) + w["s4.bias"])
        x = bent(self.conv(x, "c5")).flatten(1)
        x = bent(self.linear(x, "f6"))
        return (x * x).sum(1, keepdim=True) - 2 * F.linear(x, self.codes) + self.codes.shape[1]

    def loss(self, outputs, labels):
        rubbish = torch.full((len(outputs), 1), -self.rubbish)
        return F.cross_entropy(torch.cat([-outputs, rubbish], 1), labels)

    def decide(self, outputs):
        return outputs.argmin(1)


class Recurrent(torch.nn.Module):
    """PyTorch's own recurrences, with our weights in their places."""

    def __init__(self, learner: Successor):
        super().__init__()
        network = learner.network
        self.eye = layer(network.eye.layer) if learner.config.eye else torch.nn.Identity()
        self.output = layer(network.output)
        self.cell = self.made(network)

    def forward(self, x):
        states, _ = self.cell(self.eye(x.flatten(2)))
        return self.output(states[:, -1])

    def loss(self, outputs, labels):
        return F.cross_entropy(outputs, labels)

    def decide(self, outputs):
        return outputs.argmax(1)


class RNN(Recurrent):
    def made(self, network):
        h, d = network.w_in.shape
        return filled(torch.nn.RNN(d, h, batch_first=True), network.w_in, network.w_state, network.bias)


class LSTM(Recurrent):
    def made(self, network):
        cells = network.cells
        h, d = cells.w_state.shape[1], cells.w_in.shape[1]
        return filled(torch.nn.LSTM(d, h, batch_first=True), cells.w_in, cells.w_state, cells.bias)


class GRU(Recurrent):
    def made(self, network):
        units = network.units
        h, d = units.w_state.shape[1], units.w_in.shape[1]
        return filled(torch.nn.GRU(d, h, batch_first=True), units.w_in, units.w_state, units.b_in, units.b_state)


def layer(ours: Any) -> torch.nn.Linear:
    """Return a linear layer with our weights."""
    k, d = ours.weight.shape
    theirs = torch.nn.Linear(d, k)
    with torch.no_grad():
        theirs.weight.copy_(torch.from_numpy(ours.weight.data))
        theirs.bias.copy_(torch.from_numpy(ours.bias.data))
    return theirs


def filled(cell: torch.nn.RNNBase, w_in: Any, w_state: Any, bias: Any, second: Any = None) -> torch.nn.RNNBase:
    """Fill PyTorch's cell with our weights; it always has two biases, where ours but for the GRU has one."""
    with torch.no_grad():
        cell.weight_ih_l0.copy_(torch.from_numpy(w_in.data))
        cell.weight_hh_l0.copy_(torch.from_numpy(w_state.data))
        cell.bias_ih_l0.copy_(torch.from_numpy(bias.data))
        cell.bias_hh_l0.zero_()
        if second is not None:
            cell.bias_hh_l0.copy_(torch.from_numpy(second.data))
    return cell


class AlexNet(Mirror):
    def forward(self, x):
        c = self.settings
        x = (x * c.light)[:, None]
        x = self.pooled(self.damped(self.bent(self.conv(x, "conv1", stride=c.stride, padding=c.padding))))
        x = self.pooled(self.damped(self.bent(self.same(x, "conv2", groups=c.groups))))
        x = self.bent(self.same(x, "conv3"))
        x = self.bent(self.same(x, "conv4", groups=c.groups))
        x = self.pooled(self.bent(self.same(x, "conv5", groups=c.groups))).flatten(1)
        x = self.dropout(self.bent(self.linear(x, "full6")), c.dropout)
        x = self.dropout(self.bent(self.linear(x, "full7")), c.dropout)
        return self.linear(x, "full8")

    def bent(self, x):
        return F.relu(x) if self.settings.activation == "relu" else torch.tanh(x)

    def damped(self, x):
        return F.local_response_norm(x, 5, 5 * self.settings.alpha, 0.75, 2.0) if self.settings.respond else x

    def pooled(self, x):
        return F.max_pool2d(x, POOL, STEP)


class VGG(Mirror):
    def __init__(self, learner: Successor):
        super().__init__(learner)
        self.blocks = [self.parts(block) for block in self.parts("blocks")]
        *self.hidden, self.output = self.parts("full")

    def forward(self, x):
        x = x[:, None]
        for block in self.blocks:
            for name in block:
                x = F.relu(self.same(x, name))
            x = F.max_pool2d(x, 2)
        x = x.flatten(1)
        for name in self.hidden:
            x = self.dropout(F.relu(self.linear(x, name)), self.settings.dropout)
        return self.linear(x, self.output)


class GoogLeNet(Mirror):
    def __init__(self, learner: Successor):
        super().__init__(learner)
        modules = self.parts("modules")
        ends = [sum(map(len, self.settings.stages[:k])) for k in range(len(self.settings.stages))]
        paths = [[self.parts(f"{m}.{path}") for path in ("one", "three", "five", "projection")] for m in modules]
        # Whether pooling comes before, the paths, and the auxiliary classifier behind, if there is one.
        self.inception = [
            (k in ends, path, f"auxiliary.{k}" if k in self.settings.auxiliary else None)
            for k, path in enumerate(paths)
        ]
        self.rest = self.parts("rest")

    def forward(self, x):
        x = F.relu(self.same(x[:, None], "first", stride=self.settings.stride))
        if self.rest:
            x = self.damped(F.max_pool2d(x, 3, 2, 1))
            for name in self.rest:
                x = F.relu(self.same(x, name))
        x, found = self.damped(x), []
        for pooled, paths, auxiliary in self.inception:
            if pooled:
                x = F.max_pool2d(x, 3, 2, 1)
            inputs = (x, x, x, F.max_pool2d(x, 3, 1, 1))
            x = torch.cat([self.chain(y, path) for y, path in zip(inputs, paths, strict=True)], 1)
            if auxiliary and self.training:
                found.append(self.classified(x, auxiliary))
        x = self.linear(self.dropout(x.mean((2, 3)), self.settings.dropout), "output")
        return (x, *found) if found else x

    def chain(self, x, names):
        for name in names:
            x = F.relu(self.same(x, name))
        return x

    def classified(self, x, name):
        c = self.settings
        x = F.relu(self.conv(F.avg_pool2d(x, c.aux_pool, c.aux_stride), f"{name}.convolution"))
        x = self.dropout(F.relu(self.linear(x.flatten(1), f"{name}.hidden")), c.aux_dropout)
        return self.linear(x, f"{name}.output")

    def damped(self, x):
        return F.local_response_norm(x, 5, 5 * self.settings.alpha, 0.75, 2.0) if self.settings.alpha else x

    def loss(self, outputs, labels):
        if not isinstance(outputs, tuple):
            return F.cross_entropy(outputs, labels)
        main, *others = outputs
        weight = self.settings.aux_weight
        return F.cross_entropy(main, labels) + sum(weight * F.cross_entropy(other, labels) for other in others)

    def decide(self, outputs):
        return (outputs[0] if isinstance(outputs, tuple) else outputs).argmax(1)


class ResNet(Mirror):
    """ResNet and ResNeXt: basic blocks and bottlenecks, with groups or without."""

    def __init__(self, learner: Successor):
        super().__init__(learner)
        self.blocks = [
            (name, 2 if number and not k else 1)
            for number, stage in enumerate(self.parts("stages"))
            for k, name in enumerate(self.parts(f"{stage}.layers"))
        ]
        self.groups = getattr(self.settings, "cardinality", 1)

    def forward(self, x):
        x = F.relu(self.conv_norm(x[:, None], "stem.conv", stride=self.settings.stem_stride))
        if self.settings.pool:
            x = F.max_pool2d(x, 3, 2, 1)
        for name, stride in self.blocks:
            y = self.residual(x, name, stride)
            x = F.relu(y + self.shortcut(x, name, stride, y.shape[1]))
        return self.linear(x.mean((2, 3)), "output")

    def residual(self, x, name, stride):
        if f"{name}.conv3.conv.weight" not in self.w:
            x = F.relu(self.conv_norm(x, f"{name}.conv1", stride=stride))
            return self.conv_norm(x, f"{name}.conv2")
        x = F.relu(self.conv_norm(x, f"{name}.conv1"))
        x = F.relu(self.conv_norm(x, f"{name}.conv2", stride=stride, groups=self.groups))
        return self.conv_norm(x, f"{name}.conv3")

    def shortcut(self, x, name, stride, filters):
        if f"{name}.shortcut.projection.conv.weight" in self.w:
            return self.conv_norm(x, f"{name}.shortcut.projection", stride=stride)
        if stride > 1:
            x = x[:, :, ::stride, ::stride]
        more = filters - x.shape[1]
        return F.pad(x, (0, 0, 0, 0, 0, more)) if more else x


class DenseNet(Mirror):
    def __init__(self, learner: Successor):
        super().__init__(learner)
        self.blocks = [[self.parts(layer) for layer in self.parts(f"{b}.layers")] for b in self.parts("blocks")]

    def forward(self, x):
        x = self.same(x[:, None], "stem", stride=self.settings.stem_stride)
        if self.settings.pool:
            x = F.max_pool2d(F.relu(self.batch_norm(x, "stem_norm")), 3, 2, 1)
        for number, block in enumerate(self.blocks):
            if number:
                x = F.avg_pool2d(self.norm_conv(x, f"transitions.{number - 1}"), 2)
            for layer in block:
                y = x
                for step in layer:
                    y = self.norm_conv(y, step)
                x = torch.cat([x, y], 1)
        return self.linear(F.relu(self.batch_norm(x, "norm")).mean((2, 3)), "output")

    def norm_conv(self, x, name):
        return self.same(F.relu(self.batch_norm(x, f"{name}.norm")), f"{name}.conv")


class InceptionResNet(Mirror):
    """The form with a small stem."""

    def __init__(self, learner: Successor):
        super().__init__(learner)
        self.entry, self.first, self.second = map(self.branches, ("mixed_5b", "mixed_6a", "mixed_7a"))
        self.residuals = {
            kind: [(name, self.branches(f"{name}.branches"), scale) for name in self.parts(f"{kind}.layers")]
            for kind, scale in zip("abc", self.settings.scales, strict=True)
        }
        *_, (self.last, self.last_branches, _) = self.residuals["c"]

    def branches(self, name):
        return [self.parts(f"{branch}.layers") for branch in self.parts(f"{name}.branches")]

    def forward(self, x):
        x = self.unit(x[:, None], "stem", self.settings.stem_stride)
        *branches, mean = self.entry
        x = self.together(x, branches, self.chain(F.avg_pool2d(x, 3, 1, 1, count_include_pad=False), mean))
        x = self.blocks(x, self.residuals["a"])
        x = self.together(x, self.first, F.max_pool2d(x, 3, 2, 1), stride=2)
        x = self.blocks(x, self.residuals["b"])
        x = self.together(x, self.second, F.max_pool2d(x, 3, 2, 1), stride=2)
        x = self.blocks(x, self.residuals["c"][:-1])
        x = x + self.found(x, self.last, self.last_branches)
        x = self.unit(x, "conv_7b").mean((2, 3))
        return self.linear(self.dropout(x, self.settings.dropout), "output")

    def unit(self, x, name, stride=1):
        return F.relu(self.conv_norm(x, name, eps=1e-3, stride=stride))

    def chain(self, x, names, stride=1):
        *names, last = names
        for name in names:
            x = self.unit(x, name)
        return self.unit(x, last, stride)

    def together(self, x, branches, *others, stride=1):
        return torch.cat([*(self.chain(x, names, stride) for names in branches), *others], 1)

    def found(self, x, name, branches):
        return self.conv(self.together(x, branches), f"{name}.back")

    def blocks(self, x, residuals):
        for name, branches, scale in residuals:
            x = F.relu(x + scale * self.found(x, name, branches))
        return x


class Xception(Mirror):
    def __init__(self, learner: Successor):
        super().__init__(learner)
        # Name, separable convolutions, whether pooling follows, and whether a ReLU stands in front.
        self.flow = [
            (name, self.parts(f"{name}.convolutions"), pooled, begins)
            for kind, pooled in (("entry", True), ("middle", False), ("exit", True))
            for name, begins in self.begun(kind)
        ]
        self.tail = self.parts("tail")

    def begun(self, kind):
        if kind == "exit":
            return [(kind, True)]
        return [(name, kind != "entry" or k > 0) for k, name in enumerate(self.parts(kind))]

    def forward(self, x):
        padding = self.settings.padding
        x = F.relu(self.batch_norm(self.conv(x[:, None], "conv1", stride=2, padding=padding), "stem_norms.0"))
        x = F.relu(self.batch_norm(self.conv(x, "conv2", padding=padding), "stem_norms.1"))
        for name, convolutions, pooled, begins in self.flow:
            y = x
            for k, convolution in enumerate(convolutions):
                y = F.relu(y) if k or begins else y
                y = self.batch_norm(self.separable(y, convolution), f"{name}.norms.{k}")
            if pooled:
                y = F.max_pool2d(y, 3, 2, 1)
            if f"{name}.shortcut.weight" in self.w:
                x = self.conv(x, f"{name}.shortcut", stride=2 if pooled else 1)
                x = self.batch_norm(x, f"{name}.shortcut_norm")
            x = y + x
        for k, name in enumerate(self.tail):
            x = F.relu(self.batch_norm(self.separable(x, name), f"tail_norms.{k}"))
        return self.linear(x.mean((2, 3)), "head")

    def separable(self, x, name):
        return self.conv(self.same(x, f"{name}.depthwise", groups=x.shape[1]), f"{name}.pointwise")


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


def stochastic_depth(x: torch.Tensor, rate: float) -> torch.Tensor:
    """Leave a branch out for a share of the cases, and scale it up for the others."""
    kept = torch.empty(len(x), *(1,) * (x.ndim - 1)).bernoulli_(1 - rate)
    return x * (kept / (1 - rate))


MIRRORS: dict[str, Callable[[Successor], torch.nn.Module]] = {
    "mlp": MLP,
    "rnn": RNN,
    "lecun": LeCun,
    "lstm": LSTM,
    "lenet5": LeNet5,
    "alexnet": AlexNet,
    "googlenet": GoogLeNet,
    "gru": GRU,
    "vgg": VGG,
    "resnet": ResNet,
    "densenet": DenseNet,
    "inception_resnet": InceptionResNet,
    "resnext": ResNet,
    "xception": Xception,
    "gmlp": GMLP,
    "mlp_mixer": MLPMixer,
    "convnext": ConvNeXt,
}
"""Mirrors of all systems that learn by gradients, in order of time."""
