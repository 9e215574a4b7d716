"""Chollet 2016: "Xception: deep learning with depthwise separable convolutions", arXiv:1610.02357 (CVPR 2017).

New: an Inception module taken to its extreme. Channels and places are mapped one after the other, and nothing else is
done: each channel is convolved with a kernel of its own (depthwise), then all channels of a place are mixed
(pointwise). Whole networks of it, with residual shortcuts round every two or three.

    y_f = sum_c P_fc (D_c * x_c)            D_c 3x3, P 1x1, no bias and no activation in between (section 4.7)
    C F weights for the mixing and 9 C for the places, where a convolution has 9 C F

    entry    conv 3x3 /2, conv 3x3; then modules of two separable convolutions, max pooling /2, and a shortcut 1x1 /2
    middle   eight modules of three separable convolutions, and the identity as shortcut
    exit     a module as in the entry; two separable convolutions; mean over places; one linear layer     (figure 5)

Each convolution is followed by batch normalisation; ReLU precedes the separable ones within modules.

Shrunk: two modules of entry instead of three, two of middle instead of eight, and about a twentieth of the width; the
first two convolutions are padded, so that maps are from 10x10 to 2x2 cells wide, in the paper from 149x149 to 10x10.

What is switched off is the depthwise half: places meet in the first two convolutions and in pooling alone then, and of
letters little is lost.

Assumed: padding of zeros in all but the first two convolutions, as in the author's code; no dropout, as for JFT without
fully connected layers. The paper was trained by SGD with momentum for ImageNet; here it is Adam for two
thousand steps. In training, samples are shifted, rotated, sheared and scaled a little.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np

from marki.config import setting
from marki.io.exhibits import Rendering
from successors.model_card import Check, Entry, Figure, Finding, Mechanism, Size, Trial
from successors.nn import initial
from successors.nn.functions import images
from successors.nn.grayscale import grayscale
from successors.nn.hooks import Watch
from successors.nn.layers import BatchNorm2d, Conv2d, Linear
from successors.nn.learner import Successor
from successors.nn.module import Module
from successors.nn.network import Network
from successors.nn.pooling import max_pool2d
from successors.nn.recipe import NetworkConfig, Recipe
from successors.nn.tensor import Tensor

FORMS = ("separable", "whole", "pointwise")
"""What is used as a separable convolution: itself, one 3x3 convolution, or its pointwise half alone."""


@dataclass(frozen=True, kw_only=True)
class XceptionConfig(NetworkConfig):
    """Settings of Xception."""

    channels: int = setting(1, "Channels of the image", low=1)
    stem: tuple[int, ...] = setting((8, 12), "Filters of the two whole convolutions in front", low=1)
    padding: int = setting(1, "Zeros round the images of these two", low=0, high=1)
    entry: tuple[int, ...] = setting((18, 32), "Width after each module of the entry", low=1)
    middle: int = setting(2, "Modules of the middle", low=0)
    exit: int = setting(40, "Width after the module of the exit", low=1)
    tail: tuple[int, ...] = setting((48, 64), "Widths of the separable convolutions that end it", low=1)
    classes: int = setting(26, "Classes that are told apart", low=2)
    form: str = setting(
        "separable", "Whether places and channels are mapped apart, at once, or channels alone", choices=FORMS
    )
    residual: bool = setting(True, "Whether modules have shortcuts")
    recipe: Recipe = setting(
        Recipe(
            batch=64, steps=2_000, eval_every=500, optimiser="adam", rate=0.004, schedule="cosine",
            final_lr_fraction=0.01, shift=1, affine=0.12,
        ),
        "How it is trained",
    )  # fmt: skip


class SeparableConv2d(Module):
    """A kernel for each channel, then a mixture of channels; (n, c, h, w) to (n, f, h, w).

    Parameters
    ----------
    channels, filters : int
        c and f.
    rng : Generator
    form : str
        As in `FORMS`.
    """

    def __init__(self, channels: int, filters: int, rng: np.random.Generator, *, form: str = "separable"):
        apart = form == "separable"
        self.depthwise = Conv2d(channels, channels, 3, rng, padding=1, groups=channels, bias=False) if apart else None
        size, padding = (3, 1) if form == "whole" else (1, 0)
        self.pointwise = Conv2d(channels, filters, size, rng, padding=padding, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return the mixtures."""
        return self.pointwise(x if self.depthwise is None else self.depthwise(x))


class XceptionModule(Module):
    """Separable convolutions, each normalised, with a shortcut round them.

    Parameters
    ----------
    widths : tuple of int
        Channels before the first convolution and after each.
    config : XceptionConfig
    rng : Generator
    pooled : bool
        Whether maximum pooling halves height and width in the end.
    begin : bool
        Whether the first convolution has a ReLU in front.
    """

    def __init__(
        self,
        widths: tuple[int, ...],
        config: XceptionConfig,
        rng: np.random.Generator,
        *,
        pooled: bool = False,
        begin: bool = True,
    ):
        steps = list(itertools.pairwise(widths))
        self.convolutions = [SeparableConv2d(c, f, rng, form=config.form) for c, f in steps]
        self.norms = [BatchNorm2d(f) for f in widths[1:]]
        projects = config.residual and (pooled or widths[0] != widths[-1])
        stride = 2 if pooled else 1
        self.shortcut = Conv2d(widths[0], widths[-1], 1, rng, stride=stride, bias=False) if projects else None
        self.shortcut_norm = BatchNorm2d(widths[-1]) if projects else None
        self._residual, self._pooled, self._begin = config.residual, pooled, begin

    def forward(self, x: Tensor) -> Tensor:
        """Return (n, widths[-1], h, w), or half of h and w."""
        y = x
        for k, (convolution, norm) in enumerate(zip(self.convolutions, self.norms, strict=True)):
            y = norm(convolution(y.relu() if k or self._begin else y))
        if self._pooled:
            y = max_pool2d(y, 3, stride=2, padding=1)
        if not self._residual:
            return y
        if self.shortcut is not None and self.shortcut_norm is not None:
            x = self.shortcut_norm(self.shortcut(x))
        return y + x


class Xception(Network):
    """Entry, middle and exit flow."""

    def __init__(self, config: XceptionConfig, rng: np.random.Generator):
        super().__init__(config, rng)
        first, second = config.stem
        self.conv1 = Conv2d(config.channels, first, 3, rng, stride=2, padding=config.padding, bias=False)
        self.conv2 = Conv2d(first, second, 3, rng, padding=config.padding, bias=False)
        self.stem_norms = [BatchNorm2d(first), BatchNorm2d(second)]
        widths = (second, *config.entry)
        self.entry = [
            XceptionModule((c, f, f), config, rng, pooled=True, begin=k > 0)
            for k, (c, f) in enumerate(itertools.pairwise(widths))
        ]
        last = widths[-1]
        self.middle = [XceptionModule((last,) * 4, config, rng) for _ in range(config.middle)]
        self.exit = XceptionModule((last, last, config.exit), config, rng, pooled=True)
        widths = (config.exit, *config.tail)
        steps = itertools.pairwise(widths)
        self.tail = [SeparableConv2d(c, f, rng, form=config.form) for c, f in steps]
        self.tail_norms = [BatchNorm2d(f) for f in config.tail]
        self.head = Linear(widths[-1], config.classes, rng)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits (n, classes) of frames (n, h, w) of light from 0 to 1, or of images (n, c, h, w)."""
        x = images(x)
        for convolution, norm in zip((self.conv1, self.conv2), self.stem_norms, strict=True):
            x = norm(convolution(x)).relu()
        for module in (*self.entry, *self.middle, self.exit):
            x = module(x)
        for convolution, norm in zip(self.tail, self.tail_norms, strict=True):
            x = norm(convolution(x)).relu()
        return self.head(x.mean((2, 3)))


PAPER = XceptionConfig(
    channels=3, stem=(32, 64), padding=0, entry=(128, 256, 728), middle=8, exit=1024, tail=(1536, 2048), classes=1000
)


def _apart() -> Finding:
    """Run a separable convolution, and the one whole convolution that is the product of its two."""
    rng = np.random.default_rng(0)
    apart, whole = SeparableConv2d(6, 8, rng), SeparableConv2d(6, 8, rng, form="whole")
    each = apart.parameters()["depthwise.weight"].data
    kernels = apart.pointwise.weight.data[:, :, 0, 0, None, None] * each[:, 0]
    whole.pointwise.weight.data[...] = kernels
    x = Tensor(rng.random((2, 6, 7, 7)))
    off = float(np.abs(apart(x).data - whole(x).data).max())
    words = f"{apart.count()} weights for {whole.count()}, outputs differ by {off:.0e}"
    return Finding(holds=off < 1e-5 and apart.count() == 102, found=words, wanted="6 (9 + 8) = 102 for 432, the same")


def _layers() -> Finding:
    """Count the convolutions of the published size that form its trunk, shortcuts aside."""
    with initial.meta():
        network = Xception(PAPER, np.random.default_rng(0))
    modules = (*network.entry, *network.middle, network.exit)
    found = 2 + sum(len(m.convolutions) for m in modules) + len(network.tail)
    shape = f"{found} in {len(modules) + 2} modules"
    return Finding(holds=shape == "36 in 14 modules", found=shape, wanted="36 in 14 modules (section 3)")


def _kernels(learner: Successor[Xception], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return some stimuli, and the kernels of channels in the first separable convolution."""
    network = learner.network
    first = network.entry[0].convolutions[0]
    kernels = first.pointwise if first.depthwise is None else first.depthwise
    return {"shown": stimuli[:12], "kernels, one a channel": grayscale(kernels.weight.data[:12, 0])}


def shares(network: Xception) -> dict[str, int]:
    """Return the number of spatial weights, of weights that mix channels, and of all others."""
    found = {"places": 0, "channels": 0}
    for name, p in network.parameters().items():
        for kind, part in (("places", ".depthwise."), ("channels", ".pointwise.")):
            found[kind] += math.prod(p.shape) * (part in name)
    return found | {"others": network.count() - sum(found.values())}


ENTRY = Entry(
    label="Xception",
    parents=(),
    title="Xception: deep learning with depthwise separable convolutions",
    authors="F. Chollet",
    idea="Places and channels are mapped apart: a kernel for each channel, then a mixture of channels; with shortcuts.",
    shrunk="Five modules for twelve, a twentieth of the width, all convolutions padded: maps from 10x10 to 2x2 cells.",
    network=Xception,
    retina=XceptionConfig(),
    sizes={
        "ImageNet": Size(config=PAPER, published=22_855_952, source="table 3; trainable ones of the author's code"),
    },
    trials=(
        Trial(task="letters", at_least=0.87, baseline="googlenet"),
        Trial(task="digits", at_least=0.96),
    ),
    mechanism=Mechanism(
        name="depthwise convolutions",
        without={"form": "pointwise"},
        remark="Places meet in the first two convolutions and in pooling as well.",
    ),
    checks=(
        Check(name="a separable convolution is a whole one of few weights", run=_apart),
        Check(name="36 convolutions in 14 modules", run=_layers),
    ),
    figures=(Figure(name="kernels", title="What single channels look for", measure=_kernels, stimuli=12),),
    small={"stem": (3, 4), "entry": (5, 6), "middle": 1, "exit": 6, "tail": (7, 8)},
    registers=(
        Watch(name="entry flow 1", path="entry.0", rendering=Rendering.MAPS),
        Watch(name="entry flow 2", path="entry.1", rendering=Rendering.MAPS),
        Watch(name="middle flow", path="middle.0", rendering=Rendering.MAPS),
        Watch(name="exit flow", path="exit", rendering=Rendering.MAPS),
    ),
)
