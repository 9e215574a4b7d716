"""Karras, Laine, Aittala, Hellsten, Lehtinen and Aila 2020: "Analyzing and improving the image quality of StyleGAN",
CVPR, arXiv:1912.04958.

New: the styles of StyleGAN without its blobs. Styles scale the kernels, and the kernels are divided by the length that
they then have; no picture is normalised any more. Skips take the place of growing, and the lengths of the paths from
latents to pictures are held alike.

Equations:

    w'_ijk = s_i w_ijk                                          modulation: a style for each map that is read (1)
    w''_ijk = w'_ijk / sqrt(sum w'^2 + eps)                     demodulation: each map that is written has length 1 (3)
    E (|J^T y| - a)^2, y normal, a the running mean of |J^T y|  path length: a step in w changes each picture alike (4)
    its weight, y divided by r: ln 2 / (ln r - ln 2) for pictures of r x r cells                       (appendix B)
    gamma / 2 E |grad D(x)|^2                                   R1, of real pictures (Mescheder et al. 2018)

J is the derivative of the picture by w. Both penalties are taken every few steps alone, times that many (lazily,
section 3.1), and exactly: see `successors.nn.penalties`.

A mapping network of eight layers turns the noise z into w; each convolution has a style, affine in w, and adds noise of
its own, one number a cell. A style may be taken from another z from some layer on (mixing). The discriminator has
residual blocks and sees how much the pictures of a batch differ. Weights are stored with deviation 1 and scaled when
used, so that all learn at one rate. Configuration F at 1024x1024, as in the authors' program (`NVlabs/stylegan2`).

Table 1 as a road map: A is StyleGAN (styles that scale and shift normalised maps, growing, R1 at every step), B has
demodulation, C lazy penalties, D the path length, E skips and residual blocks for growing, F more channels.

Shrunk: 5x5, 10x10 and 20x20 cells with 64, 32 and 16 channels; z and w of 64. The class that the lamps name goes to the
mapping network and chooses the discriminator's output (as the program does); where none is named, the noise chooses.
A hyperbolic tangent ends the generator: most cells of a digit are wholly dark, and what no sum of maps hits exactly the
discriminator would see at once.
One Adam for a loss and its lazy penalty.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from marki.config import setting
from marki.errors import ConfigError
from marki.io.exhibits import Rendering
from marki.io.ports import Port
from marki.io.responses import R_UNITS
from marki.seeding import generator
from successors.model_card import Check, Entry, Figure, Finding, Mechanism, Size, Trial
from successors.nn import dual, initial
from successors.nn.drawers import shares
from successors.nn.dual import T
from successors.nn.hooks import Watch
from successors.nn.labels import Labels
from successors.nn.module import Module, places, training_rng
from successors.nn.penalties import path_length, r1
from successors.nn.recipe import NetworkConfig, Recipe
from successors.nn.rivals import RivalNetwork, Rivals
from successors.nn.tensor import Tensor, no_grad
from successors.timeline.y2014_gan import one_hot

GAIN = math.sqrt(2)
"""Factor after a leaky rectifier, which keeps the variance."""

EPS = 1e-8

DIRECTIONS, DIRECTED = 12, 512
"""Directions along which w is turned by hand, and the pictures from whose w they are found."""

STEADY = 0.995
"""Fraction of the running mean of w that is kept at each batch."""

LENGTH_KEPT = 0.99
"""Fraction of the running mean of the path lengths that is kept each time."""


@dataclass(frozen=True, kw_only=True)
class StyleGAN2Config(NetworkConfig):
    """Settings of StyleGAN2."""

    start: int = setting(5, "Cells on a side of the first scale", unit="cells", low=2)
    channels: tuple[int, ...] = setting((64, 32, 16), "Channels of each scale, the smallest first", low=1)
    colours: int = setting(1, "Numbers of a cell", low=1)
    latents: int = setting(64, "Numbers of z and of w", low=1)
    mapping: int = setting(8, "Layers of the mapping network", low=0)
    mapping_rate: float = setting(0.01, "Learning rate of the mapping network, as a multiple of the others'", low=1e-6)
    norm: str = setting(
        "demodulation", "What keeps styles from adding up", choices=("demodulation", "instance", "none")
    )
    grows: bool = setting(False, "Whether scales are added one after the other, instead of skips and residual blocks")
    squashed: bool = setting(True, "Whether pictures are kept between dark and full light by a hyperbolic tangent")
    noisy: bool = setting(True, "Whether each convolution adds noise")
    mixing: float = setting(0.9, "Share of the pictures with a second style in training", low=0, high=1)
    gamma: float = setting(1.0, "Weight of R1", low=0)
    path: float = setting(0.3, "Weight of the path length", low=0)
    lazy: int = setting(16, "Steps between two times that R1 is taken; of the path length, half as many", low=1)
    group: int = setting(4, "Most pictures of which the deviation is taken together", low=1)
    psi: float = setting(1.0, "Where between the mean style and its own each picture is drawn", low=0, high=2)
    classes: int = setting(10, "Classes that can be asked for", low=2, high=255)
    asked: bool = setting(True, "Whether both networks are told the class")
    recipe: Recipe = setting(
        Recipe(
            batch=32,
            steps=3_000,
            eval_every=500,
            stop_at_score=2.0,
            optimiser="adam",
            rate=0.0025,
            beta1=0.0,
            beta2=0.99,
            average=0.995,
        ),
        "How it is trained",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.channels:
            raise ConfigError("no scales", where="StyleGAN2Config.channels", remedy="Give the channels of each scale")

    @property
    def sides(self) -> list[int]:
        """Sides of the maps of each scale."""
        return [self.start * 2**k for k in range(len(self.channels))]

    @property
    def noise_sides(self) -> list[int]:
        """Sides of the maps of each convolution that adds noise: one at the first scale, two at each other."""
        return [side for k, side in enumerate(self.sides) for _ in range(2 if k else 1)]


class EqualLinear(Module):
    """A linear layer, (n, d) to (n, k), whose weights have deviation 1 and are scaled when used.

    Parameters
    ----------
    d, k : int
    rng : Generator
    rate : float
        Learning rate of its weights and biases, as a multiple of the others'.
    bias : float
        Initial biases.
    """

    def __init__(self, d: int, k: int, rng: np.random.Generator, *, rate: float = 1.0, bias: float = 0.0):
        self.weight = initial.normal(rng, (k, d), 1 / rate)
        self.bias = initial.constant((k,), bias / rate)
        self._scale, self._rate = rate / math.sqrt(d), rate

    def forward(self, x: T) -> T:
        """Return (n, k)."""
        return dual.linear(x, self.weight * self._scale, self.bias * self._rate)


class EqualConv(Module):
    """A convolution of images (n, c, h, w), padded to keep their sides, or to half of them; see `EqualLinear`."""

    def __init__(
        self,
        channels: int,
        filters: int,
        size: int,
        rng: np.random.Generator,
        *,
        bias: bool = True,
        halves: bool = False,
    ):
        self.weight = initial.normal(rng, (filters, channels, size, size), 1.0)
        self.bias = initial.constant((filters,)) if bias else None
        self._scale, self._halves = 1 / math.sqrt(channels * size**2), halves

    def forward(self, x: T) -> T:
        """Return (n, filters, h, w), or half of the sides after the filter [1, 3, 3, 1]."""
        kernels, size = self.weight * self._scale, self.weight.shape[2]
        if not self._halves:
            return dual.conv2d(x, kernels, self.bias, padding=size // 2)
        edge = size // 2 + 1
        return dual.conv2d(dual.fir(x, padding=(edge, edge)), kernels, self.bias, stride=2)


def activated(x: T) -> T:
    """Return the leaky rectifier, scaled to keep the variance."""
    return dual.leaky_relu(x) * GAIN


class MappingNetwork(Module):
    """Noise z (n, latents), and classes (n, classes) if it is told them, to w (n, latents)."""

    def __init__(self, config: StyleGAN2Config, rng: np.random.Generator):
        width = config.latents
        self.classes = initial.normal(rng, (config.classes, width), 1.0) if config.asked else None
        widths = [width * (2 if config.asked else 1), *[width] * config.mapping]
        self.layers = [EqualLinear(a, b, rng, rate=config.mapping_rate) for a, b in pairwise(widths)]

    def forward(self, z: Tensor, told: np.ndarray) -> Tensor:
        """Return w."""
        if self.classes is not None:
            z = dual.concatenate([z, Tensor(told) @ self.classes], 1)
        x = z * ((z * z).mean(1, keepdims=True) + EPS) ** -0.5
        for layer in self.layers:
            x = activated(layer(x))
        return x


class StyledConv(Module):
    """A convolution with a style, without or with rising to twice the side: eqs. 1 and 3.

    The kernels are one for all pictures of a batch: to scale what a kernel reads is to scale the maps that are read,
    and to divide it by its length is to divide the map that is written.
    """

    def __init__(
        self,
        channels: int,
        filters: int,
        size: int,
        config: StyleGAN2Config,
        rng: np.random.Generator,
        *,
        rises: bool = False,
        demodulates: bool = True,
    ):
        self.weight = initial.normal(rng, (filters, channels, size, size), 1.0)
        self.style = EqualLinear(config.latents, channels, rng, bias=1.0)
        self._scale = 1 / math.sqrt(channels * size**2)
        self._rises, self._demodulates = rises, demodulates

    def forward(self, x: T, w: T) -> T:
        """Return maps (n, filters, h, w) given maps (n or 1, channels, h, w) and latents (n, latents)."""
        s = self.style(w)
        kernels = self.weight * self._scale
        x = convolved(x * s.reshape(*s.shape, 1, 1), kernels, rises=self._rises)
        if not self._demodulates:
            return x
        lengths = dual.linear(s * s, (kernels * kernels).sum((2, 3)))
        return x * ((lengths + EPS) ** -0.5).reshape(*lengths.shape, 1, 1)


def convolved(x: T, kernels: Tensor, *, rises: bool) -> T:
    """Return maps under kernels (filters, channels, k, k), of the same side, or of twice the side after a filter."""
    if not rises:
        return dual.conv2d(x, kernels, padding=kernels.shape[2] // 2)
    # Between the elements are zeros, so that the filter has four times its weight.
    return dual.fir(dual.conv_transpose2d(x, kernels.transpose(1, 0, 2, 3)), padding=(1, 1)) * 4.0


class NormedConv(Module):
    """The same in StyleGAN, configuration A: plain kernels; what they write is normalised, then scaled and shifted."""

    def __init__(
        self, channels: int, filters: int, config: StyleGAN2Config, rng: np.random.Generator, *, rises: bool = False
    ):
        self.weight = initial.normal(rng, (filters, channels, 3, 3), 1.0)
        self.scale = EqualLinear(config.latents, filters, rng, bias=1.0)
        self.shift = EqualLinear(config.latents, filters, rng)
        self._scale, self._rises = 1 / math.sqrt(channels * 9), rises

    def forward(self, x: T, w: T) -> T:
        """Return maps (n or 1, filters, h, w); latents are for `styled`."""
        return convolved(x, self.weight * self._scale, rises=self._rises)

    def styled(self, x: T, w: T) -> T:
        """Return maps with mean and deviation of the style (AdaIN)."""
        apart = x - x.mean((2, 3), keepdims=True)
        normal = apart * ((apart * apart).mean((2, 3), keepdims=True) + EPS) ** -0.5
        scale, shift = self.scale(w), self.shift(w)
        return normal * scale.reshape(*scale.shape, 1, 1) + shift.reshape(*shift.shape, 1, 1)


class StyledLayer(Module):
    """A convolution with a style, noise, a bias, and the leaky rectifier."""

    def __init__(
        self, channels: int, filters: int, config: StyleGAN2Config, rng: np.random.Generator, *, rises: bool = False
    ):
        self.conv = (
            NormedConv(channels, filters, config, rng, rises=rises)
            if config.norm == "instance"
            else StyledConv(channels, filters, 3, config, rng, rises=rises, demodulates=config.norm == "demodulation")
        )
        self.strength = initial.constant((1,))
        self.bias = initial.constant((filters,))

    def forward(self, x: T, w: T, noise: np.ndarray) -> T:
        """Return (n, filters, h, w), given latents (n, latents) and noise (n, 1, h, w)."""
        x = self.conv(x, w) + self.strength * noise + self.bias.reshape(len(self.bias), 1, 1)
        x = activated(x)
        return self.conv.styled(x, w) if isinstance(self.conv, NormedConv) else x


class Synthesis(Module):
    """Latents, one for each layer, and noise to pictures (n, colours, side, side)."""

    def __init__(self, config: StyleGAN2Config, rng: np.random.Generator):
        channels = config.channels
        self._config = config
        self.const = initial.normal(rng, (1, channels[0], config.start, config.start), 1.0)
        self.first = StyledLayer(channels[0], channels[0], config, rng)
        self.rise = [StyledLayer(a, b, config, rng, rises=True) for a, b in pairwise(channels)]
        self.stay = [StyledLayer(b, b, config, rng) for b in channels[1:]]
        self.colour = [StyledConv(c, config.colours, 1, config, rng, demodulates=False) for c in channels]
        self.colour_bias = [initial.constant((config.colours,)) for _ in channels]

    @property
    def layers(self) -> int:
        """Layers that have a style of their own; the last of a scale shares it with the first of the next."""
        return 2 * len(self._config.channels)

    def forward(self, ws: Sequence[T], noise: Sequence[np.ndarray], level: float) -> T:
        """Return pictures; `level` is how far the network has grown, from 0 to the number of scales less one."""
        x = self.first(self.const, ws[0], noise[0])
        picture = self._coloured(0, x, ws[1])
        for k, (rise, stay) in enumerate(zip(self.rise, self.stay, strict=True), 1):
            if level <= k - 1:
                picture = dual.fir(picture, (1, 1), up=2)
                continue
            x = rise(x, ws[2 * k - 1], noise[2 * k - 1])
            x = stay(x, ws[2 * k], noise[2 * k])
            new = self._coloured(k, x, ws[2 * k + 1])
            if self._config.grows:
                share = min(1.0, level - (k - 1))
                picture = dual.fir(picture, (1, 1), up=2) * (1 - share) + new * share
            else:
                picture = dual.fir(picture, up=2) + new
        return picture

    def _coloured(self, scale: int, x: T, w: T) -> T:
        return self.colour[scale](x, w) + self.colour_bias[scale].reshape(self._config.colours, 1, 1)


class Creator(Module):
    """The generator."""

    def __init__(self, config: StyleGAN2Config, rng: np.random.Generator):
        self.mapping, self.synthesis = MappingNetwork(config, rng), Synthesis(config, rng)


class Down(Module):
    """A block of the discriminator, (n, channels, h, w) to (n, filters, h / 2, w / 2)."""

    def __init__(self, channels: int, filters: int, config: StyleGAN2Config, rng: np.random.Generator):
        self.conv1 = EqualConv(channels, channels, 3, rng)
        self.conv2 = EqualConv(channels, filters, 3, rng, halves=True)
        self.skip = None if config.grows else EqualConv(channels, filters, 1, rng, bias=False, halves=True)

    def forward(self, x: T) -> T:
        """Return the maps."""
        y = activated(self.conv2(activated(self.conv1(x))))
        return y if self.skip is None else (y + self.skip(x)) * math.sqrt(0.5)


class Critic(Module):
    """The discriminator: pictures (n, colours, side, side), classes (n, classes), to the logits that they are real."""

    def __init__(self, config: StyleGAN2Config, rng: np.random.Generator):
        channels, top = config.channels, config.channels[0]
        self._config = config
        # While it grows, pictures enter at each scale in turn.
        entered = channels if config.grows else channels[-1:]
        self.enter = [EqualConv(config.colours, c, 1, rng) for c in entered]
        self.down = [Down(b, a, config, rng) for a, b in pairwise(channels)]
        self.conv = EqualConv(top + 1, top, 3, rng)
        self.full = EqualLinear(top * config.start**2, top, rng)
        self.output = EqualLinear(top, config.classes if config.asked else 1, rng)

    def forward(self, pictures: T, told: np.ndarray, level: float) -> T:
        """Return (n,)."""
        if self._config.grows:
            x = self._grown(pictures, level)
        else:
            x = activated(self.enter[-1](pictures))
            for down in reversed(self.down):
                x = down(x)
        x = activated(self.conv(with_deviation(x, self._config.group)))
        x = self.output(activated(self.full(x.flatten())))
        return (x * told).sum(1) if self._config.asked else x[:, 0]

    def _grown(self, pictures: T, level: float) -> T:
        seen = [pictures]
        for _ in self.down:
            seen.insert(0, dual.fir(seen[0], (1, 1), down=2))
        top = math.ceil(level)
        x = activated(self.enter[top](seen[top]))
        for k in range(top, 0, -1):
            x = self.down[k - 1](x)
            if k == top and level < top:
                share = level - (top - 1)
                x = x * share + activated(self.enter[k - 1](seen[k - 1])) * (1 - share)
        return x


def with_deviation(x: T, group: int) -> T:
    """Return maps (n, c, h, w) and one more, which tells how much the pictures of a group differ (Karras et al. 2018).

    Parameters
    ----------
    x : Tensor or Dual
    group : int
        Most pictures of a group; groups are of one size.
    """
    n, c, h, w = x.shape
    size = next(k for k in range(min(group, n), 0, -1) if n % k == 0)
    groups = x.reshape(size, n // size, c, h, w)
    apart = groups - groups.mean(0, keepdims=True)
    deviation = ((apart * apart).mean(0) + EPS).sqrt().mean((1, 2, 3))
    spread = deviation.reshape(1, n // size, 1, 1, 1) * np.ones((size, 1, 1, h, w), x.dtype)
    return dual.concatenate([x, spread.reshape(n, 1, h, w)], 1)


class StyleGAN2(RivalNetwork):
    """A generator with styles, and a residual discriminator."""

    creator: Creator
    critic: Critic

    def __init__(self, config: StyleGAN2Config, rng: np.random.Generator):
        super().__init__(config, rng)
        self.creator, self.critic = Creator(config, rng), Critic(config, rng)
        self._labels = Labels(config.classes)
        # z, one number that chooses the class where none is named, and the noise of each convolution.
        self.noise = config.latents + 1 + sum(side**2 for side in config.noise_sides)
        self.mean_w = initial.buffer((config.latents,))
        # The running mean of the path lengths, and the mean of the last batch.
        self.lengths = initial.buffer((2,))
        self.level = initial.buffer((1,), 0.0 if config.grows else len(config.channels) - 1)

    def proceed(self, step: int) -> None:
        """Take in the last path lengths, and grow: each scale learns by itself, then the next fades in as long."""
        if self.lengths[1]:
            before = self.lengths[0] or self.lengths[1]
            self.lengths[...] = LENGTH_KEPT * before + (1 - LENGTH_KEPT) * self.lengths[1], 0
        if self.config.grows:
            # Grown after two thirds of the steps.
            whole, part = divmod(1.5 * step / max(1, self.config.recipe.steps) * (len(self.config.channels) - 1), 1)
            self.level[...] = min(len(self.config.channels) - 1, whole + max(0, 2 * part - 1))

    def told(self, stimuli: np.ndarray, choice: np.ndarray | None, dtype: np.dtype) -> np.ndarray:
        """Return the classes that lamps name, (n, classes); where none is, that which noise (n,) chooses, or all."""
        return one_hot(self._labels.asked(stimuli), choice, self.config.classes, dtype)

    def latents(self, stimuli: np.ndarray, noise: np.ndarray) -> Tensor:
        """Return w (n, latents) of noise (n, `noise`), drawn towards their mean by psi when it answers."""
        z, choice = noise[:, : self.config.latents], noise[:, self.config.latents]
        w = self.creator.mapping(Tensor(z), self.told(stimuli, choice, noise.dtype))
        if training_rng() is not None:
            self.mean_w *= STEADY
            self.mean_w += (1 - STEADY) * w.data.mean(0)
        elif self.config.psi != 1:
            w = (w - self.mean_w) * self.config.psi + self.mean_w
        return w

    def grain(self, noise: np.ndarray) -> list[np.ndarray]:
        """Return the noise of each convolution (n, 1, h, w), of noise (n, `noise`)."""
        maps, at = list[np.ndarray](), self.config.latents + 1
        for side in self.config.noise_sides:
            part = noise[:, at : at + side**2].reshape(len(noise), 1, side, side)
            maps.append(part if self.config.noisy else part * 0)
            at += side**2
        return maps

    def paint(self, ws: Sequence[T], noise: Sequence[np.ndarray]) -> T:
        """Return pictures (n, colours, side, side) of a style for each layer; unless squashed, some too bright."""
        x = self.creator.synthesis(ws, noise, float(self.level[0]))
        return (dual.tanh(x) if self.config.squashed else x) * 0.5 + 0.5

    def make(self, stimuli: np.ndarray, noise: np.ndarray) -> Tensor:
        """Return pictures (n, side, side); in training, most have a second style from some layer on."""
        w, layers, rng = self.latents(stimuli, noise), self.creator.synthesis.layers, training_rng()
        ws = [w] * layers
        if rng is not None and self.config.mixing:
            other = noise.copy()
            other[:, : self.config.latents] = rng.standard_normal((len(noise), self.config.latents))
            second = self.latents(stimuli, other)
            cut = rng.integers(1, layers, len(noise))
            cut[rng.random(len(noise)) >= self.config.mixing] = layers
            ws = [w + (second - w) * (k >= cut)[:, None] for k in range(layers)]
        return self.paint(ws, self.grain(noise))[:, 0]

    def way(self, stimuli: np.ndarray, noise: np.ndarray) -> Iterator[np.ndarray]:
        """Yield pictures (n, side, side) from the mean style out to that of the noise; the grain stays."""
        w, grain, layers = self.latents(stimuli, noise), self.grain(noise), self.creator.synthesis.layers
        for share in shares()[:-1]:
            yield self.paint([(w - self.mean_w) * share + self.mean_w] * layers, grain).data[:, 0].clip(0, 1)
        yield self.imagine(stimuli, noise)

    @property
    def layer_names(self) -> tuple[str, ...]:
        """Names of the layers with a style of their own, two at each scale."""
        return tuple(f"{side}x{side}" for side in self.config.sides for _ in range(2))

    def mix(
        self,
        stimuli: np.ndarray,
        noise: np.ndarray,
        others: np.ndarray,
        other_noise: np.ndarray,
        theirs: Sequence[bool],
    ) -> np.ndarray:
        """Return pictures (n, side, side) of two stimuli (n, 8) and noises each.

        Parameters
        ----------
        stimuli, others : ndarray of bool, shape (n, 8)
        noise, other_noise : ndarray, shape (n, `noise`)
            Grain, and the class where none is named, are those of `noise`.
        theirs : sequence of bool
            For each layer, whether its style is that of the others.
        """
        latents = noise.copy()
        latents[:, : self.config.latents] = other_noise[:, : self.config.latents]
        styles = self.latents(stimuli, noise), self.latents(others, latents)
        return self.paint([styles[bool(other)] for other in theirs], self.grain(noise)).data[:, 0].clip(0, 1)

    def _directions(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the directions of w (k, latents) along which it varies most, each as long as its deviation, and w's
        mean, of some noise that is always the same.
        """
        noise = generator(0, "directions").standard_normal((DIRECTED, self.noise)).astype(np.float32)
        with no_grad():
            w = self.latents(np.zeros((DIRECTED, R_UNITS), bool), noise).data.astype(np.float64)
        middle = w.mean(0)
        _, lengths, rows = np.linalg.svd(w - middle, full_matrices=False)
        rows *= np.sign(rows.sum(1, keepdims=True)) * lengths[:, None] / math.sqrt(DIRECTED)
        return rows[:DIRECTIONS], middle

    def latents_of(self, stimuli: np.ndarray, noise: np.ndarray) -> np.ndarray:
        """Return how far w lies along the directions in which it varies most, (n, k), in their deviations."""
        rows, middle = self._directions()
        w = self.latents(stimuli, noise).data
        return ((w - middle) @ rows.T / np.maximum((rows**2).sum(1), 1e-12)).astype(np.float32)

    def drawn_of(self, latents: np.ndarray, stimuli: np.ndarray, noise: np.ndarray) -> np.ndarray:
        """Return pictures (n, side, side) of w moved along those directions; the rest of w and the grain stay."""
        rows, _ = self._directions()
        moved = (latents - self.latents_of(stimuli, noise)) @ rows
        w = self.latents(stimuli, noise) + moved.astype(np.float32)
        return self.paint([w] * self.creator.synthesis.layers, self.grain(noise)).data[:, 0].clip(0, 1)

    def verdict(self, pictures: T, stimuli: np.ndarray) -> T:
        """Return the logits (n,) that pictures are real."""
        told = self.told(stimuli, None, pictures.dtype)
        n, *sides = pictures.shape
        return self.critic(pictures.reshape(n, 1, *sides) * 2.0 - 1.0, told, float(self.level[0]))

    def critic_penalty(self, step: int, real: np.ndarray, stimuli: np.ndarray) -> Tensor | None:
        """Return R1, every so many steps."""
        if not self.config.gamma or step % self.config.lazy:
            return None
        # Of pictures from -1 to 1, as the discriminator sees them.
        penalty = r1(lambda x: self.verdict(x, stimuli), real, _tensors(self.critic))
        return penalty * (self.config.gamma * self.config.lazy / 4)

    def creator_penalty(self, step: int, stimuli: np.ndarray, rng: np.random.Generator) -> Tensor | None:
        """Return the path length of half of the batch, every so many steps."""
        every = max(1, self.config.lazy // 2)
        if not self.config.path or step % every:
            return None
        n = max(1, len(stimuli) // 2)
        dtype = self.creator.synthesis.const.dtype
        noise = rng.standard_normal((n, self.noise)).astype(dtype)
        w = self.latents(stimuli[:n], noise)
        grain, layers = self.grain(noise), self.creator.synthesis.layers
        side = self.config.sides[-1]
        y = rng.standard_normal((n, self.config.colours, side, side)).astype(dtype) / side

        def painted(w: T) -> T:
            return self.paint([w] * layers, grain) * 2.0

        penalty, lengths = path_length(painted, w, y, float(self.lengths[0]), _tensors(self.creator.synthesis))
        self.lengths[1] = lengths.mean()
        return penalty * (self.config.path * every)


def _tensors(module: Module) -> list[Tensor]:
    """Return what a module learns, even where tensors have taken the place of its parameters."""
    return [value for *_, value in places(module) if isinstance(value, Tensor)]


def unevenness(
    network: StyleGAN2,
    stimuli: np.ndarray,
    noise: np.ndarray,
    other: np.ndarray,
    *,
    look: Callable[[np.ndarray], np.ndarray] = lambda pictures: pictures.reshape(len(pictures), -1),
    step: float = 1e-2,
) -> float:
    """Return PPL: the mean squared distance of pictures a small step apart on the way between two styles, by step².

    Parameters
    ----------
    network : StyleGAN2
    stimuli : ndarray of bool, shape (n, 8)
    noise, other : ndarray, shape (n, `noise`)
        Noise of the two styles; the way lies in w, as in the paper's tables, and the grain is that of `noise`.
    look : callable
        Pictures (n, side, side) to what is compared (n, k); the paper has LPIPS, a network. By default, the cells.
    step : float

    References
    ----------
    Karras, Laine & Aila 2019, "A style-based generator architecture for generative adversarial networks", eq. 3.
    """
    with no_grad():
        a, b = (network.latents(stimuli, part).data for part in (noise, other))
        at = np.random.default_rng(0).random((len(a), 1)).astype(a.dtype)
        grain, layers = network.grain(noise), network.creator.synthesis.layers
        seen = [
            look(network.paint([Tensor(a + (b - a) * (at + more))] * layers, grain).data[:, 0].clip(0, 1))
            for more in (0, step)
        ]
    return float(((seen[1] - seen[0]) ** 2).sum(1).mean() / step**2)


PAPER = StyleGAN2Config(
    start=4,
    channels=(512, 512, 512, 512, 512, 256, 128, 64, 32),
    colours=3,
    latents=512,
    gamma=10.0,
    path=0.11,
    asked=False,
    squashed=False,
)
GENERATOR, DISCRIMINATOR = 30_370_060, 29_012_513


def _new(**changes: object) -> StyleGAN2:
    return StyleGAN2(StyleGAN2Config().amend(changes), np.random.default_rng(0))


def _demodulated() -> Finding:
    """Measure the deviation of what a layer writes, for styles of any size."""
    rng, found = np.random.default_rng(0), []
    for size in (0.1, 1.0, 10.0):
        layer = StyledConv(32, 32, 3, StyleGAN2Config(), rng)
        x, w = rng.standard_normal((64, 32, 12, 12)), rng.standard_normal((64, 64)) * size
        with no_grad():
            written = layer(Tensor(x), Tensor(w)).data[:, :, 1:-1, 1:-1]
        found.append(float(written.std()))
    return Finding(
        holds=all(abs(s - 1) < 0.05 for s in found),
        found="deviations " + ", ".join(f"{s:.3f}" for s in found),
        wanted="1, whatever the style (section 2.2)",
    )


def _kernels() -> Finding:
    """Compare a styled convolution with kernels that are modulated and demodulated for each picture, eqs. 1 to 3."""
    rng = np.random.default_rng(0)
    layer = StyledConv(4, 5, 3, StyleGAN2Config(latents=6), rng).astype(np.float64)
    x, w = rng.standard_normal((3, 4, 7, 7)), rng.standard_normal((3, 6))
    found = layer(Tensor(x), Tensor(w)).data
    styles = layer.style(Tensor(w)).data
    worst = 0.0
    for case, style in enumerate(styles):
        kernels = layer.weight.data / math.sqrt(4 * 9) * style[:, None, None]
        kernels /= np.sqrt((kernels**2).sum((1, 2, 3), keepdims=True) + EPS)
        own = dual.conv2d(Tensor(x[case : case + 1]), Tensor(kernels), padding=1).data[0]
        worst = max(worst, float(np.abs(own - found[case]).max()))
    return Finding(holds=worst < 1e-9, found=f"differs by {worst:.0e} at most", wanted="one kernel for each picture")


def _collapse() -> Finding:
    """Look at pictures that differ, and at one of them four times."""
    x = np.random.default_rng(0).standard_normal((4, 3, 5, 5))
    apart, same = (with_deviation(Tensor(a), 4).data[:, 3] for a in (x, np.repeat(x[:1], 4, 0)))
    return Finding(
        holds=bool(same.max() < 1e-3 < 0.5 < apart.min() and np.ptp(apart) < 1e-12),
        found=f"{apart.mean():.2f} for pictures that differ, {same.mean():.4f} for equal ones",
        wanted="a map that tells a creator that makes one picture",
    )


def _mixed(learner: Rivals[StyleGAN2], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return pictures with the style of one up to a layer, and with that of another from it on."""
    network, count = learner.network, min(6, len(stimuli))
    noise, layers = learner.noise_of(0, 2 * count), network.creator.synthesis.layers
    lamps = np.concatenate([stimuli[:count]] * 2)
    with no_grad():
        w = network.latents(lamps, noise)
        ours, theirs, grain = w[:count], w[count:], network.grain(noise[:count])

        def painted(cut: int) -> np.ndarray:
            return network.paint([ours if k < cut else theirs for k in range(layers)], grain).data[:, 0].clip(0, 1)

        return {"one": painted(layers), "cut late": painted(4), "cut early": painted(2), "other": painted(0)}


def _dialled(learner: Rivals[StyleGAN2], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return pictures from the mean style out to twice their own, and one of them with other grain."""
    network, count = learner.network, min(8, len(stimuli))
    noise, layers = learner.noise_of(0, count), network.creator.synthesis.layers
    grain = network.grain(noise)
    with no_grad():
        w = network.latents(stimuli[:count], noise).data
        rows = {
            f"{psi:g} of the style": network.paint(
                [Tensor(network.mean_w + (w - network.mean_w) * np.float32(psi))] * layers, grain
            )
            for psi in (0.0, 0.5, 1.0)
        }
        rows["other grain"] = network.paint([Tensor(np.repeat(w[:1], count, 0))] * layers, grain)
    return {name: row.data[:, 0].clip(0, 1) for name, row in rows.items()}


ENTRY = Entry(
    label="StyleGAN2",
    parents=("gan",),
    title="Analyzing and improving the image quality of StyleGAN",
    authors="T. Karras, S. Laine, M. Aittala, J. Hellsten, J. Lehtinen, T. Aila",
    idea="Styles scale the kernels, which are divided by their length: pictures of many styles, without blobs.",
    shrunk="5x5, 10x10 and 20x20 cells, 64 to 16 channels; both networks are told the class that the lamps name.",
    network=StyleGAN2,
    retina=StyleGAN2Config(),
    sizes={
        "F, 1024x1024": Size(
            config=PAPER, published=GENERATOR + DISCRIMINATOR, source="the two networks of its program, together"
        )
    },
    trials=(
        Trial(
            task="imitate",
            at_least=0.61,
            seeds=3,
            remark="The mean is above the bound; three seeds are too few to tell.",
        ),
        Trial(
            task="imitate",
            options={"subject": "letters", "shift": 1.0},
            changes={"classes": 26},
            at_least=0.75,
            seeds=3,
            label="letters",
            remark="The mean is above the bound; three seeds are too few to tell.",
        ),
    ),
    mechanism=Mechanism(
        name="demodulated kernels",
        without={"norm": "none"},
        remark="Without them each of the three seeds draws worse, but by very different amounts: too few to tell.",
    ),
    learner=Rivals,
    accepts=Port.LAMPS,
    answers=Port.FIELD,
    tasks=("imitate",),
    checks=(
        Check(name="what a demodulated kernel writes has deviation 1", run=_demodulated),
        Check(name="to scale maps is to scale kernels", run=_kernels),
        Check(name="a batch of equal pictures is seen as one", run=_collapse),
    ),
    figures=(
        Figure(name="mixed", title="Styles of two pictures, mixed at a layer", measure=_mixed, stimuli=6),
        Figure(name="style", title="From the mean style outwards, and other grain", measure=_dialled, stimuli=8),
    ),
    roadmap=(
        ("A, StyleGAN", {"norm": "instance", "grows": True, "lazy": 1, "path": 0.0, "channels": (64, 16, 8)}),
        ("B, demodulation", {"norm": "demodulation"}),
        ("C, lazy R1", {"lazy": 16}),
        ("D, path length", {"path": 0.3}),
        ("E, skips and residues", {"grows": False}),
        ("F, more channels", {"channels": (64, 32, 16)}),
    ),
    small={"channels": (4, 3, 2), "latents": 3, "mapping": 2, "mapping_rate": 0.5},
    registers=(
        Watch(name="latents", path="creator.mapping", rendering=Rendering.BARS),
        Watch(name="5x5 cells", path="creator.synthesis.first", rendering=Rendering.MAPS),
        Watch(name="10x10 cells", path="creator.synthesis.stay.0", rendering=Rendering.MAPS),
        Watch(name="20x20 cells", path="creator.synthesis.stay.1", rendering=Rendering.MAPS),
    ),
)
