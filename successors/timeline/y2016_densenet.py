"""Huang, Liu, van der Maaten and Weinberger 2016: "Densely connected convolutional networks", arXiv:1608.06993; CVPR
2017, 2261-2269.

New: each layer sees the maps of all layers before it in its block, laid side by side instead of added. As none has
to be made twice, a layer needs to make but few: k, the growth rate.

Equations:

    x_l = H_l([x_0, x_1, ..., x_(l-1)])                                                              (2)
    H   = W2 * relu(B(W1 * relu(B(x))))     kernels 1x1 to 4k channels (the bottleneck, "B"), 3x3 to k

    Between blocks a transition, W * relu(B(x)) with kernels of 1x1, keeps the fraction theta of channels (compression,
    "C"), and the mean of 2x2 halves the sides. B is batch normalisation, and no convolution has a bias. After the last
    block B, relu, the mean of each map, and one linear layer.

Shrunk: the form for CIFAR-10, three blocks, whose stem halves the sides as in the retina's ResNet: maps of 10x10, 5x5
and 2x2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from marki.config import setting
from marki.io.exhibits import Rendering
from successors.model_card import Check, Entry, Figure, Finding, Mechanism, Size, Trial
from successors.nn.functions import images
from successors.nn.hooks import Watch
from successors.nn.layers import BatchNorm2d, Conv2d, Linear
from successors.nn.learner import Successor
from successors.nn.module import Module
from successors.nn.network import Network
from successors.nn.pooling import avg_pool2d, max_pool2d
from successors.nn.recipe import NetworkConfig, Recipe
from successors.nn.tensor import Tensor, concatenate
from successors.timeline.y2015_resnet import ENTRY as RESNET


class NormConv(Module):
    """Normalisation, ReLU, convolution without bias, in this order; (n, c, h, w) to (n, filters, h, w).

    Parameters
    ----------
    channels, filters, size : int
    rng : Generator
    """

    def __init__(self, channels: int, filters: int, size: int, rng: np.random.Generator):
        self.norm = BatchNorm2d(channels)
        self.conv = Conv2d(channels, filters, size, rng, padding=size // 2, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return the sums."""
        return self.conv(self.norm(x).relu())


class Dense(Module):
    """A dense block, (n, c, h, w) to (n, filters, h, w).

    Parameters
    ----------
    channels : int
        c.
    layers : int
    growth : int
        Maps that each layer makes.
    rng : Generator
    bottleneck : bool
        Whether a layer begins with a convolution of 1x1 to four times `growth`.
    dense : bool
        Whether a layer sees all maps before it; else those of the last one alone, and these alone leave.
    """

    def __init__(
        self, channels: int, layers: int, growth: int, rng: np.random.Generator, *, bottleneck: bool, dense: bool
    ):
        self._dense = dense
        self.layers: list[list[NormConv]] = []
        for _ in range(layers):
            steps = [NormConv(channels, 4 * growth, 1, rng)] if bottleneck else []
            steps.append(NormConv(4 * growth if bottleneck else channels, growth, 3, rng))
            self.layers.append(steps)
            channels = channels + growth if dense else growth
        self.filters = channels

    def forward(self, x: Tensor) -> Tensor:
        """Return the input and the maps of all layers."""
        for layer in self.layers:
            y = x
            for step in layer:
                y = step(y)
            x = concatenate([x, y], 1) if self._dense else y
        return x


@dataclass(frozen=True, kw_only=True)
class DenseNetConfig(NetworkConfig):
    """Settings of a densely connected network."""

    channels: int = setting(1, "Channels of the image", low=1)
    classes: int = setting(26, "Output units", low=2)
    stem: int = setting(3, "Side of the stem's kernels", low=1)
    stem_stride: int = setting(2, "Cells between two places of the stem's kernels", low=1)
    stem_filters: int = setting(12, "Filters of the stem", low=1)
    pool: bool = setting(False, "Whether the stem goes on with normalisation, ReLU and pooling")
    blocks: tuple[int, ...] = setting((4, 4, 4), "Layers of each dense block", low=1)
    growth: int = setting(6, "Maps that a layer adds, k", low=1)
    bottleneck: bool = setting(True, "Whether a layer begins with a convolution of 1x1")
    compression: float = setting(0.5, "Share of the channels that a transition keeps, theta", low=0.01, high=1)
    dense: bool = setting(True, "Whether a layer sees all maps before it in its block, or the last ones alone")
    recipe: Recipe = setting(RESNET.retina.recipe, "How it is trained")


class DenseNet(Network):
    """A stem, dense blocks with transitions between them, and one linear layer."""

    def __init__(self, config: DenseNetConfig, rng: np.random.Generator):
        super().__init__(config, rng)
        channels, size = config.stem_filters, config.stem
        self.stem = Conv2d(
            config.channels, channels, size, rng, stride=config.stem_stride, padding=size // 2, bias=False
        )
        self.stem_norm = BatchNorm2d(channels) if config.pool else None
        self.blocks: list[Dense] = []
        self.transitions: list[NormConv] = []
        for number, layers in enumerate(config.blocks):
            if number:
                kept = max(1, int(channels * config.compression))
                self.transitions.append(NormConv(channels, kept, 1, rng))
                channels = kept
            block = Dense(channels, layers, config.growth, rng, bottleneck=config.bottleneck, dense=config.dense)
            self.blocks.append(block)
            channels = block.filters
        self.norm = BatchNorm2d(channels)
        self.output = Linear(channels, config.classes, rng)

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs (n, classes) of frames (n, 20, 20), or of images (n, channels, h, w)."""
        x = self.stem(images(x))
        if self.stem_norm is not None:
            x = max_pool2d(self.stem_norm(x).relu(), 3, stride=2, padding=1)
        for number, block in enumerate(self.blocks):
            if number:
                x = avg_pool2d(self.transitions[number - 1](x), 2)
            x = block(x)
        return self.output(self.norm(x).relu().mean((2, 3)))


def imagenet(blocks: Sequence[int], growth: int = 32) -> DenseNetConfig:
    """Return the settings of table 1 for the layers of each block and a growth rate."""
    return DenseNetConfig(
        channels=3, classes=1_000, stem=7, stem_filters=2 * growth, pool=True, blocks=tuple(blocks), growth=growth
    )


def cifar(layers: int, growth: int, *, compressed: bool) -> DenseNetConfig:
    """Return the settings of section 4 for CIFAR-10, as table 2 names them: L, k, and whether it is a DenseNet-BC."""
    each = (layers - 4) // (6 if compressed else 3)
    form: dict[str, Any] = {} if compressed else dict(bottleneck=False, compression=1.0)
    filters = 2 * growth if compressed else 16
    return DenseNetConfig(
        channels=3, classes=10, stem_stride=1, stem_filters=filters, blocks=(each,) * 3, growth=growth, **form
    )


PAPER = {
    121: (imagenet((6, 12, 24, 16)), 7_978_856),
    169: (imagenet((6, 12, 32, 32)), 14_149_480),
    201: (imagenet((6, 12, 48, 32)), 20_013_928),
    161: (imagenet((6, 12, 36, 24), 48), 28_681_000),
}
TABLE_2 = {
    "k = 12, L = 40": (cifar(40, 12, compressed=False), 1_019_722, 1),
    "k = 12, L = 100": (cifar(100, 12, compressed=False), 7_000_000, 100_000),
    "k = 24, L = 100": (cifar(100, 24, compressed=False), 27_200_000, 100_000),
    "BC, k = 12, L = 100": (cifar(100, 12, compressed=True), 800_000, 100_000),
    "BC, k = 24, L = 250": (cifar(250, 24, compressed=True), 15_300_000, 100_000),
    "BC, k = 40, L = 190": (cifar(190, 40, compressed=True), 25_600_000, 100_000),
}


def _depths() -> Finding:
    """Count the convolutions and linear layers of the published sizes."""
    found = []
    for config, _ in PAPER.values():
        network = DenseNet(config.amend({"growth": 4, "stem_filters": 8}), np.random.default_rng(0))
        found.append(sum(p.ndim > 1 for p in network.parameters().values()))
    return Finding(holds=found == list(PAPER), found=f"{found} layers", wanted=f"{list(PAPER)} layers")


def _fewer() -> Finding:
    """Compare the weights of the retina's network with those of the retina's ResNet."""
    own, other = ENTRY.count(ENTRY.retina), RESNET.count(RESNET.retina)
    return Finding(
        holds=2 * own <= other,
        found=f"{own:,}, those of ResNet {other:,}",
        wanted="half of ResNet's or less, with its result",
    )


def _use(learner: Successor[DenseNet], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return how much each layer of the last block uses the maps of each earlier one (figure 5)."""
    network = learner.network
    block, growth = network.blocks[-1], network.config.growth
    lines = {}
    for number, layer in enumerate(block.layers, 1):
        size = np.abs(layer[0].conv.weight.data).mean((0, 2, 3))
        enter = len(size) - (number - 1) * growth if network.config.dense else len(size)
        parts = [size[:enter], *np.split(size[enter:], range(growth, len(size) - enter, growth))]
        lines[f"layer {number}"] = np.array([float(p.mean()) for p in parts if len(p)])
    return lines


ENTRY = Entry(
    label="DenseNet",
    parents=("resnet",),
    title="Densely connected convolutional networks",
    authors="G. Huang, Z. Liu, L. van der Maaten, K. Q. Weinberger",
    idea="Each layer sees the maps of all layers before it, and adds but a few of its own.",
    shrunk="The form for CIFAR-10 with three blocks of four layers, whose stem halves the sides.",
    network=DenseNet,
    retina=DenseNetConfig(),
    sizes={
        f"DenseNet-{layers}": Size(config=config, published=count, source="torchvision")
        for layers, (config, count) in PAPER.items()
    }
    | {
        f"CIFAR-10, {name}": Size(config=config, published=count, rounded=unit, source="table 2, in millions; its code")
        for name, (config, count, unit) in TABLE_2.items()
    },
    trials=(
        Trial(task="letters", at_least=0.89, baseline="resnet", above=False, slack=0.02),
        Trial(task="digits", at_least=0.96),
    ),
    mechanism=Mechanism(name="dense connections", without={"dense": False}),
    checks=(
        Check(name="as many layers as the names say", run=_depths),
        Check(name="far fewer weights than the retina's ResNet", run=_fewer),
    ),
    figures=(
        Figure(
            name="use",
            title="Mean weight that a layer of the last block gives to what each layer made",
            x="source",
            y="mean magnitude",
            measure=_use,
        ),
    ),
    small={"growth": 2, "stem_filters": 3, "blocks": [2, 2]},
    registers=(
        Watch(name="stem", path="stem", rendering=Rendering.MAPS),
        Watch(name="block 1", path="blocks.0", rendering=Rendering.MAPS),
        Watch(name="block 2", path="blocks.1", rendering=Rendering.MAPS),
        Watch(name="block 3", path="blocks.2", rendering=Rendering.MAPS),
    ),
)
