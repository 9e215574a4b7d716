"""Simonyan and Zisserman 2014: "Very deep convolutional networks for large-scale image recognition", arXiv 1409.1556;
ICLR 2015.

New: depth, by nothing but kernels of 3x3. Two of them in a stack see 5x5 cells and three see 7x7, with fewer weights
(27 C^2 for 49 C^2) and with a nonlinearity after each.

Five blocks of stacked convolutions, all padded so that the maps keep their size, max pooling of 2x2 after each, then
three full layers; configurations of table 1, by convolutions in each block:

    A (VGG-11)  1 1 2 2 2                                     132,863,336 parameters
    B (VGG-13)  2 2 2 2 2                                     133,047,848
    C           2 2 3 3 3, the third of a block being 1x1     133,638,952
    D (VGG-16)  2 2 3 3 3                                     138,357,544
    E (VGG-19)  2 2 4 4 4                                     143,667,240

How the weights begin matters. With a deviation of 0.01 and no normalisation the signal shrinks in every layer; the
paper first trains A, and the deeper nets begin with its outer layers. It adds that this is not needed with the weights
of Glorot and Bengio 2010. Here they begin by fan-in (He 2015), and `start` has all three kinds.

Seen here: a second block helps the letters much, more depth than the retina's no longer (``run_sim.py roadmap vgg``
trains nets of 4 to 9 layers); digits, of which there are more, are given a third block.

Shrunk: 20x20 cells of grey are halved twice, three times for digits, so that two or three blocks are left, and there
are fewer maps and units. The images are shifted in training and not mirrored, as a letter in the mirror is
another letter or none; slight rotation, shear and scaling replace the paper's scale jitter, colour is not
varied, and A-LRN, which the paper found to be of no use, is left out.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import partial

import numpy as np

from marki.config import setting
from marki.errors import ConfigError
from marki.io.exhibits import Rendering
from successors.model_card import Check, Entry, Figure, Finding, Mechanism, Size, Trial
from successors.nn import initial
from successors.nn.functions import dropout, images
from successors.nn.hooks import Watch
from successors.nn.layers import Conv2d, Linear
from successors.nn.learner import Successor
from successors.nn.module import training_rng
from successors.nn.network import Network
from successors.nn.pooling import max_pool2d
from successors.nn.recipe import NetworkConfig, Recipe
from successors.nn.tensor import Tensor, no_grad

STARTS = {"glorot": initial.glorot, "he": initial.he, "small": partial(initial.normal, deviation=0.01)}
"""How the weights begin."""


@dataclass(frozen=True, kw_only=True)
class VGGConfig(NetworkConfig):
    """Settings of VGG."""

    side: int = setting(20, "Cells on a side of the image", unit="cells", low=8, high=512)
    channels: int = setting(1, "Colours of the image", low=1)
    depths: tuple[int, ...] = setting((2, 2), "Convolutions in each block", low=1)
    widths: tuple[int, ...] = setting((16, 32), "Maps in each block", low=1)
    stack: bool = setting(
        True, "Whether kernels of 3x3 are stacked; without, one kernel that sees as much as the stack"
    )
    pointwise: bool = setting(False, "Whether the third convolution of a block has kernels of 1x1, as in C")
    full: int = setting(128, "Units of each of the two hidden full layers", low=1)
    classes: int = setting(26, "Output units", low=2)
    dropout: float = setting(0.5, "Share of the units of full layers that are silent while learning", low=0, high=0.9)
    start: str = setting("he", "How the weights begin; small: with a deviation of 0.01", choices=tuple(STARTS))
    recipe: Recipe = setting(
        Recipe(
            batch=64,
            steps=1_000,
            eval_every=500,
            stop_at_score=2.0,
            rate=0.03,
            momentum=0.9,
            decay=0.0005,
            schedule="cosine",
            warm_up=100,
            final_lr_fraction=0.01,
            shift=2,
            affine=0.12,
        ),
        "How it is trained",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.depths) != len(self.widths) or not self.depths:
            raise ConfigError(
                f"{len(self.depths)} depths for {len(self.widths)} widths",
                where="VGGConfig.depths",
                remedy="Give as many as widths",
            )
        if not self.last:
            raise ConfigError(
                f"{self.side} cells cannot be halved {len(self.depths)} times",
                where="VGGConfig.side",
                remedy="Give more cells, or fewer blocks",
            )

    @property
    def last(self) -> int:
        """Side of the maps that the full layers see."""
        return self.side >> len(self.depths)

    @property
    def kernels(self) -> tuple[tuple[int, ...], ...]:
        """Sides of the kernels of each block, in order."""
        if not self.stack:
            return tuple((2 * depth + 1,) for depth in self.depths)
        return tuple(tuple(1 if self.pointwise and k == 2 else 3 for k in range(depth)) for depth in self.depths)


class VGG(Network):
    """Blocks of stacked convolutions, and three full layers."""

    def __init__(self, config: VGGConfig, rng: np.random.Generator):
        super().__init__(config, rng)
        draw = STARTS[config.start]
        self.blocks: list[list[Conv2d]] = []
        channels = config.channels
        for width, sizes in zip(config.widths, config.kernels, strict=True):
            self.blocks.append([])
            for size in sizes:
                self.blocks[-1].append(Conv2d(channels, width, size, rng, padding=size // 2, init=draw))
                channels = width
        widths = (channels * config.last**2, config.full, config.full, config.classes)
        self.full = [Linear(d, k, rng, init=draw) for d, k in itertools.pairwise(widths)]

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits, (n, classes), of frames (n, side, side) of light, or of images."""
        x = images(x)
        for block in self.blocks:
            for convolution in block[:-1]:
                x = convolution(x).relu()
            # The maximum of rectified values is the rectified maximum, and there are fewer of these.
            x = max_pool2d(block[-1](x), 2).relu()
        x, rng = x.flatten(), training_rng()
        for layer in self.full[:-1]:
            x = layer(x).relu()
            if rng is not None:
                x = dropout(x, self.config.dropout, rng)
        return self.full[-1](x)


def _published(*depths: int, pointwise: bool = False) -> VGGConfig:
    """Return the settings of a configuration of table 1."""
    return VGGConfig(
        side=224,
        channels=3,
        depths=depths,
        widths=(64, 128, 256, 512, 512),
        pointwise=pointwise,
        full=4096,
        classes=1000,
        start="small",
    )


def stack_weights(maps: int, size: int) -> int:
    """Return the weights of a convolution from `maps` to as many maps, without biases."""
    with initial.meta():
        return Conv2d(maps, maps, size, np.random.default_rng(0), bias=False).count()


def _sees() -> Finding:
    """Light one cell, and count the units of the last map that it reaches; count the weights of stacks."""
    rows = {}
    for depth in (1, 2, 3):
        network = VGG(VGGConfig(depths=(depth,), widths=(8,), dropout=0.0), np.random.default_rng(0))
        x = np.zeros((1, 1, 20, 20), np.float32)
        x[0, 0, 10, 10] = 1
        tensor = Tensor(x)
        with no_grad():
            for convolution in network.blocks[0]:
                convolution.weight.data[...] = 1
                tensor = convolution(tensor)
        rows[depth] = int(np.count_nonzero(tensor.data[0, 0].any(axis=0)))
    c = 8
    weights = 3 * stack_weights(c, 3), stack_weights(c, 7)
    return Finding(
        holds=rows == {1: 3, 2: 5, 3: 7} and weights == (27 * c * c, 49 * c * c),
        found=f"sides of {', '.join(str(s) for s in rows.values())} cells; {weights[0]:,} weights for {weights[1]:,}",
        wanted=f"3, 5 and 7 cells; 27 C^2 for 49 C^2, {27 * c * c:,} for {49 * c * c:,} with {c} maps",
    )


def _spread(start: str) -> float:
    """Return how much the outputs of a narrow net as deep as VGG-19 differ between images, relative to the images."""
    config = VGGConfig(side=32, depths=(2, 2, 4, 4, 4), widths=(16,) * 5, full=64, start=start)
    x = np.random.default_rng(1).standard_normal((16, 1, 32, 32)).astype(np.float32)
    with no_grad():
        y = VGG(config, np.random.default_rng(0))(Tensor(x)).data
    return float(y.std(axis=0).mean() / x.std())


def _signal() -> Finding:
    """Compare the output of 19 untrained layers with weights of a deviation of 0.01, of Glorot, and of He."""
    found = {start: _spread(start) for start in ("small", "glorot", "he")}
    return Finding(
        holds=found["small"] < 1e-6 * found["glorot"] and found["glorot"] < found["he"],
        found=", ".join(f"{n} {v:.1e}" for n, v in found.items()),
        wanted="next to nothing with the small ones, less with Glorot's than with He's",
    )


def _maps(learner: Successor[VGG], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return some stimuli, and the output of the first block for the first of them."""
    network = learner.network
    x = Tensor(stimuli[:1, None])
    with no_grad():
        for convolution in network.blocks[0]:
            x = convolution(x).relu()
    maps = x.data[0, :12]
    return {"shown": stimuli[:12], "the first, after the first stack": maps / max(float(maps.max()), 1e-6)}


D = _published(2, 2, 3, 3, 3)

ENTRY = Entry(
    label="VGG",
    parents=(),
    title="Very deep convolutional networks for large-scale image recognition",
    authors="K. Simonyan, A. Zisserman",
    idea="Depth by stacks of 3x3 kernels: two see as much as one of 5x5, with fewer weights and one more nonlinearity.",
    shrunk="Two or three blocks for five, as the retina has 20x20 cells; fewer maps; shifts, but no mirror images.",
    network=VGG,
    retina=VGGConfig(),
    sizes={
        "VGG-16 (D)": Size(config=D, published=138_357_544, source="table 2: 138 million; torchvision"),
        "VGG-11 (A)": Size(
            config=_published(1, 1, 2, 2, 2), published=132_863_336, source="table 2: 133 million; torchvision"
        ),
        "VGG-13 (B)": Size(
            config=_published(2, 2, 2, 2, 2), published=133_047_848, source="table 2: 133 million; torchvision"
        ),
        "C": Size(
            config=_published(2, 2, 3, 3, 3, pointwise=True), published=134_000_000, rounded=1_000_000, source="table 2"
        ),
        "VGG-19 (E)": Size(
            config=_published(2, 2, 4, 4, 4), published=143_667_240, source="table 2: 144 million; torchvision"
        ),
    },
    trials=(
        Trial(task="letters", at_least=0.89, baseline="alexnet"),
        # Digits have more samples, and a third stack helps; people draw them smaller and more askew than these are.
        Trial(
            task="digits",
            changes={"depths": (2, 2, 2), "widths": (16, 32, 64), "recipe.steps": 3_000, "recipe.affine": 0.25},
            at_least=0.96,
            baseline="alexnet",
        ),
    ),
    mechanism=Mechanism(
        name="depth",
        without={"depths": [1], "widths": [16]},
        remark="Depth helps in each of the five sets of faces, in three of them by little: too few to tell.",
    ),
    checks=(
        Check(name="three kernels of 3x3 see what one of 7x7 sees, with 27/49 of the weights", run=_sees),
        Check(name="how the weights begin decides whether anything comes out of 19 layers", run=_signal),
    ),
    figures=(Figure(name="maps", title="What the first stack makes of a letter", measure=_maps, stimuli=12),),
    roadmap=(
        ("4 layers: a block of one", {"depths": (1,), "widths": (16,)}),
        ("5 layers: two blocks of one", {"depths": (1, 1), "widths": (16, 32)}),
        ("6 layers: three blocks of one", {"depths": (1, 1, 1), "widths": (16, 32, 64)}),
        ("7 layers: two blocks of two, the retina's", {"depths": (2, 2), "widths": (16, 32)}),
        ("9 layers: three blocks of two", {"depths": (2, 2, 2), "widths": (16, 32, 64)}),
    ),
    small={"widths": (4, 6), "full": 8},
    registers=(
        Watch(name="block 1, first layer", path="blocks.0.1", rendering=Rendering.MAPS, given=True),
        Watch(name="block 1, pooled", path="blocks.1.0", rendering=Rendering.MAPS, given=True),
        Watch(name="block 2, first layer", path="blocks.1.1", rendering=Rendering.MAPS, given=True),
        Watch(name="full layer", path="full.1", rendering=Rendering.BARS, given=True),
    ),
)
