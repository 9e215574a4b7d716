"""Liu, Mao, Wu, Feichtenhofer, Darrell and Xie 2022: "A ConvNet for the 2020s", CVPR, 11966-11976.

New: nothing but a walk. A residual network is changed step by step towards the design of vision transformers, and each
step is trained; the result is a network of convolutions alone that is as good as they are.

    X + g * (W2 gelu(W1 LayerNorm(D * X)))       D 7x7 for each channel; W1 to four times the width; g layer scale

between stages LayerNorm and a convolution of 2x2 with a step of 2; before the first a convolution of 4x4 with a step
of 4 (patchify) and LayerNorm; after the last the mean over places, LayerNorm, one linear layer. Normalisation is over
the channels of a place.

`ROAD_MAP` holds the steps of figure 2 in the paper's order, as changes of the settings, each on top of those before:

    from a residual network: bottlenecks 1x1, 3x3, 1x1 of batch normalisation and ReLU, a stem with pooling
    macro design       stage ratio; patchify stem
    ResNeXt-ify        depthwise convolution; more width
    inverted           the middle of a block is wide; the depthwise convolution moves up to its front
    large kernels      7x7
    micro design       GELU for ReLU; one activation a block; one norm a block; layer norm; separate downsampling

``run_sim.py roadmap convnext`` trains them all. The last step adds layer scale, which the paper counts to the recipe of
training. With `STANDARD`, the settings at its start, the same class is ResNet-50, parameter for parameter.

Shrunk: three stages of 10x10, 5x5 and 2x2 places instead of four, patches of 2x2 cells, widths from 24; the road map
has 16 for 24 where the paper has 64 for 96. Layer scale begins at 1 instead of 1e-6. Samples are shifted, rotated,
sheared and scaled a little in training, in place of the paper's augmentation.

Seen here: on maps of 10x10 cells and less the residual network at the start of the road reads faces never seen somewhat
better than ConvNeXt; it is the step to kernels of 7x7 that costs most. What is switched off is that convolutions within
blocks see places.

Assumed: gelu by its tanh form; on the way, a convolution has a bias unless batch normalisation follows it;
a shortcut that must change its shape is a convolution 1x1 with a norm, without a bias; the one norm of a block
follows the convolution that sees positions.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from marki.config import setting
from marki.io.exhibits import Rendering
from successors.model_card import Check, Entry, Figure, Finding, Mechanism, Size, Trial
from successors.nn import initial
from successors.nn.activations import gelu
from successors.nn.functions import images
from successors.nn.grayscale import grayscale
from successors.nn.hooks import Watch
from successors.nn.layers import BatchNorm2d, Conv2d, DropPath, LayerNorm, LayerNorm2d, Linear
from successors.nn.learner import Successor
from successors.nn.module import Module
from successors.nn.network import Network
from successors.nn.pooling import max_pool2d
from successors.nn.recipe import NetworkConfig, Recipe
from successors.nn.tensor import Tensor


@dataclass(frozen=True, kw_only=True)
class ConvNeXtConfig(NetworkConfig):
    """Settings of ConvNeXt and of all networks on the way to it."""

    channels: int = setting(1, "Channels of the image", low=1)
    depths: tuple[int, ...] = setting((1, 3, 1), "Blocks of each stage", low=1)
    widths: tuple[int, ...] = setting((24, 48, 96), "Width of each stage; of a bottleneck, its narrow middle", low=1)
    stem: str = setting("patchify", "A stem of patches, or of a convolution and pooling", choices=("patchify", "pool"))
    patch: int = setting(2, "Cells on a side of a patch; the other stem has this step in two halves", low=2)
    mlp_ratio: int = setting(4, "Widest of a block, times its narrowest", low=1, formerly="wide")
    kernel: int = setting(7, "Side of the kernels that see places", low=1)
    depthwise: bool = setting(True, "Whether each channel has a kernel of its own")
    inverted: bool = setting(True, "Whether the middle of a block is its wide part, instead of its ends")
    first: bool = setting(True, "Whether the kernels that see places stand in front of a block, not in its middle")
    activation: str = setting("gelu", "The nonlinearity", choices=("gelu", "relu"))
    fewer_activations: bool = setting(True, "One nonlinearity a block, between the 1x1 convolutions; none in the stem")
    fewer_norms: bool = setting(True, "Whether a block has one norm, before its first 1x1 convolution")
    norm: str = setting("layer", "Over the channels of a place, or over the batch", choices=("layer", "batch"))
    separate: bool = setting(True, "Whether downsampling is a layer of its own; else a step in a stage's first block")
    layer_scale: float = setting(1.0, "Factor of each channel of a branch at first; 0: there is none", low=0)
    drop_path: float = setting(0.0, "Share of branches left out in the last block while learning", low=0, high=0.9)
    classes: int = setting(26, "Classes that are told apart", low=2)
    recipe: Recipe = setting(
        Recipe(
            batch=64, steps=1_000, eval_every=500, optimiser="adam", rate=0.006, decay=0.05,
            schedule="cosine", warm_up=100, final_lr_fraction=0.01, shift=1, affine=0.12,
        ),
        "How it is trained",
    )  # fmt: skip


def _as_it_is(x: Tensor) -> Tensor:
    """Return the tensor unchanged."""
    return x


def _norm(config: ConvNeXtConfig, channels: int) -> Module:
    return LayerNorm2d(channels) if config.norm == "layer" else BatchNorm2d(channels)


def _bend(config: ConvNeXtConfig) -> Callable[[Tensor], Tensor]:
    return functools.partial(gelu, tanh=True) if config.activation == "gelu" else Tensor.relu


class ConvNeXtBlock(Module):
    """Three convolutions, one of which sees places, round a shortcut.

    Parameters
    ----------
    channels, width : int
        Channels of the input, and the width of the stage.
    config : ConvNeXtConfig
    rng : Generator
    stride : int
    drop_path : float
    """

    def __init__(
        self,
        channels: int,
        width: int,
        config: ConvNeXtConfig,
        rng: np.random.Generator,
        *,
        stride: int = 1,
        drop_path: float = 0.0,
    ):
        middle, out = (config.mlp_ratio * width, width) if config.inverted else (width, config.mlp_ratio * width)
        # What each convolution maps to what; the one that sees places keeps the number of channels if it is depthwise.
        plan = [(channels, middle), (middle, middle), (middle, out)]
        if config.first:
            front = channels if config.depthwise else width
            plan = [(channels, front), (front, middle), (middle, out)]
        place = 0 if config.first else 1
        normed = {(1 if not config.first else 0)} if config.fewer_norms else {0, 1, 2}
        self.convolutions: list[Module] = []
        for k, (c, f) in enumerate(plan):
            bias = not (config.norm == "batch" and k in normed)
            if k == place:
                groups, padding = c if config.depthwise else 1, config.kernel // 2
                layer = Conv2d(c, f, config.kernel, rng, stride=stride, padding=padding, groups=groups, bias=bias)
            else:
                layer = Conv2d(c, f, 1, rng, bias=bias)
            self.convolutions.append(layer)
        self.norms = {str(k): _norm(config, plan[k][1]) for k in sorted(normed)}
        changes = stride > 1 or channels != out
        self.shortcut = Conv2d(channels, out, 1, rng, stride=stride, bias=False) if changes else None
        self.shortcut_norm = _norm(config, out) if changes else None
        self.scale = initial.constant((out, 1, 1), config.layer_scale) if config.layer_scale else None
        self._bend, self._drop_path = _bend(config), DropPath(drop_path)
        self._bends = {1} if config.fewer_activations else {0, 1}
        self._end = _as_it_is if config.fewer_activations else self._bend

    def forward(self, x: Tensor) -> Tensor:
        """Return the stage's images, halved in height and width by a stride of 2."""
        y = x
        for k, convolution in enumerate(self.convolutions):
            y = convolution(y)
            if str(k) in self.norms:
                y = self.norms[str(k)](y)
            if k in self._bends:
                y = self._bend(y)
        if self.scale is not None:
            y = y * self.scale
        if self.shortcut is not None and self.shortcut_norm is not None:
            x = self.shortcut_norm(self.shortcut(x))
        return self._end(x + self._drop_path(y))


class ConvNeXt(Network):
    """A stem, stages of blocks, the mean over places, and a linear layer."""

    def __init__(self, config: ConvNeXtConfig, rng: np.random.Generator):
        super().__init__(config, rng)
        first, bias = config.widths[0], config.norm == "layer"
        if config.stem == "patchify":
            self.stem = Conv2d(config.channels, first, config.patch, rng, stride=config.patch, bias=bias)
        else:
            size, step = 2 * config.patch - 1, config.patch // 2
            self.stem = Conv2d(config.channels, first, size, rng, stride=step, padding=size // 2, bias=bias)
        self.stem_norm = _norm(config, first)
        rates = iter(np.linspace(0, config.drop_path, sum(config.depths)))
        channels, self.down, self.stages = first, [], []
        for k, (depth, width) in enumerate(zip(config.depths, config.widths, strict=True)):
            stride = 2 if k else 1
            if k and config.separate:
                halving = Conv2d(channels, width, 2, rng, stride=2, bias=bias)
                self.down.append([_norm(config, channels), halving])
                channels, stride = width, 1
            stage = []
            for _ in range(depth):
                drop_path = float(next(rates))
                stage.append(ConvNeXtBlock(channels, width, config, rng, stride=stride, drop_path=drop_path))
                channels, stride = width if config.inverted else config.mlp_ratio * width, 1
            self.stages.append(stage)
        self.norm = LayerNorm(channels, eps=1e-6) if config.separate else None
        self.head = Linear(channels, config.classes, rng)

    def levels(self, x: Tensor) -> list[Tensor]:
        """Return the maps after each stage, (n, c, h, w) each."""
        config = self.config
        x = images(x)
        x = self.stem_norm(self.stem(x))
        if not config.fewer_activations:
            x = _bend(config)(x)
        if config.stem == "pool":
            x = max_pool2d(x, 3, stride=2, padding=1)
        found = list[Tensor]()
        for k, stage in enumerate(self.stages):
            if k and config.separate:
                norm, halving = self.down[k - 1]
                x = halving(norm(x))
            for block in stage:
                x = block(x)
            found.append(x)
        return found

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits (n, classes) of frames (n, h, w) of light from 0 to 1, or of images (n, c, h, w)."""
        x = self.levels(x)[-1].mean((2, 3))
        return self.head(x if self.norm is None else self.norm(x))


START: dict[str, Any] = {
    "stem": "pool", "kernel": 3, "depthwise": False, "inverted": False, "first": False, "activation": "relu",
    "fewer_activations": False, "fewer_norms": False, "norm": "batch", "separate": False, "layer_scale": 0.0,
}  # fmt: skip
"""What makes a residual network of it, apart from its numbers of blocks and widths."""

ROAD_MAP: tuple[tuple[str, dict[str, Any]], ...] = (
    ("residual network", START | {"depths": (1, 2, 2), "widths": (16, 32, 64)}),
    ("stage ratio", {"depths": (1, 3, 1)}),
    ("patchify stem", {"stem": "patchify"}),
    ("depthwise convolution", {"depthwise": True}),
    ("more width", {"widths": (24, 48, 96)}),
    ("inverted bottleneck", {"inverted": True}),
    ("depthwise convolution moved up", {"first": True}),
    ("kernels of 7x7", {"kernel": 7}),
    ("GELU for ReLU", {"activation": "gelu"}),
    ("fewer activations", {"fewer_activations": True}),
    ("fewer norms", {"fewer_norms": True}),
    ("layer norm for batch norm", {"norm": "layer"}),
    ("separate downsampling", {"separate": True}),
    ("layer scale", {"layer_scale": 1.0}),
)
"""Steps of figure 2 at retina scale, (name, changes of the settings on top of those of the steps before)."""


def published(depths: tuple[int, ...], widths: tuple[int, ...], drop_path: float) -> ConvNeXtConfig:
    """Return a size of the paper, for images in colour and 1,000 classes."""
    return ConvNeXtConfig(
        channels=3, depths=depths, widths=widths, patch=4, layer_scale=1e-6, drop_path=drop_path, classes=1000
    )


TINY = published((3, 3, 9, 3), (96, 192, 384, 768), 0.1)
STANDARD = TINY.amend(START | {"depths": (3, 4, 6, 3), "widths": (64, 128, 256, 512), "drop_path": 0.0})


def _standard() -> Finding:
    """Count the parameters of the network at the start of the road."""
    with initial.meta():
        found = ConvNeXt(STANDARD, np.random.default_rng(0)).count()
    return Finding(holds=found == 25_557_032, found=f"{found:,}", wanted="25,557,032, those of ResNet-50")


def _walk() -> Finding:
    """Walk the road map and compare its end with the retina's settings."""
    end = ENTRY.retina.amend(ENTRY.roads()[ROAD_MAP[-1][0]])
    different = [n for (n, a, _), (_, b, _) in zip(end.items(), ENTRY.retina.items(), strict=True) if a != b]
    words = f"{', '.join(different) or 'no setting'} differs after {len(ROAD_MAP) - 1} steps"
    return Finding(holds=not different, found=words, wanted="ConvNeXt at the end of the road")


def _kernels(learner: Successor[ConvNeXt], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return some stimuli, and kernels of the first block."""
    network = learner.network
    place = 0 if network.config.first else 1
    kernels = network.stages[0][0].convolutions[place].weight.data[:12, 0]
    return {"shown": stimuli[:12], "kernels, one a channel": grayscale(kernels)}


SOURCE = "section 3 and table 1; authors' code"

ENTRY = Entry(
    label="ConvNeXt",
    parents=(),
    title="A ConvNet for the 2020s",
    authors="Z. Liu, H. Mao, C.-Y. Wu, C. Feichtenhofer, T. Darrell, S. Xie",
    idea="A residual network, changed step by step after the design of transformers, each step tried.",
    shrunk="Three stages of 10x10 to 2x2 places for four of 56x56 to 7x7, patches of 2x2, a quarter of the width; "
    "layer scale begins at 1 for 1e-6.",
    network=ConvNeXt,
    retina=ConvNeXtConfig(),
    sizes={
        "T": Size(config=TINY, published=28_589_128, source=SOURCE),
        "S": Size(config=published((3, 3, 27, 3), (96, 192, 384, 768), 0.4), published=50_223_688, source=SOURCE),
        "B": Size(config=published((3, 3, 27, 3), (128, 256, 512, 1024), 0.5), published=88_591_464, source=SOURCE),
        "L": Size(config=published((3, 3, 27, 3), (192, 384, 768, 1536), 0.1), published=197_767_336, source=SOURCE),
        "XL": Size(
            config=published((3, 3, 27, 3), (256, 512, 1024, 2048), 0.2),
            published=350_000_000, rounded=1_000_000, source="table 1, 350 million",
        ),
    },
    trials=(
        Trial(task="letters", at_least=0.87, baseline="resnet", above=False, slack=0.02),
        Trial(task="digits", at_least=0.96),
    ),
    mechanism=Mechanism(name="convolutions that see places", without={"kernel": 1}),
    checks=(
        Check(name="the road begins at ResNet-50", run=_standard),
        Check(name="the road ends at ConvNeXt", run=_walk),
    ),
    figures=(Figure(name="kernels", title="What single channels look for", measure=_kernels, stimuli=12),),
    roadmap=ROAD_MAP,
    small={"depths": (1, 1), "widths": (12, 16), "mlp_ratio": 2},
    registers=tuple(
        Watch(name=f"stage {k + 1}, first block", path=f"stages.{k}.0", rendering=Rendering.MAPS) for k in range(3)
    ),
)  # fmt: skip
