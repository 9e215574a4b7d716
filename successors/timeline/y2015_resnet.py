"""He, Zhang, Ren and Sun 2015: "Deep residual learning for image recognition", arXiv:1512.03385; CVPR 2016, 770-778.

New: a few layers learn what is to be added to their input, not the output itself. To add nothing is easily learned, so
that a network does not become worse by becoming deeper; 152 layers were trained, eight times as many as in VGG.

Equations:

    y = relu(F(x) + x)                                   where both have the same shape                (1)
    y = relu(F(x) + S x)                                 elsewhere                                     (2)
    basic:       F = B(W2 * relu(B(W1 * x)))             both kernels 3x3
    bottleneck:  F = B(W3 * relu(B(W2 * relu(B(W1 * x)))))  kernels 1x1, 3x3, 1x1, the last with four times the filters

B is batch normalisation (Ioffe and Szegedy 2015), and no convolution has a bias. S is a 1x1 convolution with its own B
(the paper's option B, "projection"), or the nearest cells with further channels of zeros (option A, "padding"). The
first block of each stage but the first halves the sides and doubles the filters. The mean of each map feeds one
linear layer.

As in the usual implementations, it is the 3x3 convolution of a bottleneck that halves the sides; the paper's first 1x1
does, with as many weights. The smaller form with 6n + 2 layers is that of section 4.2, for images of 32x32.

Shrunk: the retina's is the smaller form with n = 4, 26 layers, and half the filters: option A, a stem of 3x3, three
stages. A frame has 20x20 cells, and the stem halves the sides: maps of 10x10, 5x5 and 3x3. As in section 4.2, images
are shifted at random in training, here by one cell at most; letters are not mirrored.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from marki.config import setting
from marki.errors import ConfigError
from marki.io.exhibits import Rendering
from successors.model_card import Check, Entry, Figure, Finding, Mechanism, Size, Trial
from successors.nn.functions import images
from successors.nn.hooks import Watch
from successors.nn.layers import BatchNorm2d, Conv2d, Linear, Sequential
from successors.nn.learner import Successor
from successors.nn.module import Module
from successors.nn.network import Network
from successors.nn.pooling import max_pool2d
from successors.nn.recipe import NetworkConfig, Recipe
from successors.nn.tensor import Tensor, no_grad
from successors.nn.training_error import training_error

Norm = Callable[[int], Module]
"""A normalisation layer for a number of channels."""

SHORTCUTS = ("projection", "padding", "none")


class ConvNorm(Module):
    """A convolution without bias, and a normalisation, (n, c, h, w) to (n, filters, h / stride, w / stride).

    Parameters
    ----------
    channels, filters : int
    size : int
        Side of the kernels, odd; images are padded so that their sides stay.
    rng : Generator
    stride, groups : int
    norm : callable
        ``norm(filters) -> Module``.
    """

    def __init__(
        self,
        channels: int,
        filters: int,
        size: int,
        rng: np.random.Generator,
        *,
        stride: int = 1,
        groups: int = 1,
        norm: Norm = BatchNorm2d,
    ):
        self.conv = Conv2d(channels, filters, size, rng, stride=stride, padding=size // 2, groups=groups, bias=False)
        self.norm = norm(filters)

    def forward(self, x: Tensor) -> Tensor:
        """Return the normalised sums."""
        return self.norm(self.conv(x))


class Stem(Module):
    """What comes before the first block: convolution, normalisation, ReLU, and perhaps the greatest of 3x3 every second
    cell.

    Parameters
    ----------
    channels, filters, size : int
    rng : Generator
    stride : int
    pool : bool
    norm : callable
    """

    def __init__(
        self,
        channels: int,
        filters: int,
        size: int,
        rng: np.random.Generator,
        *,
        stride: int = 1,
        pool: bool = False,
        norm: Norm = BatchNorm2d,
    ):
        self.conv = ConvNorm(channels, filters, size, rng, stride=stride, norm=norm)
        self._pool = pool

    def forward(self, x: Tensor) -> Tensor:
        """Return the first maps."""
        x = self.conv(x).relu()
        return max_pool2d(x, 3, stride=2, padding=1) if self._pool else x


class Shortcut(Module):
    """The way past a block: the input itself where that fits.

    Parameters
    ----------
    channels, filters, stride : int
    rng : Generator
    kind : {"projection", "padding"}
        What to do where it does not fit.
    norm : callable
    """

    def __init__(
        self,
        channels: int,
        filters: int,
        stride: int,
        rng: np.random.Generator,
        *,
        kind: str = "projection",
        norm: Norm = BatchNorm2d,
    ):
        self._stride, self._more = stride, filters - channels
        self.projection = None
        if kind == "projection" and (stride > 1 or self._more):
            self.projection = ConvNorm(channels, filters, 1, rng, stride=stride, norm=norm)

    def forward(self, x: Tensor) -> Tensor:
        """Return (n, filters, h / stride, w / stride)."""
        if self.projection is not None:
            return self.projection(x)
        if self._stride > 1:
            x = x[:, :, :: self._stride, :: self._stride]
        return x.pad([(0, 0), (0, self._more), (0, 0), (0, 0)]) if self._more else x


class Residual(Module):
    """Base of the blocks: relu(F(x) + x), where `residual` of a subclass is F; it sets `filters`.

    Parameters
    ----------
    channels, filters : int
        Channels of the input and of the output.
    rng : Generator
    stride : int
    shortcut : {"projection", "padding", "none"}
        With "none" it is relu(F(x)), the layers of a plain network.
    norm : callable
    """

    def __init__(
        self,
        channels: int,
        filters: int,
        rng: np.random.Generator,
        *,
        stride: int = 1,
        shortcut: str = "projection",
        norm: Norm = BatchNorm2d,
    ):
        self.filters = filters
        self.shortcut = (
            None if shortcut == "none" else Shortcut(channels, filters, stride, rng, kind=shortcut, norm=norm)
        )

    def residual(self, x: Tensor) -> Tensor:
        """Return F(x)."""
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        """Return the output of the block."""
        y = self.residual(x)
        return (y if self.shortcut is None else y + self.shortcut(x)).relu()


class Basic(Residual):
    """Two convolutions of 3x3.

    Parameters
    ----------
    channels, width : int
        Channels of the input, and of both convolutions.
    rng : Generator
    stride : int
    shortcut : str
    norm : callable
    """

    def __init__(
        self,
        channels: int,
        width: int,
        rng: np.random.Generator,
        *,
        stride: int = 1,
        shortcut: str = "projection",
        norm: Norm = BatchNorm2d,
    ):
        super().__init__(channels, width, rng, stride=stride, shortcut=shortcut, norm=norm)
        self.conv1 = ConvNorm(channels, width, 3, rng, stride=stride, norm=norm)
        self.conv2 = ConvNorm(width, width, 3, rng, norm=norm)

    def residual(self, x: Tensor) -> Tensor:
        """Return F(x)."""
        return self.conv2(self.conv1(x).relu())


class Bottleneck(Residual):
    """Convolutions of 1x1, 3x3 and 1x1, the middle one with few channels.

    Parameters
    ----------
    channels, width : int
        Channels of the input, and a quarter of those of the output.
    rng : Generator
    stride : int
    inner : int, optional
        Channels of the middle convolution; `width` if left out.
    groups : int
        Groups of the middle convolution.
    shortcut : str
    norm : callable
    """

    def __init__(
        self,
        channels: int,
        width: int,
        rng: np.random.Generator,
        *,
        stride: int = 1,
        inner: int | None = None,
        groups: int = 1,
        shortcut: str = "projection",
        norm: Norm = BatchNorm2d,
    ):
        super().__init__(channels, 4 * width, rng, stride=stride, shortcut=shortcut, norm=norm)
        inner = inner or width
        self.conv1 = ConvNorm(channels, inner, 1, rng, norm=norm)
        self.conv2 = ConvNorm(inner, inner, 3, rng, stride=stride, groups=groups, norm=norm)
        self.conv3 = ConvNorm(inner, 4 * width, 1, rng, norm=norm)

    def residual(self, x: Tensor) -> Tensor:
        """Return F(x)."""
        return self.conv3(self.conv2(self.conv1(x).relu()).relu())


def stages(
    channels: int, width: int, counts: Sequence[int], block: Callable[..., Residual]
) -> tuple[list[Sequential], int]:
    """Return stages of blocks, each but the first with halved sides and doubled width, and their output channels.

    Parameters
    ----------
    channels : int
        Channels of the input.
    width : int
        Width of the first stage.
    counts : sequence of int
        Blocks of each stage.
    block : callable
        ``block(channels, width, stride=...) -> Residual``.
    """
    made = []
    for number, count in enumerate(counts):
        blocks = []
        for k in range(count):
            blocks.append(block(channels, width * 2**number, stride=2 if number and not k else 1))
            channels = blocks[-1].filters
        made.append(Sequential(*blocks))
    return made, channels


@dataclass(frozen=True, kw_only=True)
class ResNetConfig(NetworkConfig):
    """Settings of a residual network."""

    channels: int = setting(1, "Channels of the image", low=1)
    classes: int = setting(26, "Output units", low=2)
    stem: int = setting(3, "Side of the stem's kernels", low=1)
    stem_stride: int = setting(2, "Cells between two places of the stem's kernels", low=1)
    pool: bool = setting(False, "Whether the stem ends with pooling")
    block: str = setting("basic", "Kind of the blocks", choices=("basic", "bottleneck"))
    blocks: tuple[int, ...] = setting((4, 4, 4), "Blocks of each stage", low=1)
    width: int = setting(8, "Filters of the first stage", low=1)
    shortcut: str = setting(
        "padding", "The way past a block where shapes differ; with none, nowhere", choices=SHORTCUTS
    )
    recipe: Recipe = setting(
        Recipe(
            batch=64,
            steps=1_000,
            eval_every=500,
            stop_at_score=2.0,
            rate=0.1,
            momentum=0.9,
            decay=5e-4,
            schedule="cosine",
            warm_up=50,
            final_lr_fraction=0.01,
            shift=1,
        ),
        "How it is trained",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.blocks:
            raise ConfigError("no stages", where="ResNetConfig.blocks", remedy="Give the blocks of each stage")


class ResNet(Network):
    """A stem, stages of residual blocks, and one linear layer."""

    def __init__(self, config: ResNetConfig, rng: np.random.Generator):
        super().__init__(config, rng)
        kind = {"basic": Basic, "bottleneck": Bottleneck}[config.block]

        def block(channels: int, width: int, *, stride: int) -> Residual:
            return kind(channels, width, rng, stride=stride, shortcut=config.shortcut)

        self.stem = Stem(config.channels, config.width, config.stem, rng, stride=config.stem_stride, pool=config.pool)
        self.stages, channels = stages(config.width, config.width, config.blocks, block)
        self.output = Linear(channels, config.classes, rng)

    def levels(self, x: Tensor) -> list[Tensor]:
        """Return the maps after each stage, (n, c, h, w) each."""
        found = [self.stem(images(x))]
        for stage in self.stages:
            found.append(stage(found[-1]))
        return found[1:]

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs (n, classes) of frames (n, 20, 20), or of images (n, channels, h, w)."""
        return self.output(self.levels(x)[-1].mean((2, 3)))


def imagenet(block: str, *blocks: int) -> ResNetConfig:
    """Return the settings of table 1 for a kind of block and their numbers."""
    return ResNetConfig(
        channels=3, classes=1_000, stem=7, pool=True, block=block, blocks=blocks, width=64, shortcut="projection"
    )


def cifar(n: int, *, shortcut: str = "padding") -> ResNetConfig:
    """Return the settings of section 4.2, with 6n + 2 layers."""
    return ResNetConfig(channels=3, classes=10, stem_stride=1, blocks=(n, n, n), width=16, shortcut=shortcut)


PAPER = {
    152: imagenet("bottleneck", 3, 8, 36, 3),
    101: imagenet("bottleneck", 3, 4, 23, 3),
    50: imagenet("bottleneck", 3, 4, 6, 3),
    34: imagenet("basic", 3, 4, 6, 3),
    18: imagenet("basic", 2, 2, 2, 2),
}
COUNTS = {152: 60_192_808, 101: 44_549_160, 50: 25_557_032, 34: 21_797_672, 18: 11_689_512}


def depth(network: Network) -> int:
    """Return the layers with weights from image to answer: convolutions and linear ones, the shortcuts left out."""
    return sum(p.ndim > 1 and "shortcut" not in name for name, p in network.parameters().items())


def _depths() -> Finding:
    """Count the layers of every published size."""
    rng = np.random.default_rng(0)
    wanted = [18, 34, 20, 32, 44, 56, 110]
    configs = [PAPER[18], PAPER[34], *(cifar(n) for n in (3, 5, 7, 9, 18))]
    found = [depth(ResNet(c, rng)) for c in configs]
    return Finding(holds=found == wanted, found=f"{found} layers", wanted=f"{wanted} layers")


def _free() -> Finding:
    """Count the weights of a residual network of option A and of the plain one."""
    with_, without = (ENTRY.count(cifar(9, shortcut=s)) for s in ("padding", "none"))
    return Finding(holds=with_ == without, found=f"{with_:,} with, {without:,} without", wanted="equally many")


def degradation(steps: int = 300, n: tuple[int, int] = (1, 8)) -> dict[str, list[float]]:
    """Return figure 6 at retina scale: the training error of plain and residual networks.

    Parameters
    ----------
    steps : int
    n : (int, int)
        Blocks of each stage of the shallow ones and the deep ones, 6n + 2 layers.

    Returns
    -------
    dict of str to list of float
        By kind and number of layers.
    """
    recipe = Recipe(batch=32, steps=steps, rate=0.1, momentum=0.9, decay=1e-4)
    return {
        f"{kind}-{6 * k + 2}": training_error(
            ResNetConfig(classes=10, blocks=(k, k, k), width=8, shortcut=shortcut, recipe=recipe),
            ResNet,
            steps,
        )
        for kind, shortcut in (("plain", "none"), ("residual", "padding"))
        for k in n
    }


def _degrades() -> Finding:
    """Compare how well shallow and deep networks learn, with shortcuts and without."""
    found = {name: errors[-1] for name, errors in degradation().items()}
    plain, deep_plain, residual, deep_residual = found.values()
    return Finding(
        holds=deep_plain > 2 * plain and deep_residual < 1.5 * residual + 0.01,
        found="error while learning " + ", ".join(f"{name} {100 * e:.1f} %" for name, e in found.items()),
        wanted="without shortcuts more than twice the error of the shallow one, with them about the same",
    )


def _responses(learner: Successor[ResNet], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return the standard deviation of the input of each block, and of its residual (figure 7)."""
    network = learner.network
    taken, added = [], []
    with no_grad():
        x = network.stem(images(Tensor(stimuli)))
        for stage in network.stages:
            for block in stage:
                taken.append(x.data.std())
                added.append(block.residual(x).data.std())
                x = block(x)
    return {"input": np.array(taken), "residual": np.array(added)}


ENTRY = Entry(
    label="ResNet",
    parents=(),
    title="Deep residual learning for image recognition",
    authors="K. He, X. Zhang, S. Ren, J. Sun",
    idea="Layers learn what is to be added to their input, so that a deeper network is not worse than a shallow one.",
    shrunk="The smaller form of section 4.2, in which the stem halves the sides: 10x10, 5x5 and 3x3.",
    network=ResNet,
    retina=ResNetConfig(),
    sizes={
        f"ResNet-{layers}": Size(config=PAPER[layers], published=count, source="torchvision, with batch normalisation")
        for layers, count in (
            (152, 60_192_808),
            (101, 44_549_160),
            (50, 25_557_032),
            (34, 21_797_672),
            (18, 11_689_512),
        )
    }
    | {
        f"CIFAR, {6 * n + 2} layers": Size(config=cifar(n), published=count, rounded=unit, source="table 6")
        for n, count, unit in (
            (3, 270_000, 10_000),
            (5, 460_000, 10_000),
            (7, 660_000, 10_000),
            (9, 850_000, 10_000),
            (18, 1_700_000, 100_000),
            (200, 19_400_000, 100_000),
        )
    },
    trials=(
        # With as few letters as these the much shallower LeNet-5 is as good; what depth brings is a check below.
        Trial(task="letters", at_least=0.89, baseline="lenet5", above=False),
        Trial(task="digits", at_least=0.96, baseline="mlp"),
    ),
    mechanism=Mechanism(
        name="shortcuts",
        without={"shortcut": "none"},
        remark="At this depth they help in four of the five sets of faces, and in one they do not: too few to tell.",
    ),
    checks=(
        Check(name="as many layers as the names say", run=_depths),
        Check(name="shortcuts of option A cost no weights", run=_free),
        Check(name="deep plain networks learn worse than shallow ones, residual ones do not", run=_degrades, slow=True),
    ),
    figures=(
        Figure(
            name="responses",
            title="What each block takes in and adds",
            x="block",
            y="standard deviation",
            measure=_responses,
        ),
    ),
    small={"width": 2, "blocks": [1, 1]},
    registers=(
        Watch(name="stem", path="stem", rendering=Rendering.MAPS),
        Watch(name="stage 1", path="stages.0", rendering=Rendering.MAPS),
        Watch(name="stage 2", path="stages.1", rendering=Rendering.MAPS),
        Watch(name="stage 3", path="stages.2", rendering=Rendering.MAPS),
    ),
)
