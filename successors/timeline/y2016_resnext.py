"""Xie, Girshick, Dollar, Tu and He 2016: "Aggregated residual transformations for deep neural networks",
arXiv:1611.05431; CVPR 2017, 1492-1500.

New: cardinality, the number of paths of a block, as a dimension beside depth and width. All paths have the same form,
and their outputs are added; at equal size more paths that are narrower do better than fewer that are wider.

Equations:

    y = x + sum_{i <= C} T_i(x)                                                                       (3)
    T_i = W3_i * relu(B(W2_i * relu(B(W1_i * x))))     kernels 1x1 to d channels, 3x3 among them, 1x1 back

    The sum is what one convolution of C groups between two of 1x1 computes (figure 3, c), which is how it is done here;
    B and relu follow the sum as in y2015_resnet, and d doubles where the maps are halved. "32x4d" is C = 32, d = 4.

Shrunk: stem, maps of 10x10, 5x5 and 3x3, and 26 layers as in the retina's ResNet, and no more weights than it has;
shortcuts are projections, as in the paper.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marki.config import setting
from marki.io.exhibits import Rendering
from successors.model_card import Check, Entry, Figure, Finding, Mechanism, Size, Trial
from successors.nn.functions import images
from successors.nn.hooks import Watch
from successors.nn.layers import Linear
from successors.nn.learner import Successor
from successors.nn.module import Module, training
from successors.nn.network import Network
from successors.nn.recipe import NetworkConfig, Recipe
from successors.nn.tensor import Tensor, no_grad
from successors.timeline.y2015_resnet import ENTRY as RESNET
from successors.timeline.y2015_resnet import Bottleneck, Stem, stages


@dataclass(frozen=True, kw_only=True)
class ResNeXtConfig(NetworkConfig):
    """Settings of a network of aggregated residual transformations."""

    channels: int = setting(1, "Channels of the image", low=1)
    classes: int = setting(26, "Output units", low=2)
    stem: int = setting(3, "Side of the stem's kernels", low=1)
    stem_stride: int = setting(2, "Cells between two places of the stem's kernels", low=1)
    stem_filters: int = setting(8, "Filters of the stem", low=1)
    pool: bool = setting(False, "Whether the stem ends with pooling")
    blocks: tuple[int, ...] = setting((2, 3, 3), "Blocks of each stage", low=1)
    width: int = setting(8, "A quarter of the filters that leave the first stage", low=1)
    cardinality: int = setting(8, "Paths of a block, C", low=1)
    path: int = setting(2, "Channels within a path of the first stage, d", low=1)
    recipe: Recipe = setting(RESNET.retina.recipe, "How it is trained")


class ResNeXt(Network):
    """A stem, stages of blocks of many paths, and one linear layer."""

    def __init__(self, config: ResNeXtConfig, rng: np.random.Generator):
        super().__init__(config, rng)

        def block(channels: int, width: int, *, stride: int) -> Bottleneck:
            inner = config.cardinality * config.path * width // config.width
            return Bottleneck(channels, width, rng, stride=stride, inner=inner, groups=config.cardinality)

        self.stem = Stem(
            config.channels, config.stem_filters, config.stem, rng, stride=config.stem_stride, pool=config.pool
        )
        self.stages, channels = stages(config.stem_filters, config.width, config.blocks, block)
        self.output = Linear(channels, config.classes, rng)

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs (n, classes) of frames (n, 20, 20), or of images (n, channels, h, w)."""
        x = self.stem(images(x))
        for stage in self.stages:
            x = stage(x)
        return self.output(x.mean((2, 3)))


def imagenet(blocks: tuple[int, ...], cardinality: int, path: int) -> ResNeXtConfig:
    """Return the settings of table 1 for blocks of each stage and a template C x d."""
    return ResNeXtConfig(
        channels=3,
        classes=1_000,
        stem=7,
        stem_filters=64,
        pool=True,
        blocks=blocks,
        width=64,
        cardinality=cardinality,
        path=path,
    )


def cifar(cardinality: int, path: int) -> ResNeXtConfig:
    """Return the settings of section 5.3, 29 layers, for a template C x d."""
    return ResNeXtConfig(
        channels=3,
        classes=10,
        stem_stride=1,
        stem_filters=64,
        blocks=(3, 3, 3),
        width=64,
        cardinality=cardinality,
        path=path,
    )


DEEP, DEEPER = (3, 4, 6, 3), (3, 4, 23, 3)


def paths(block: Bottleneck, x: np.ndarray, cardinality: int) -> np.ndarray:
    """Compute the paths of a block separately and return the sum of their outputs, eq. 3.

    Parameters
    ----------
    block : Bottleneck
        In evaluation mode, so that its normalisations are fixed.
    x : ndarray, shape (n, c, h, w)
    cardinality : int

    Returns
    -------
    ndarray, shape (n, filters, h, w)
        Without shortcut and the last ReLU.
    """
    first, middle, last = (np.asarray(c.conv.weight.data, np.float64) for c in (block.conv1, block.conv2, block.conv3))
    n, _, h, w = x.shape
    d = len(first) // cardinality
    total = np.zeros((n, len(last), h, w))
    for i in range(cardinality):
        own = slice(i * d, (i + 1) * d)
        y = np.einsum("fc,nchw->nfhw", first[own, :, 0, 0], x)
        y = np.maximum(_fixed(block.conv1.norm, y, own), 0)
        wide = np.pad(y, ((0, 0), (0, 0), (1, 1), (1, 1)))
        y = np.zeros_like(y)
        for u in range(3):
            for v in range(3):
                y += np.einsum("fc,nchw->nfhw", middle[own, :, u, v], wide[:, :, u : u + h, v : v + w])
        y = np.maximum(_fixed(block.conv2.norm, y, own), 0)
        total += np.einsum("fc,nchw->nfhw", last[:, own, 0, 0], y)
    return _fixed(block.conv3.norm, total, slice(None))


def _fixed(norm: Module, x: np.ndarray, own: slice) -> np.ndarray:
    """Normalise some channels as batch normalisation does in evaluation mode."""
    state = norm.state()
    mean, variance, gain, bias = (
        state[name].astype(np.float64)[own, None, None] for name in ("mean", "variance", "gain", "bias")
    )
    return (x - mean) / np.sqrt(variance + 1e-5) * gain + bias


def _equivalent() -> Finding:
    """Compare a block of groups with the sum of its paths."""
    rng = np.random.default_rng(0)
    block = Bottleneck(24, 6, rng, inner=24, groups=8)
    x = rng.standard_normal((4, 24, 5, 5)).astype(np.float32)
    with training(rng), no_grad():
        block(Tensor(x))
    off = float(np.abs(block.residual(Tensor(x)).data - paths(block, x, 8)).max())
    return Finding(holds=off < 1e-4, found=f"largest difference {off:.1e}", wanted="none but of rounding, below 1e-4")


def _complexity() -> Finding:
    """Count the templates of table 2, made to be alike in size."""
    templates = ((1, 64), (2, 40), (4, 24), (8, 14), (32, 4))
    found = {f"{c}x{d}d": ENTRY.count(imagenet(DEEP, c, d)) for c, d in templates}
    spread = max(found.values()) / min(found.values())
    return Finding(
        holds=spread < 1.03, found=", ".join(f"{n} {k:,}" for n, k in found.items()), wanted="within 3 % of each other"
    )


def _size() -> Finding:
    """Compare the weights of the retina's network with those of the retina's ResNet."""
    own = ENTRY.count(ENTRY.retina)
    other = RESNET.count(RESNET.retina)
    return Finding(holds=own <= other, found=f"{own:,}", wanted=f"at most ResNet's {other:,}")


def _kinds(learner: Successor[ResNeXt], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return some stimuli, and the output of a filter of each path of the first block for the first of them."""
    network = learner.network
    block = network.stages[0].layers[0]
    with no_grad():
        y = block.conv2(block.conv1(network.stem(images(Tensor(stimuli[:1])))).relu()).relu().data[0]
    y = y[:: network.config.path]
    side = 20 // y.shape[1]
    large = np.kron(y / max(float(y.max()), 1e-9), np.ones((side, side), np.float32))
    return {"shown": stimuli[:1], "a map of each path": large.astype(np.float32)}


ENTRY = Entry(
    label="ResNeXt",
    parents=("resnet",),
    title="Aggregated residual transformations for deep neural networks",
    authors="S. Xie, R. Girshick, P. Dollar, Z. Tu, K. He",
    idea="Blocks of many narrow paths of the same form, whose outputs are added; their number is the cardinality.",
    shrunk="Stem and stages of the retina's ResNet, with no more weights than it has.",
    network=ResNeXt,
    retina=ResNeXtConfig(),
    sizes={
        "ResNeXt-50, 32x4d": Size(config=imagenet(DEEP, 32, 4), published=25_028_904, source="torchvision"),
        "ResNeXt-101, 32x4d": Size(config=imagenet(DEEPER, 32, 4), published=44_177_704, source="timm"),
        "ResNeXt-101, 32x8d": Size(config=imagenet(DEEPER, 32, 8), published=88_791_336, source="torchvision"),
        "ResNeXt-101, 64x4d": Size(config=imagenet(DEEPER, 64, 4), published=83_455_272, source="torchvision"),
        "CIFAR-10, 29 layers, 8x64d": Size(
            config=cifar(8, 64), published=34_400_000, rounded=100_000, source="table 7"
        ),
        "CIFAR-10, 29 layers, 16x64d": Size(
            config=cifar(16, 64), published=68_100_000, rounded=100_000, source="table 7"
        ),
    },
    trials=(
        Trial(task="letters", at_least=0.87, baseline="resnet", above=False),
        Trial(task="digits", at_least=0.96),
    ),
    mechanism=Mechanism(
        name="many paths",
        without={"cardinality": 1, "path": 9},
        remark="With as many weights in one path it reads faces never shown as well.",
    ),
    checks=(
        Check(name="a convolution of groups is the sum of the paths", run=_equivalent),
        Check(name="the templates of table 2 are alike in size", run=_complexity),
        Check(name="no more weights than the retina's ResNet", run=_size),
    ),
    figures=(Figure(name="paths", title="What the paths of the first block look for", measure=_kinds, stimuli=1),),
    small={"width": 2, "stem_filters": 2, "cardinality": 2, "path": 1, "blocks": [1, 1]},
    registers=(
        Watch(name="stem", path="stem", rendering=Rendering.MAPS),
        Watch(name="stage 1", path="stages.0", rendering=Rendering.MAPS),
        Watch(name="stage 2", path="stages.1", rendering=Rendering.MAPS),
        Watch(name="stage 3", path="stages.2", rendering=Rendering.MAPS),
    ),
)
