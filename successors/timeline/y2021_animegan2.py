"""Chen and Liu 2021: AnimeGANv2, a program and its project page (`TachibanaYoshino/AnimeGANv2`). It has no paper; its
predecessor has: Chen, Liu and Chen 2020, "AnimeGAN: a novel lightweight GAN for photo animation", ISICA 2019.

New: photographs to pictures of comics, learned from both but from no pair, by a small generator. Layer normalisation
takes the place of instance normalisation, which the page blames for artefacts of high frequency; the generator has
8.17 MiB.

Losses, with features F of a layer of VGG, Gram matrices G of these, and a discriminator D of patches, by least squares:

    content  E |F(made) - F(photograph)|
    style    E |G(made) - G(comic)|
    creator  E (D(made) - 1)^2
    critic   1.7 E (D(comic) - 1)^2 + 1.7 E D(made)^2 + 1.0 E D(smoothed comic)^2

Smoothed pictures have the colours of a comic but not its edges: the critic is to look at these. At first the generator
learns the content alone. The generator narrows twice, has inverted residual blocks in the middle (a kernel of 1x1 to
more maps, one of 3x3 on each map by itself, one of 1x1 back), and widens twice.

Both networks are at published size as in the program: 2,143,552 weights of the generator, 8.177 MiB of four bytes each;
its critic has spectral normalisation.

Shrunk: print for photographs, and for the comic its lettering. A quarter of the maps, two inverted residual blocks for
four. VGG is that of the timeline as shipped, its second block. There are no colours, so that neither the loss of
colours nor grey pictures have a place here. Pictures are padded with dark cells, not mirrored; the ground is dark, so
that the output begins there. The critic has no normalisation, and learns from the first step; a squared error of the
cells keeps the letter in place. The Gram matrix of the comic is a running mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from marki.config import setting
from marki.io.exhibits import Rendering
from marki.io.ports import Port
from successors.model_card import Check, Entry, Figure, Finding, Foundation, Mechanism, Size, Trial
from successors.nn import initial
from successors.nn.activations import leaky_relu
from successors.nn.convolution import conv2d
from successors.nn.functions import images
from successors.nn.hooks import Watch
from successors.nn.layers import Conv2d, GroupNorm
from successors.nn.module import Module, training_rng
from successors.nn.pooling import max_pool2d
from successors.nn.recipe import NetworkConfig, Recipe
from successors.nn.resampling import fir, upsample2
from successors.nn.rivals import RivalNetwork, Rivals
from successors.nn.tensor import Tensor, no_grad

REAL, MADE, SMOOTHED = 1.7, 1.7, 1.0
"""Weights of the three terms of the critic's loss."""

STEADY = 0.99
"""Fraction of the running mean of the comic's Gram matrix that is kept at each batch."""


@dataclass(frozen=True, kw_only=True)
class AnimeGAN2Config(NetworkConfig):
    """Settings of AnimeGANv2. The recipe has two stages: content alone, and all losses."""

    colours: int = setting(1, "Numbers of a cell", low=1)
    width: int = setting(8, "Maps of the generator's first layer; the widest has eight times as many", low=1)
    blocks: int = setting(2, "Inverted residual blocks", low=1)
    norm: str = setting("layer", "What the generator is normalised by", choices=("layer", "instance"))
    ground: float = setting(-0.75, "Initial bias of the output, which is then learned; 0: it has none", high=0)
    critic_width: int = setting(8, "Maps of the critic's first layer, an eighth of the last's; 0: there is none", low=0)
    critic_norm: bool = setting(False, "Whether the critic has layer normalisation")
    spectral: bool = setting(False, "Whether the critic's kernels are divided by their largest singular value")
    vgg_depths: tuple[int, ...] = setting((2, 2), "Convolutions in each block of VGG up to the features; none: no VGG")
    vgg_widths: tuple[int, ...] = setting((16, 32), "Maps in each of them", low=1)
    content: float = setting(0.5, "Weight of the features", low=0)
    cells: float = setting(1.0, "Weight of the squared error of the cells, when all losses count", low=0)
    cells_first: float = setting(20.0, "The same while content is learned alone", low=0)
    gram: float = setting(1.0, "Weight of the Gram matrix", low=0)
    rival: float = setting(1.0, "Weight of the critic's verdict", low=0)
    recipe: Recipe = setting(
        Recipe(
            batch=32,
            steps=2_000,
            eval_every=200,
            stop_at_score=2.0,
            optimiser="adam",
            rate=0.001,
            critic_rate=0.0008,
            beta1=0.5,
            schedule="cosine",
            average=0.98,
            stages=(0.15, 0.85),
        ),
        "How it is trained",
    )


def normal(channels: int, kind: str) -> GroupNorm:
    """Return a normalisation over all maps and places, or over the places of each map."""
    return GroupNorm(1 if kind == "layer" else channels, channels)


class ConvNormLeaky(Module):
    """A convolution, a normalisation, and the leaky rectifier."""

    def __init__(
        self, channels: int, filters: int, size: int, config: AnimeGAN2Config, rng: np.random.Generator, stride: int = 1
    ):
        self.conv = Conv2d(channels, filters, size, rng, stride=stride, padding=size // 2, bias=False)
        self.norm = normal(filters, config.norm)

    def forward(self, x: Tensor) -> Tensor:
        """Return (n, filters, h, w), or half of the sides."""
        return leaky_relu(self.norm(self.conv(x)))


class InvertedResidual(Module):
    """To twice as many maps, over each of them by itself, and back; what went in is added if it has as many maps."""

    def __init__(self, channels: int, filters: int, config: AnimeGAN2Config, rng: np.random.Generator):
        inside = 2 * channels
        self.widen = ConvNormLeaky(channels, inside, 1, config, rng)
        self.each = Conv2d(inside, inside, 3, rng, padding=1, groups=inside)
        self.norm1 = normal(inside, config.norm)
        self.narrow = Conv2d(inside, filters, 1, rng, bias=False)
        self.norm2 = normal(filters, config.norm)
        self._adds = channels == filters

    def forward(self, x: Tensor) -> Tensor:
        """Return (n, filters, h, w)."""
        y = leaky_relu(self.norm1(self.each(self.widen(x))))
        y = self.norm2(self.narrow(y))
        return x + y if self._adds else y


class Generator(Module):
    """Pictures (n, colours, h, w) from -1 to 1, to others of the same shape."""

    def __init__(self, config: AnimeGAN2Config, rng: np.random.Generator):
        w, wide = config.width, 8 * config.width

        def conv(channels: int, filters: int, size: int = 3, stride: int = 1) -> ConvNormLeaky:
            return ConvNormLeaky(channels, filters, size, config, rng, stride)

        self.enter = [conv(config.colours, w, 7), conv(w, 2 * w, 3, 2), conv(2 * w, 2 * w)]
        self.narrow = [conv(2 * w, 4 * w, 3, 2), conv(4 * w, 4 * w), conv(4 * w, 4 * w)]
        widths = [4 * w, *[wide] * config.blocks]
        self.blocks = [InvertedResidual(a, b, config, rng) for a, b in pairwise(widths)]
        self.middle = conv(wide, 4 * w)
        self.rise = [conv(4 * w, 4 * w), conv(4 * w, 4 * w)]
        self.leave = [conv(4 * w, 2 * w), conv(2 * w, 2 * w), conv(2 * w, w, 7)]
        self.output = Conv2d(w, config.colours, 1, rng, bias=bool(config.ground))
        if self.output.bias is not None:
            # The ground is dark: near it the hyperbolic tangent still has a slope.
            self.output.weight = initial.given(self.output.weight.data * 0.2)
            self.output.bias = initial.constant((config.colours,), config.ground)

    def forward(self, x: Tensor) -> Tensor:
        """Return the pictures."""
        for layer in (*self.enter, *self.narrow, *self.blocks, self.middle):
            x = layer(x)
        for layers in (self.rise, self.leave):
            x = upsample2(x)
            for layer in layers:
                x = layer(x)
        return self.output(x).tanh()


class CriticConv(Module):
    """A convolution of 3x3 without bias, whose kernels may be divided by their largest singular value."""

    def __init__(self, channels: int, filters: int, spectral: bool, rng: np.random.Generator, stride: int = 1):
        self.weight = initial.he(rng, (filters, channels, 3, 3))
        self.u = initial.buffer((filters,), filters**-0.5) if spectral else None
        self._stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """Return (n, filters, h, w), or half of the sides."""
        kernels = self.weight
        if self.u is not None:
            # One step of the power iteration; in training, it goes on from there.
            flat = kernels.data.reshape(len(self.u), -1)
            v = flat.T @ self.u
            v = v / np.linalg.norm(v)
            u = flat @ v
            u = u / np.linalg.norm(u)
            if training_rng() is not None:
                self.u[...] = u
            kernels = kernels / (kernels.reshape(*flat.shape) * np.outer(u, v)).sum()
        return conv2d(x, kernels, stride=self._stride, padding=1)


class PatchCritic(Module):
    """Pictures (n, colours, h, w) from -1 to 1, to verdicts (n, 1, h / 4, w / 4) on each patch: 1 for real, else 0."""

    def __init__(self, config: AnimeGAN2Config, rng: np.random.Generator):
        w, spectral = config.critic_width, config.spectral

        def conv(channels: int, filters: int, stride: int = 1) -> CriticConv:
            return CriticConv(channels, filters, spectral, rng, stride)

        self.enter = conv(config.colours, w)
        self.halve = [conv(w, 2 * w, 2), conv(4 * w, 4 * w, 2)]
        self.widen = [conv(2 * w, 4 * w), conv(4 * w, 8 * w)]
        self.last = conv(8 * w, 8 * w)
        self.output = conv(8 * w, 1)
        self.norms = [GroupNorm(1, c) for c in (4 * w, 8 * w, 8 * w)] if config.critic_norm else []

    def forward(self, x: Tensor) -> Tensor:
        """Return the verdicts."""
        x = leaky_relu(self.enter(x))
        for number, (halve, widen) in enumerate(zip(self.halve, self.widen, strict=True)):
            x = self._normed(number, widen(leaky_relu(halve(x))))
        return self.output(self._normed(2, self.last(x)))

    def _normed(self, number: int, x: Tensor) -> Tensor:
        return leaky_relu(self.norms[number](x) if self.norms else x)


class Features(Module):
    """What the last convolution of some blocks of VGG gives, of pictures (n, colours, h, w) of light."""

    def __init__(self, config: AnimeGAN2Config, rng: np.random.Generator):
        self.blocks: list[list[Conv2d]] = []
        channels = config.colours
        for depth, width in zip(config.vgg_depths, config.vgg_widths, strict=True):
            widths = [channels, *[width] * depth]
            self.blocks.append([Conv2d(a, b, 3, rng, padding=1) for a, b in pairwise(widths)])
            channels = width

    def forward(self, x: Tensor) -> Tensor:
        """Return the maps, not rectified."""
        for number, block in enumerate(self.blocks):
            if number:
                x = max_pool2d(x, 2).relu()
            for convolution in block[:-1]:
                x = convolution(x).relu()
            x = block[-1](x)
        return x


class AnimeGAN2(RivalNetwork):
    """A generator, a critic of patches, and the features of VGG, which stay as they are."""

    creator: Generator
    founded = (("features.blocks", "blocks"),)
    frozen = ("features",)
    threshold = 0.5

    def __init__(self, config: AnimeGAN2Config, rng: np.random.Generator):
        super().__init__(config, rng)
        self.creator = Generator(config, rng)
        self.critic = PatchCritic(config, rng) if config.critic_width else Module()
        self.features = Features(config, rng)
        # The running mean of the comic's Gram matrix.
        self.style = initial.buffer((sum(config.vgg_widths[-1:]),) * 2)
        self._made: Tensor | None = None

    def proceed(self, step: int) -> None:
        """Find the stage of the training: content alone, or all losses."""
        self.at_stage = self.config.recipe.stage_at(step)[0]

    def make(self, stimuli: np.ndarray, noise: np.ndarray) -> Tensor:
        """Return pictures (n, h, w) of light."""
        made = (self.creator(images(Tensor(stimuli)) * 2.0 - 1.0) * 0.5 + 0.5)[:, 0]
        self._made = made
        return made

    def answer(self, stimuli: np.ndarray) -> np.ndarray:
        """Return pictures (n, h, w) of light from 0 to 1."""
        return self.make(stimuli, np.zeros((len(stimuli), 0))).data.clip(0, 1)

    def verdict(self, pictures: Tensor, stimuli: np.ndarray) -> Tensor:
        """Return a verdict for each patch, (n, patches)."""
        return self.critic(images(pictures) * 2.0 - 1.0).flatten()

    def critic_loss(self, real: Tensor, made: Tensor) -> Tensor:
        """Return the squared errors of the verdicts on real and on made pictures."""
        return squared(real - 1.0) * REAL + squared(made) * MADE

    def critic_penalty(self, step: int, real: np.ndarray, stimuli: np.ndarray) -> Tensor:
        """Return the squared error of the verdicts on smoothed pictures; the Gram matrix of the real ones is noted."""
        if training_rng() is not None:
            with no_grad():
                gram = self.gram(self.features(images(Tensor(real)))).data
            self.style[...] = STEADY * self.style + (1 - STEADY) * gram if self.style.any() else gram
        return squared(self.verdict(Tensor(smoothed(real)), stimuli)) * SMOOTHED

    def creator_loss(self, made: Tensor) -> Tensor:
        """Return the squared error of the verdicts from 1; in the first stage it does not count."""
        return squared(made - 1.0) * (self.config.rival if self.at_stage else 0.0)

    def creator_penalty(self, step: int, stimuli: np.ndarray, rng: np.random.Generator) -> Tensor:
        """Return the losses of content and style of the pictures made last, of these stimuli."""
        config, made = self.config, self._made
        assert made is not None, "pictures are made before they are judged"
        with no_grad():
            wanted = self.features(images(Tensor(stimuli))).data
        found = self.features(images(made))
        loss = (found - wanted).abs().mean() * config.content
        loss = loss + squared(made - stimuli) * (config.cells if self.at_stage else config.cells_first)
        if self.at_stage and config.gram:
            loss = loss + (self.gram(found) - self.style).abs().mean() * config.gram
        return loss

    def gram(self, maps: Tensor) -> Tensor:
        """Return the mean product of each pair of maps (n, c, h, w), (c, c)."""
        n, c, h, w = maps.shape
        rows = maps.transpose(1, 0, 2, 3).reshape(c, n * h * w)
        return (rows @ rows.transpose(1, 0)) * (1 / (n * h * w))


def squared(x: Tensor) -> Tensor:
    """Return the mean square."""
    return (x * x).mean()


def smoothed(pictures: np.ndarray) -> np.ndarray:
    """Return pictures (n, h, w) without their edges: a quarter, a half and a quarter of neighbours, twice both ways."""
    with no_grad():
        x = images(Tensor(pictures))
        return fir(fir(x, (1, 2, 1), padding=(1, 1)), (1, 2, 1), padding=(1, 1)).data[:, 0]


PAPER = AnimeGAN2Config(
    colours=3,
    width=32,
    blocks=4,
    ground=0.0,
    critic_width=32,
    critic_norm=True,
    spectral=True,
    vgg_depths=(),
    vgg_widths=(),
)
"""Both of its networks; VGG-19, up to the fourth convolution of its fourth block, is another's."""

GENERATOR, CRITIC = 2_143_552, 1_128_800


def _brightness() -> Finding:
    """Make some maps of a picture brighter than others, and look at what each normalisation leaves of that."""
    x = np.random.default_rng(0).standard_normal((2, 4, 6, 6))
    brighter = x * np.array([1.0, 2.0, 4.0, 8.0])[:, None, None] + 1.0
    found = {}
    for kind in ("instance", "layer"):
        norm = normal(4, kind).astype(np.float64)
        with no_grad():
            found[kind] = float(np.abs(norm(Tensor(brighter)).data - norm(Tensor(x)).data).mean())
    return Finding(
        holds=found["instance"] < 1e-4 and found["layer"] > 0.1,
        found=f"mean change {found['instance']:.0e} with instance normalisation, {found['layer']:.2f} with layer",
        wanted="nothing is left of it but by layer normalisation, which sees all maps together",
    )


def _undecided() -> Finding:
    """Find the verdict that a critic gives where it cannot tell real, made and smoothed apart."""
    verdicts = np.linspace(0, 1, 100_001)
    loss = REAL * (verdicts - 1) ** 2 + (MADE + SMOOTHED) * verdicts**2
    best = float(verdicts[loss.argmin()])
    network = AnimeGAN2(AnimeGAN2Config(), np.random.default_rng(0))
    level = Tensor(np.full((2, 25), best), requires_grad=True)
    (network.critic_loss(level, level) + squared(level) * SMOOTHED).backward()
    return Finding(
        holds=abs(best - REAL / (REAL + MADE + SMOOTHED)) < 1e-4 and float(np.abs(level.gradient).max()) < 1e-4,
        found=f"{best:.3f}",
        wanted="1.7 / 4.4: there the loss has no slope, and the creator learns nothing of it",
    )


def _small_generator() -> Finding:
    """Count the generator, and what it would be with plain convolutions of 3x3 in the place of its blocks."""
    with initial.meta():
        rng = np.random.default_rng(0)
        own = Generator(PAPER, rng).count()
        blocks = sum(block.count() for block in Generator(PAPER, rng).blocks)
        plain = sum(
            ConvNormLeaky(a, b, 3, PAPER, rng).count() + ConvNormLeaky(b, b, 3, PAPER, rng).count()
            for a, b in pairwise([128, 256, 256, 256, 256])
        )
    mib = own * 4 / 2**20
    return Finding(
        holds=own == GENERATOR and round(mib, 2) in (8.17, 8.18) and blocks < plain / 4,
        found=f"{mib:.3f} MiB; {blocks:,} in the blocks for {plain:,} with two plain convolutions each",
        wanted="8.17 MiB by the page",
    )


def restyled(learner: Rivals[AnimeGAN2], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return prints, what is drawn of them, and the same letters in the wanted face."""
    return {"print": stimuli, "drawn": learner.respond(stimuli), "the face itself": targets}


ENTRY = Entry(
    label="AnimeGANv2",
    parents=("gan", "vgg"),
    title="AnimeGANv2 (a program; there is no paper)",
    authors="X. Chen, G. Liu",
    idea="Photographs to pictures of a comic, learned from both but from no pair, by a small generator with layer "
    "normalisation.",
    shrunk="Print for photographs, and for the comic its lettering; a quarter of the maps; the critic has no "
    "normalisation.",
    network=AnimeGAN2,
    retina=AnimeGAN2Config(),
    sizes={
        "generator": Size(
            config=PAPER.amend({"critic_width": 0}),
            published=GENERATOR,
            source="layers of its program; its page says 8.17 MiB",
        ),
        "both networks": Size(config=PAPER, published=GENERATOR + CRITIC, source="layers of its program"),
    },
    trials=(
        Trial(
            task="restyle",
            at_least=0.54,
            seeds=3,
            remark="One of the three seeds takes the face later than the others.",
        ),
    ),
    mechanism=Mechanism(
        name="layer normalisation",
        without={"norm": "instance"},
        remark="Of so few cells, those of one map by themselves are as good a measure as all maps together.",
    ),
    learner=Rivals,
    accepts=Port.FRAME,
    answers=Port.FIELD,
    tasks=("restyle",),
    foundation=Foundation(system="vgg"),
    checks=(
        Check(name="layer normalisation keeps which maps are bright", run=_brightness),
        Check(name="a critic that cannot tell says 0.386", run=_undecided),
        Check(name="the generator is small", run=_small_generator),
    ),
    figures=(Figure(name="restyled", title="Prints, and what is drawn of them", measure=restyled, stimuli=26),),
    small={"width": 1, "critic_width": 1, "blocks": 2, "vgg_depths": (1, 1), "vgg_widths": (2, 2)},
    registers=(
        Watch(name="10x10 cells", path="creator.enter.2", rendering=Rendering.MAPS),
        Watch(name="5x5 cells, inside", path="creator.blocks.1", rendering=Rendering.MAPS),
        Watch(name="20x20 cells", path="creator.leave.2", rendering=Rendering.MAPS),
    ),
)
