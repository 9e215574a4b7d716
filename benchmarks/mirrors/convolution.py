"""Convolutional networks of the ImageNet decade."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from mirrors.mirror import Mirror
from successors.nn.learner import Successor
from successors.timeline.y2012_alexnet import POOL, STEP


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
            x = self.damped(F.max_pool2d(x, 3, 2, ceil_mode=True))
            for name in self.rest:
                x = F.relu(self.same(x, name))
        x, found = self.damped(x), []
        for pooled, paths, auxiliary in self.inception:
            if pooled:
                x = F.max_pool2d(x, 3, 2, ceil_mode=True)
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
