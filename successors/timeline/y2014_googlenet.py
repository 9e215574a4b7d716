"""Szegedy, Liu, Jia, Sermanet, Reed, Anguelov, Erhan, Vanhoucke and Rabinovich 2014: "Going deeper with convolutions",
arXiv 1409.4842; CVPR 2015.

New: the Inception module. Kernels of 1x1, 3x3 and 5x5 and a pooling see the same maps side by side, and their outputs
are concatenated; before the large kernels, and after the pooling, 1x1 kernels reduce the number of maps, so that depth
and width cost little. A mean over all positions replaces the large full layers, and two auxiliary classifiers
half-way up send a gradient to the lower layers in training.

    row of table 1: 1x1 | 3x3 reduce, 3x3 | 5x5 reduce, 5x5 | pool projection
    3a   64 |  96, 128 | 16,  32 |  32      4a  192 |  96, 208 | 16,  48 |  64      5a  256 | 160, 320 | 32, 128 | 128
    3b  128 | 128, 192 | 32,  96 |  64      4b  160 | 112, 224 | 24,  64 |  64      5b  384 | 192, 384 | 48, 128 | 128
                                            4c  128 | 128, 256 | 24,  64 |  64
                                            4d  112 | 144, 288 | 32,  64 |  64
                                            4e  256 | 160, 320 | 32, 128 | 128

    auxiliary classifiers on 4a and 4d: mean of 5x5 every third cell, to 4x4; 128 kernels of 1x1; 1,024 units; dropout
    0.7; the classes. Loss: L = L_main + 0.3 (L_4a + L_4d); they are discarded afterwards.

Assumed: pooling of 3x3 reaches one cell beyond the right and the lower edge, so that 224 cells become 112, 56, 28, 14
and 7 as in table 1; so do Caffe's GoogLeNet and those after it.

Shrunk: 20x20 cells of grey; the kernels before the first module are of 3x3 on every cell, there are five modules on
maps of 10x10 and 5x5, few maps, and one auxiliary classifier. The damping by maps beside has the alpha of AlexNet
at each size. Images are shifted in training; not mirrored, as a letter in the mirror is another letter or
none, nor are they of many sizes. Weights begin by fan-in (He). Recent implementations add batch normalisation and take
3x3 for 5x5; here both are as printed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from marki.config import setting
from marki.errors import ConfigError
from marki.io.exhibits import Rendering
from successors.model_card import Check, Entry, Figure, Finding, Mechanism, Size, Trial
from successors.nn import initial
from successors.nn.convolution import extent
from successors.nn.functions import dropout, images
from successors.nn.hooks import Watch
from successors.nn.layers import Conv2d, Linear
from successors.nn.learner import Successor
from successors.nn.losses import cross_entropy
from successors.nn.module import Module, training_rng
from successors.nn.network import Network
from successors.nn.normalisation import local_response_norm
from successors.nn.pooling import avg_pool2d, max_pool2d
from successors.nn.recipe import NetworkConfig, Recipe
from successors.nn.tensor import Tensor, concatenate, no_grad, stack

Row = tuple[int, ...]
"""Maps of a module: 1x1, reduction before 3x3, 3x3, reduction before 5x5, 5x5, projection after the pooling."""


@dataclass(frozen=True, kw_only=True)
class GoogLeNetConfig(NetworkConfig):
    """Settings of GoogLeNet."""

    side: int = setting(20, "Cells on a side of the image", unit="cells", low=8, high=512)
    channels: int = setting(1, "Colours of the image", low=1)
    kernel: int = setting(3, "Side of the first kernels", unit="cells", low=1)
    stride: int = setting(1, "Cells from one place of the first kernels to the next", unit="cells", low=1)
    stem: tuple[int, ...] = setting((12,), "Maps before the first module: of the first kernels, of 1x1, of 3x3", low=1)
    stages: tuple[tuple[tuple[int, ...], ...], ...] = setting(
        (
            ((8, 8, 12, 4, 6, 6), (12, 10, 16, 4, 8, 8)),
            ((16, 12, 20, 4, 8, 8), (16, 12, 20, 4, 8, 8), (24, 16, 28, 6, 10, 10)),
        ),
        "Rows of table 1, by size of map: 1x1, 3x3 reduce, 3x3, 5x5 reduce, 5x5, pool projection",
        low=1,
    )
    reduce: bool = setting(True, "Whether 1x1 kernels reduce the maps before 3x3 and 5x5")
    kernels: tuple[int, ...] = setting((3, 5), "Sides of the larger kernels of a module", unit="cells", low=1)
    auxiliary: tuple[int, ...] = setting((2,), "Modules that an auxiliary classifier stands on, from 0", low=0)
    aux_pool: int = setting(3, "Side of the mean before an auxiliary classifier", unit="cells", low=1)
    aux_stride: int = setting(2, "Cells from one such mean to the next", unit="cells", low=1)
    aux_maps: int = setting(8, "Maps of its 1x1 kernels", low=1)
    aux_units: int = setting(32, "Units of its hidden full layer", low=1)
    aux_weight: float = setting(0.3, "Weight of its loss", low=0)
    aux_dropout: float = setting(0.7, "Share of its units that are silent while learning", low=0, high=0.9)
    classes: int = setting(26, "Output units", low=2)
    alpha: float = setting(0.01, "How strongly maps are damped by those beside; 0: not at all", low=0)
    dropout: float = setting(0.1, "Share of the means that are silent while learning", low=0, high=0.9)
    recipe: Recipe = setting(
        Recipe(
            batch=64,
            steps=1_500,
            eval_every=500,
            stop_at_score=2.0,
            rate=0.1,
            momentum=0.9,
            decay=0.0005,
            schedule="cosine",
            warm_up=100,
            final_lr_fraction=0.01,
            clip=1.0,
            shift=2,
        ),
        "How it is trained",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.stem) not in (1, 3) or len(self.kernels) != 2 or {len(r) for s in self.stages for r in s} != {6}:
            raise ConfigError(
                "a row of table 1 has six numbers, the stem one or three, and there are two larger kernels",
                where="GoogLeNetConfig.stages",
                remedy="Give as many",
            )
        if any(k % 2 == 0 for k in self.kernels):
            raise ConfigError(f"{self.kernels}", where="GoogLeNetConfig.kernels", remedy="Give odd sides")
        if any(k >= sum(map(len, self.stages)) for k in self.auxiliary):
            raise ConfigError(
                f"{self.auxiliary} of {sum(map(len, self.stages))} modules",
                where="GoogLeNetConfig.auxiliary",
                remedy="Number them from 0",
            )


class Inception(Module):
    """Four parallel paths, whose maps are concatenated: (n, channels, h, w) to (n, `maps`, h, w).

    Parameters
    ----------
    channels : int
        Maps that it sees.
    row : tuple of six int
        A row of table 1.
    kernels : tuple of two int
        Sides of the larger kernels.
    reduce : bool
        Whether 1x1 kernels come before them.
    rng : Generator
    """

    def __init__(self, channels: int, row: Row, kernels: tuple[int, ...], reduce: bool, rng: np.random.Generator):
        one, reduce3, three, reduce5, five, projected = row
        self.one = [Conv2d(channels, one, 1, rng)]
        self.three = self._path(channels, reduce3, three, kernels[0], reduce, rng)
        self.five = self._path(channels, reduce5, five, kernels[1], reduce, rng)
        self.projection = [Conv2d(channels, projected, 1, rng)]
        self._maps = one + three + five + projected

    @staticmethod
    def _path(c: int, reduced: int, maps: int, size: int, reduce: bool, rng: np.random.Generator) -> list[Conv2d]:
        first = [Conv2d(c, reduced, 1, rng)] if reduce else []
        return [*first, Conv2d(reduced if reduce else c, maps, size, rng, padding=size // 2)]

    @property
    def maps(self) -> int:
        """Number of output maps."""
        return self._maps

    def forward(self, x: Tensor) -> Tensor:
        """Return the concatenated maps of the four paths."""
        paths = (
            (x, self.one),
            (x, self.three),
            (x, self.five),
            (max_pool2d(x, 3, stride=1, padding=1), self.projection),
        )
        found = []
        for y, path in paths:
            for convolution in path:
                y = convolution(y).relu()
            found.append(y)
        return concatenate(found, 1)


class Auxiliary(Module):
    """A classifier half-way up: a mean, 1x1 kernels, and two full layers; only used in training.

    Parameters
    ----------
    channels, side : int
        Maps that it sees, and their side.
    config : GoogLeNetConfig
    rng : Generator
    """

    def __init__(self, channels: int, side: int, config: GoogLeNetConfig, rng: np.random.Generator):
        self._config = config
        width = extent(side, config.aux_pool, config.aux_stride, 0)
        self.convolution = Conv2d(channels, config.aux_maps, 1, rng)
        self.hidden = Linear(config.aux_maps * width**2, config.aux_units, rng, init=initial.he)
        self.output = Linear(config.aux_units, config.classes, rng)

    def forward(self, x: Tensor) -> Tensor:
        """Return its logits, (n, classes)."""
        x = avg_pool2d(x, self._config.aux_pool, stride=self._config.aux_stride)
        x = self.hidden(self.convolution(x).relu().flatten()).relu()
        rng = training_rng()
        return self.output(x if rng is None else dropout(x, self._config.aux_dropout, rng))


class GoogLeNet(Network):
    """Modules in stages, and a mean over all positions."""

    def __init__(self, config: GoogLeNetConfig, rng: np.random.Generator):
        super().__init__(config, rng)
        first, *rest = config.stem
        self.first = Conv2d(
            config.channels, first, config.kernel, rng, stride=config.stride, padding=config.kernel // 2
        )
        self.rest: list[Conv2d] = []
        side, channels = extent(config.side, config.kernel, config.stride, config.kernel // 2), first
        if rest:
            one, channels = rest
            self.rest = [Conv2d(first, one, 1, rng), Conv2d(one, channels, 3, rng, padding=1)]
            side = side // 2
        self.modules: list[Inception] = []
        self.auxiliary: dict[str, Auxiliary] = {}
        self._pooled_before = {sum(map(len, config.stages[:k])) for k in range(len(config.stages))}
        for number, row in enumerate(row for rows in config.stages for row in rows):
            side = side // 2 if number in self._pooled_before else side
            self.modules.append(Inception(channels, row, config.kernels, config.reduce, rng))
            channels = self.modules[-1].maps
            if number in config.auxiliary:
                self.auxiliary[str(number)] = Auxiliary(channels, side, config, rng)
        self.output = Linear(channels, config.classes, rng)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits, (n, classes), of frames (n, side, side) of light, or of colour images.

        In training, (1 + auxiliary classifiers, n, classes), theirs included.
        """
        x = images(x)
        rng, found = training_rng(), []
        x = self.first(x).relu()
        if self.rest:
            x = self._damped(max_pool2d(x, 3, stride=2, cut=True))
            for convolution in self.rest:
                x = convolution(x).relu()
        x = self._damped(x)
        for number, module in enumerate(self.modules):
            if number in self._pooled_before:
                x = max_pool2d(x, 3, stride=2, cut=True)
            x = module(x)
            if rng is not None and str(number) in self.auxiliary:
                found.append(self.auxiliary[str(number)](x))
        x = x.mean((2, 3))
        if rng is not None:
            x = dropout(x, self.config.dropout, rng)
        x = self.output(x)
        return stack([x, *found]) if found else x

    def _damped(self, x: Tensor) -> Tensor:
        return local_response_norm(x, 5, alpha=5 * self.config.alpha) if self.config.alpha else x

    def loss(self, outputs: Tensor, targets: np.ndarray) -> Tensor:
        """Return the cross-entropy plus the weighted one of the auxiliary classifiers."""
        if outputs.ndim == 2:
            return cross_entropy(outputs, targets)
        loss = cross_entropy(outputs[0], targets)
        for k in range(1, len(outputs)):
            loss = loss + self.config.aux_weight * cross_entropy(outputs[k], targets)
        return loss

    def decide(self, outputs: np.ndarray) -> np.ndarray:
        """Return the classes predicted by the main classifier."""
        return (outputs if outputs.ndim == 2 else outputs[0]).argmax(-1)


TABLE = (
    ((64, 96, 128, 16, 32, 32), (128, 128, 192, 32, 96, 64)),
    (
        (192, 96, 208, 16, 48, 64),
        (160, 112, 224, 24, 64, 64),
        (128, 128, 256, 24, 64, 64),
        (112, 144, 288, 32, 64, 64),
        (256, 160, 320, 32, 128, 128),
    ),
    ((256, 160, 320, 32, 128, 128), (384, 192, 384, 48, 128, 128)),
)
"""Table 1: modules 3a and 3b, 4a to 4e, 5a and 5b."""

PAPER = GoogLeNetConfig(
    side=224,
    channels=3,
    kernel=7,
    stride=2,
    stem=(64, 64, 192),
    stages=TABLE,
    auxiliary=(),
    aux_pool=5,
    aux_stride=3,
    aux_maps=128,
    aux_units=1024,
    classes=1000,
    alpha=1e-4,
    dropout=0.4,
)
LEARNING = replace(PAPER, auxiliary=(2, 5))
RETINA = GoogLeNetConfig()


def _count(config: NetworkConfig, **changes: object) -> int:
    """Return the parameters of a size, changed."""
    return ENTRY.count(config.amend(changes))


ALEXNET = (60_965_224, 371_226)
"""Weights of AlexNet, as published and on the retina: what GoogLeNet is compared with, but not built on."""


def _fewer() -> Finding:
    """Compare the number of its weights at test time with that of AlexNet, as published and on the retina."""
    times = [alexnet / _count(own, auxiliary=[]) for alexnet, own in zip(ALEXNET, (PAPER, RETINA), strict=True)]
    return Finding(
        holds=times[0] > 8.7 and times[1] >= 12,
        found=f"{times[0]:.1f} times fewer as published, {times[1]:.1f} times fewer on the retina",
        wanted="12 times fewer, section 1; of the published sizes it is 8.7, as counted",
    )


def _reduction() -> Finding:
    """Count the weights with and without the 1x1 kernels that reduce."""
    with_, without = _count(PAPER), _count(PAPER, reduce=False)
    return Finding(
        holds=without > 2 * with_,
        found=f"{with_:,} with, {without:,} without",
        wanted="several times as many without",
    )


def _maps(learner: Successor[GoogLeNet], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return some stimuli, and the output of the first kernels for the first of them."""
    network = learner.network
    with no_grad():
        maps = network.first(Tensor(stimuli[:1, None])).relu().data[0, :12]
    return {"shown": stimuli[:12], "the first, as the first module sees it": maps / max(float(maps.max()), 1e-6)}


ENTRY = Entry(
    label="GoogLeNet",
    parents=(),
    title="Going deeper with convolutions",
    authors="C. Szegedy, W. Liu, Y. Jia, P. Sermanet, S. Reed, D. Anguelov, D. Erhan, V. Vanhoucke, A. Rabinovich",
    idea="Kernels of several sizes side by side, with 1x1 kernels before them that keep the number of maps small.",
    shrunk="20x20 cells of grey, five modules of few maps for nine, one auxiliary classifier for two.",
    network=GoogLeNet,
    retina=RETINA,
    sizes={
        "in use": Size(config=PAPER, published=6_998_552, source="table 1, with biases; widely used implementations"),
        "while it learns": Size(
            config=LEARNING, published=13_378_280, source="with two auxiliary classifiers as in section 5"
        ),
    },
    trials=(
        Trial(task="letters", at_least=0.85, baseline="alexnet", above=False, slack=0.02),
        Trial(task="digits", at_least=0.96),
    ),
    mechanism=Mechanism(name="kernels of several sizes side by side", without={"kernels": [1, 1]}),
    checks=(
        Check(name="a twelfth of AlexNet's weights", run=_fewer),
        Check(name="1x1 kernels before the large ones save most of the weights", run=_reduction),
    ),
    figures=(Figure(name="maps", title="What the first module sees of a letter", measure=_maps, stimuli=12),),
    small={
        "stem": (6,),
        "stages": (((4, 4, 4, 3, 3, 3),), ((4, 3, 4, 3, 3, 4),)),
        "auxiliary": (0,),
        "aux_maps": 6,
        "aux_units": 12,
    },
    registers=(
        Watch(name="stem", path="modules.0", rendering=Rendering.MAPS, given=True),
        Watch(name="module 1", path="modules.0", rendering=Rendering.MAPS),
        Watch(name="module 3", path="modules.2", rendering=Rendering.MAPS),
        Watch(name="module 5", path="modules.4", rendering=Rendering.MAPS),
    ),
)
