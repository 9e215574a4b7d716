"""Ho, Jain and Abbeel 2020: "Denoising diffusion probabilistic models", NeurIPS 33, arXiv:2006.11239.

New: to draw is to undo noise, a little at a time. A picture is drowned in noise in a thousand small steps, and one
network learns to tell the noise from the picture at every step; from noise alone it then walks back to a picture. That
a network learns the noise, with all steps weighted alike, is what made such pictures good (Sohl-Dickstein et al. 2015
had the steps).

Equations:

    q(x_t | x_0) = N(sqrt(abar_t) x_0, (1 - abar_t) I),  abar_t the product of 1 - beta_s up to t                (4)
    L_simple = E |e - e_theta(sqrt(abar_t) x_0 + sqrt(1 - abar_t) e, t)|^2,  t uniform, e normal                (14)
    believed picture x_0 = (x_t - sqrt(1 - abar_t) e_theta) / sqrt(abar_t), clipped to what a picture can be    (15)
    x_s = sqrt(abar_s) beta / (1 - abar_t) x_0 + sqrt(1 - beta) (1 - abar_s) / (1 - abar_t) x_t + sigma z       (7)
    sigma^2 = beta (1 - abar_s) / (1 - abar_t),  beta = 1 - abar_t / abar_s                                     (7)

beta_t rises linearly from 0.0001 to 0.02 over a thousand steps; s is the step before t. The network is a U-Net of
residual blocks with group normalisation and swish, told the time by sinusoids as in the Transformer, with
self-attention where the maps have 16x16 cells (appendix B; sizes as in the authors' program, `hojonathanho/diffusion`).

Walking back, some of the thousand times suffice: eq. 7 then goes from each to the next that is taken (as in Nichol and
Dhariwal 2021). How many is a setting of the answer, not of what was learned. With a single one the answer is what the
network believes in when it sees noise alone. The best belief is then the mean of all pictures, and that is what a
network gives that learns to tell the picture; one that tells the noise gives snow, for eq. 15 divides its error by
sqrt(abar), one part in 160.

Shrunk: a retina of 20x20 cells is seen as 10x10 of four, for it has few grey levels and much empty ground; 24 and 48
channels, one block at a scale, attention at 5x5, a hundred of the thousand steps when it draws. Added: the class that
the lamps name, as a vector beside the time and a map of 5x5 (the paper's pictures of CIFAR-10 are of no class); and
learned positions, without which so small a network does not know where on the retina it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from marki.config import setting
from marki.errors import ConfigError
from marki.io.exhibits import Rendering
from marki.io.ports import Port
from successors.model_card import Check, Entry, Figure, Finding, Mechanism, Size, Trial
from successors.nn import initial
from successors.nn.activations import silu
from successors.nn.attention import attention
from successors.nn.drawers import Hand
from successors.nn.functions import images
from successors.nn.hooks import Watch
from successors.nn.labels import Labels
from successors.nn.layers import Conv2d, Dropout, Embedding, GroupNorm, Initialiser, Linear
from successors.nn.learner import Successor
from successors.nn.module import Module, training_rng
from successors.nn.network import Network
from successors.nn.recipe import NetworkConfig, Recipe
from successors.nn.resampling import upsample2
from successors.nn.tensor import Parameter, Tensor, concatenate, no_grad

TIMES = 1000
"""Steps in which a picture is drowned."""

BETAS = (1e-4, 0.02)
"""Variance of the noise of the first step and of the last (section 4)."""

KEPT = np.concatenate([[1.0], np.cumprod(1 - np.linspace(*BETAS, TIMES))])
"""abar by time, (1001,): the share of a picture's variance that is left of it; 1 at time 0."""


@dataclass(frozen=True, kw_only=True)
class DiffusionConfig(NetworkConfig):
    """Settings of the diffusion model."""

    side: int = setting(20, "Cells on a side of a picture", unit="cells", low=2, high=1024)
    colours: int = setting(1, "Numbers of a cell", low=1)
    patch: int = setting(2, "Cells on a side of what the network sees as one place", unit="cells", low=1)
    width: int = setting(24, "Channels of the first scale", low=2)
    multiples: tuple[int, ...] = setting((1, 2), "Channels of each scale, as multiples of that")
    blocks: int = setting(1, "Residual blocks of a scale on the way down; there is one more on the way up", low=1)
    attention: tuple[int, ...] = setting((5,), "Sides of the maps at which cells attend to each other")
    groups: int = setting(8, "Groups of channels that are normalised together", low=1)
    drop: float = setting(0.0, "Dropout in the residual blocks", low=0, high=0.9)
    classes: int = setting(10, "Classes that can be asked for", low=2, high=255)
    asked: bool = setting(True, "Whether it is told the class")
    unnamed: float = setting(0.1, "Share of the pictures whose class it is not told in training", low=0, high=1)
    positions: bool = setting(True, "Whether it has learned positions")
    predicts: str = setting("noise", "What the network learns to tell", choices=("noise", "picture"))
    steps: int = setting(100, "Steps back in which it draws, of the thousand forward", low=1, high=250)
    last: float = setting(0.0, "Factor of the initial weights of the last layer of each block", low=0)
    recipe: Recipe = setting(
        Recipe(
            batch=32,
            steps=5_000,
            eval_every=2_500,
            stop_at_score=2.0,
            optimiser="adam",
            rate=0.002,
            schedule="cosine",
            warm_up=100,
            final_lr_fraction=0.01,
            clip=1.0,
            average=0.995,
        ),
        "How it is trained",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.multiples or min(self.multiples) < 1:
            raise ConfigError(
                f"multiples {self.multiples}", where="DiffusionConfig.multiples", remedy="Give one or more, from 1 on"
            )
        if self.side % (self.patch * 2 ** (len(self.multiples) - 1)):
            raise ConfigError(
                f"{self.side} cells do not halve {len(self.multiples) - 1} times after patches of {self.patch}",
                where="DiffusionConfig.side",
                remedy="Give fewer scales, or another side",
            )

    @property
    def sides(self) -> list[int]:
        """Sides of the maps of each scale."""
        return [self.side // self.patch // 2**k for k in range(len(self.multiples))]

    @property
    def cells(self) -> int:
        """Numbers of a picture."""
        return self.colours * self.side**2


def sinusoids(times: np.ndarray, width: int) -> np.ndarray:
    """Return sines and cosines of times (n,) at frequencies from 1 to 1/10,000, (n, width) float64."""
    half = width // 2
    frequencies = np.exp(-math.log(10_000) / max(1, half - 1) * np.arange(half))
    angles = np.asarray(times, np.float64)[:, None] * frequencies
    return np.concatenate([np.sin(angles), np.cos(angles), np.zeros((len(angles), width % 2))], 1)


class SelfAttention(Module):
    """Cells of maps (n, c, h, w) attend to each other, and add what they find."""

    def __init__(self, channels: int, config: DiffusionConfig, rng: np.random.Generator):
        self.norm = GroupNorm(config.groups, channels, eps=1e-6)
        self.query, self.key, self.value = (Linear(channels, channels, rng) for _ in range(3))
        self.output = Linear(channels, channels, rng, init=_last(config))

    def forward(self, x: Tensor) -> Tensor:
        """Return the maps."""
        n, c, h, w = x.shape
        rows = self.norm(x).transpose(0, 2, 3, 1).reshape(n, h * w, c)
        found = self.output(attention(self.query(rows), self.key(rows), self.value(rows)))
        return x + found.reshape(n, h, w, c).transpose(0, 3, 1, 2)


class Block(Module):
    """A residual block that is told the time, (n, channels, h, w) to (n, filters, h, w)."""

    def __init__(
        self, channels: int, filters: int, config: DiffusionConfig, rng: np.random.Generator, *, attends: bool = False
    ):
        self.norm1, self.norm2 = (GroupNorm(config.groups, c, eps=1e-6) for c in (channels, filters))
        self.conv1 = Conv2d(channels, filters, 3, rng, padding=1, init=initial.glorot)
        self.time = Linear(4 * config.width, filters, rng)
        self.dropout = Dropout(config.drop)
        self.conv2 = Conv2d(filters, filters, 3, rng, padding=1, init=_last(config))
        self.shortcut = None if channels == filters else Conv2d(channels, filters, 1, rng, init=initial.glorot)
        self.attention = SelfAttention(filters, config, rng) if attends else None

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        """Return the maps, given the embedding of the time (n, 4 width)."""
        h = self.conv1(silu(self.norm1(x)))
        told = self.time(silu(time))
        h = h + told.reshape(*told.shape, 1, 1)
        h = self.conv2(self.dropout(silu(self.norm2(h))))
        x = h + (x if self.shortcut is None else self.shortcut(x))
        return x if self.attention is None else self.attention(x)


def _last(config: DiffusionConfig) -> Initialiser:
    """Return the initialiser of the last layer of a block; with a factor of 0 the block begins as the identity."""

    def draw(rng: np.random.Generator, shape: tuple[int, ...]) -> Parameter:
        return initial.given(initial.glorot(rng, shape).data * config.last)

    return draw


class UNet(Module):
    """Noisy pictures (n, colours, side, side), their times (n,) and classes (n,) to the noise in them.

    On the way down each scale keeps what it made; on the way up it is read again, from the last on.
    """

    def __init__(self, config: DiffusionConfig, rng: np.random.Generator):
        width, sides = config.width, config.sides
        self._config = config
        self.time = [Linear(width, 4 * width, rng), Linear(4 * width, 4 * width, rng)]
        seen = config.colours * config.patch**2
        self.enter = Conv2d(seen, width, 3, rng, padding=1, init=initial.glorot)
        kept, channels = [width], width

        def block(filters: int, side: int, more: int = 0) -> Block:
            return Block(channels + more, filters, config, rng, attends=side in config.attention)

        self.down: list[list[Block]] = []
        self.shrink: list[Conv2d] = []
        for side, multiple in zip(sides, config.multiples, strict=True):
            if self.down:
                self.shrink.append(Conv2d(channels, channels, 3, rng, stride=2, padding=1, init=initial.glorot))
                kept.append(channels)
            self.down.append([])
            for _ in range(config.blocks):
                self.down[-1].append(block(width * multiple, side))
                channels = width * multiple
                kept.append(channels)
        bottom = channels
        self.middle = [Block(bottom, bottom, config, rng, attends=attends) for attends in (True, False)]
        self.up: list[list[Block]] = []
        self.grow: list[Conv2d] = []
        for side, multiple in zip(reversed(sides), reversed(config.multiples), strict=True):
            if self.up:
                self.grow.append(Conv2d(channels, channels, 3, rng, padding=1, init=initial.glorot))
            self.up.append([])
            for _ in range(config.blocks + 1):
                self.up[-1].append(block(width * multiple, side, kept.pop()))
                channels = width * multiple
        self.norm = GroupNorm(config.groups, channels, eps=1e-6)
        self.leave = Conv2d(channels, seen, 3, rng, padding=1, init=_last(config))
        if config.asked:
            # One row more than there are classes: no class is named. It meets the time with the same deviation.
            self.classes = Embedding(config.classes + 1, 4 * width, rng, deviation=1.0)
            self.maps = Embedding(config.classes + 1, bottom * sides[-1] ** 2, rng, deviation=0.1)
        if config.positions:
            self.positions = [
                initial.normal(rng, (c, side, side), 0.1, decays=False)
                for c, side in zip(self._entered(), sides, strict=True)
            ]

    def _entered(self) -> list[int]:
        """Return the channels with which each scale is entered on the way down."""
        return [self.enter.weight.shape[0], *(conv.weight.shape[0] for conv in self.shrink)]

    def forward(
        self,
        x: Tensor,
        times: np.ndarray,
        kinds: np.ndarray,
        told: Tensor | None = None,
        ground: Tensor | None = None,
    ) -> Tensor:
        """Return the noise in pictures, of their shape; of classes below 0, it is not told.

        Whoever builds on it may tell it more: `told` (n, 4 width) beside the time, `ground` as maps of the last scale.
        """
        config, dtype = self._config, x.dtype
        time = self.time[1](silu(self.time[0](Tensor(sinusoids(times, config.width).astype(dtype)))))
        named = kinds % (config.classes + 1)
        if config.asked:
            time = time + self.classes(named)
        if told is not None:
            time = time + told
        x = self.enter(_gathered(x, config.patch))
        kept: list[Tensor] = []
        for scale, blocks in enumerate(self.down):
            if scale:
                x = self.shrink[scale - 1](x)
            if config.positions:
                x = x + self.positions[scale]
            kept.append(x)
            for block in blocks:
                x = block(x, time)
                kept.append(x)
        if config.asked:
            x = x + self.maps(named).reshape(*x.shape)
        if ground is not None:
            x = x + ground.reshape(*x.shape)
        for block in self.middle:
            x = block(x, time)
        for scale, blocks in enumerate(self.up):
            if scale:
                x = self.grow[scale - 1](upsample2(x))
            for block in blocks:
                x = block(concatenate([x, kept.pop()], 1), time)
        return _spread(self.leave(silu(self.norm(x))), config.patch)


def _gathered(x: Tensor, patch: int) -> Tensor:
    """Return images (n, c, h, w) as (n, c patch², h / patch, w / patch)."""
    if patch == 1:
        return x
    n, c, h, w = x.shape
    parts = x.reshape(n, c, h // patch, patch, w // patch, patch).transpose(0, 1, 3, 5, 2, 4)
    return parts.reshape(n, c * patch**2, h // patch, w // patch)


def _spread(x: Tensor, patch: int) -> Tensor:
    """Return images (n, c patch², h, w) as (n, c, h patch, w patch)."""
    if patch == 1:
        return x
    n, c, h, w = x.shape
    parts = x.reshape(n, c // patch**2, patch, patch, h, w).transpose(0, 1, 4, 2, 5, 3)
    return parts.reshape(n, c // patch**2, h * patch, w * patch)


def taken(steps: int) -> list[int]:
    """Return which of the thousand times are taken on the way back in so many steps: from the last down, and then 0."""
    return [round(TIMES * k / steps) for k in range(steps, -1, -1)]


def posterior(x: np.ndarray, believed: np.ndarray, now: int, then: int) -> tuple[np.ndarray, float]:
    """Return mean and deviation of what was at time `then`, given x at time `now` and the picture: eq. 7.

    Parameters
    ----------
    x, believed : ndarray, of one shape
    now, then : int
        Times from 0 to 1000, `then` the earlier one.
    """
    kept, before = float(KEPT[now]), float(KEPT[then])
    beta = 1 - kept / before
    mean = believed * (math.sqrt(before) * beta / (1 - kept)) + x * (math.sqrt(1 - beta) * (1 - before) / (1 - kept))
    return mean, math.sqrt(beta * (1 - before) / (1 - kept))


class Diffusion(Network):
    """A network that tells the noise in a picture, and the walk from noise to pictures."""

    def __init__(self, config: DiffusionConfig, rng: np.random.Generator):
        super().__init__(config, rng)
        self.unet = UNet(config, rng)
        self._labels = Labels(config.classes)
        self.noise = config.steps * config.cells

    def believed(self, x: np.ndarray, times: np.ndarray, predicted: np.ndarray) -> np.ndarray:
        """Return the picture that is believed to be in x (n, ...) at times (n,), from -1 to 1: eq. 15."""
        if self.config.predicts == "noise":
            signal, noise = _shares(times, x)
            predicted = (x - noise * predicted) / signal
        return predicted.clip(-1, 1)

    def walk(self, stimuli: np.ndarray, noise: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield what each step back leaves, and what is believed in by then, (n, colours, side, side) each.

        Parameters
        ----------
        stimuli : ndarray of bool, shape (n, 8)
        noise : ndarray, shape (n, k cells)
            What it begins with, and what is added after each of the k steps but the last.
        """
        parts = self._parts(noise)
        for _, believed, x in self._back(stimuli, parts[:, 0], taken(parts.shape[1]), parts):
            yield x, believed

    def steered(
        self, stimuli: np.ndarray, noise: np.ndarray, hand: Hand
    ) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Yield of each step what it began with, what is believed in, and what it left, (n, side, side) of light each.

        Parameters
        ----------
        stimuli : ndarray of bool, shape (n, 8)
        noise : ndarray, shape (n, k cells)
        hand : callable
            ``hand(step, x, signal, share)`` returns what a step begins with instead of x (n, side, side), which is the
            picture, from -1 to 1, times `signal`, and normal deviates times `share`.
        """
        parts = self._parts(noise)
        for row in self._back(stimuli, parts[:, 0], taken(parts.shape[1]), parts, hand):
            began, believed, left = (light(x) for x in row)
            yield began, believed, left

    def _parts(self, noise: np.ndarray) -> np.ndarray:
        config = self.config
        return noise.reshape(len(noise), -1, config.colours, config.side, config.side)

    def _back(
        self, stimuli: np.ndarray, x: np.ndarray, times: list[int], parts: np.ndarray, hand: Hand | None = None
    ) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Walk back from x at the first of some times to the last; yield what each step began with, believed, and left.

        A hand may alter what it begins with, see `steered`.
        """
        kinds = self._labels.asked(stimuli)
        for k in range(parts.shape[1]):
            if hand is not None:
                kept = float(KEPT[times[k]])
                x = hand(k, x[:, 0], math.sqrt(kept), math.sqrt(1 - kept))[:, None].astype(x.dtype)
            at, began = np.full(len(x), times[k]), x
            believed = self.believed(x, at, self.unet(Tensor(x), at, kinds).data)
            x, deviation = posterior(x, believed, times[k], times[k + 1])
            if times[k + 1]:
                x = x + parts[:, k + 1] * deviation
            yield began, believed, x

    def imagine(self, stimuli: np.ndarray, noise: np.ndarray) -> np.ndarray:
        """Return pictures (n, side, side) at the end of the walk."""
        *_, (x, _) = self.walk(stimuli, noise)
        return light(x)

    @property
    def most_steps(self) -> int:
        """The most steps in which it draws."""
        return self.config.steps

    def noise_for(self, steps: int) -> int:
        """Return the normal deviates that a drawing in so many steps is a function of."""
        return steps * self.config.cells

    def way(self, stimuli: np.ndarray, noise: np.ndarray) -> Iterator[np.ndarray]:
        """Yield the snow that a walk begins with, and what each step leaves, (n, side, side) each."""
        yield light(self._parts(noise)[:, 0])
        for x, _ in self.walk(stimuli, noise):
            yield light(x)

    def redraw(self, cards: np.ndarray, stimuli: np.ndarray, noise: np.ndarray) -> Iterator[np.ndarray]:
        """Yield cards (n, side, side) drowned in noise, and what each step back leaves.

        They are drowned as deep as the last steps of the whole walk lead back from: as many as there is noise for.
        """
        parts = self._parts(noise)
        times = taken(self.config.steps)[-parts.shape[1] - 1 :]
        real = images(Tensor(cards * 2 - 1)).data
        signal, share = _shares(np.full(len(real), times[0]), real)
        x = signal * real + share * parts[:, 0]
        yield light(x)
        for _, _, left in self._back(stimuli, x, times, parts):
            yield light(left)

    def judged(self, stimuli: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, Tensor]:
        """Return what is believed to be under the noise that real pictures are given, and the loss of eq. 14."""
        learning = training_rng()
        rng = learning or np.random.default_rng(0)
        kinds = self._labels.asked(stimuli)
        if learning is not None:
            kinds = np.where(rng.random(len(kinds)) < self.config.unnamed, -1, kinds)
        real = images(Tensor(targets * 2 - 1)).data
        times = rng.integers(1, TIMES + 1, len(real))
        noise = rng.standard_normal(real.shape, np.float32)
        signal, share = _shares(times, real)
        x = signal * real + share * noise
        predicted = self.unet(Tensor(x.astype(self.unet.enter.weight.dtype)), times, kinds)
        wanted = noise if self.config.predicts == "noise" else real
        loss = ((predicted - wanted) ** 2).mean()
        return light(self.believed(x, times, predicted.data)).astype(targets.dtype), loss


def _shares(times: np.ndarray, like: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the factors of picture and noise at times (n,), to be multiplied with (n, c, h, w)."""
    kept = KEPT[times][:, None, None, None]
    return np.sqrt(kept).astype(like.dtype), np.sqrt(1 - kept).astype(like.dtype)


def light(x: np.ndarray) -> np.ndarray:
    """Return pictures (n, 1, h, w) from -1 to 1 as light (n, h, w) from 0 to 1; what lies beyond is cut off."""
    return (x[:, 0] * 0.5 + 0.5).clip(0, 1)


CIFAR = DiffusionConfig(
    side=32, colours=3, patch=1, width=128, multiples=(1, 2, 2, 2), blocks=2, attention=(16,), groups=32, drop=0.1,
    asked=False, positions=False,
)  # fmt: skip
LARGE = CIFAR.amend({"side": 256, "multiples": (1, 1, 2, 2, 4, 4), "drop": 0.0})


def _at_once() -> Finding:
    """Drown a number step by step, and compare its mean and variance with those of eq. 4."""
    mean, variance, worst = 1.0, 0.0, 0.0
    for t, beta in enumerate(np.linspace(*BETAS, TIMES), 1):
        mean, variance = mean * math.sqrt(1 - beta), variance * (1 - beta) + beta
        worst = max(worst, abs(mean - math.sqrt(KEPT[t])), abs(variance - (1 - KEPT[t])))
    return Finding(
        holds=bool(worst < 1e-12 and KEPT[-1] < 1e-4),
        found=f"differs by {worst:.0e} at most; {KEPT[-1]:.1e} of the variance is left in the end",
        wanted="eq. 4, and next to nothing",
    )


def _bayes() -> Finding:
    """Compare mean and deviation of eq. 7 with Bayes' rule on a grid, for neighbouring times and for distant ones."""
    grid = np.linspace(-6, 6, 200_001)
    apart: list[float] = []
    for now, then in ((2, 1), (500, 499), (400, 150), (1000, 900)):
        x, picture = 0.7, -0.4
        kept, before = KEPT[now], KEPT[then]
        beta = 1 - kept / before
        exponent = (grid - math.sqrt(before) * picture) ** 2 / (1 - before)
        exponent += (x - math.sqrt(1 - beta) * grid) ** 2 / beta
        density = np.exp(0.5 * (exponent.min() - exponent))
        density /= density.sum()
        mean = float((grid * density).sum())
        deviation = math.sqrt(float(((grid - mean) ** 2 * density).sum()))
        found, spread = posterior(np.array(x), np.array(picture), now, then)
        apart += [abs(float(found) - mean), abs(spread - deviation)]
    worst = float(np.max(apart))
    return Finding(holds=worst < 1e-6, found=f"differs by {worst:.0e} at most", wanted="the posterior")


def best_walk(places: np.ndarray, shares: np.ndarray, steps: int, count: int) -> np.ndarray:
    """Return where walks in so many steps end, (count,), if the best belief is known: that of pictures of one cell.

    Parameters
    ----------
    places, shares : ndarray, shape (k,)
        The pictures that there are, and how frequent they are.
    steps, count : int
    """
    rng = np.random.default_rng(0)
    x, times = rng.standard_normal(count), taken(steps)
    for now, then in pairwise(times):
        apart = (x[:, None] - math.sqrt(KEPT[now]) * places) ** 2 / (2 * (1 - KEPT[now]))
        weights = np.exp(apart.min(1, keepdims=True) - apart) * shares
        believed = weights @ places / weights.sum(1)
        x, deviation = posterior(x, believed, now, then)
        x = x + deviation * rng.standard_normal(count)
    return x


def _many_steps() -> Finding:
    """Walk back to pictures of one cell by the best belief there can be, in one step and in a hundred."""
    places, shares = np.array([-0.8, 0.1, 0.9]), np.array([0.5, 0.2, 0.3])
    mean, few, many = float(places @ shares), best_walk(places, shares, 1, 4_000), best_walk(places, shares, 100, 4_000)
    apart = np.abs(many[:, None] - places)
    found = np.bincount(apart.argmin(1), minlength=3) / len(many)
    off = float(np.abs(found - shares).max())
    near = float((apart.min(1) < 0.05).mean())
    return Finding(
        holds=float(np.abs(few - mean).max()) < 0.05 and near > 0.98 and off < 0.05,
        found=f"one step ends within {np.abs(few - mean).max():.3f} of the mean; of a hundred, {100 * near:.1f} % end "
        f"at a picture, as frequent as they are within {off:.3f}",
        wanted="one step gives the mean of the pictures, many give the pictures",
    )


def _walked(learner: Successor[Diffusion], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return the way from noise to a picture, and what is believed in at each of its steps."""
    network = learner.network
    noise = learner.noise_of(0, 1)
    with no_grad():
        way = list(network.walk(stimuli[:1], noise))
    shown = np.unique(np.linspace(0, len(way) - 1, 12).astype(int))
    return {"left": _panel([way[k][0] for k in shown]), "believed": _panel([way[k][1] for k in shown])}


def _panel(states: list[np.ndarray]) -> np.ndarray:
    """Return states of one picture (1, 1, h, w) as light (k, h, w)."""
    return light(np.concatenate(states))


def _by_steps(learner: Successor[Diffusion], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return what is drawn for the same lamps from the same noise in few steps and in many."""
    network = learner.network
    noise = learner.noise_of(0, min(10, len(stimuli)))
    counts = [k for k in (1, 2, 5, 10, 25, 50, 100) if k < network.config.steps] + [network.config.steps]
    with no_grad():
        return {
            f"{k} steps" if k > 1 else "1 step": network.imagine(
                stimuli[: len(noise)], noise[:, : k * network.config.cells]
            )
            for k in counts
        }


ENTRY = Entry(
    label="DDPM",
    parents=(),
    title="Denoising diffusion probabilistic models",
    authors="J. Ho, A. Jain, P. Abbeel",
    idea="Drowning a picture in noise is undone in many small steps by a network that tells noise from picture.",
    shrunk="20x20 cells seen as 10x10 of four; 24 and 48 channels, attention at 5x5; told the class, and positions.",
    network=Diffusion,
    retina=DiffusionConfig(),
    sizes={
        "CIFAR-10": Size(config=CIFAR, published=35_746_307, source="appendix B: 35.7 million; its program"),
        "256x256": Size(config=LARGE, published=113_673_219, source="appendix B: 114 million; its program"),
    },
    trials=(
        Trial(
            task="imitate",
            at_least=0.79,
            seeds=3,
            remark="The mean is above the bound; three seeds are too few to tell.",
        ),
    ),
    # In one step the noise would have to be told to one part in 160, for eq. 15 divides by sqrt(abar).
    mechanism=Mechanism(name="many small steps", without={"steps": 1, "predicts": "picture"}),
    accepts=Port.LAMPS,
    answers=Port.FIELD,
    tasks=("imitate",),
    checks=(
        Check(name="noise of many steps is added at once", run=_at_once),
        Check(name="the step back is that of Bayes' rule", run=_bayes),
        Check(name="one step gives the mean, many give pictures", run=_many_steps),
    ),
    figures=(
        Figure(name="walk", title="From noise to a picture, and what is believed in", measure=_walked, stimuli=1),
        Figure(name="steps", title="Drawn from the same noise in few steps and in many", measure=_by_steps, stimuli=10),
    ),
    small={"width": 4, "groups": 2, "classes": 10, "steps": 2, "last": 1.0},
    registers=(
        Watch(name="noise and picture", path="unet.enter", rendering=Rendering.MAPS, given=True),
        Watch(name="first scale", path="unet.down.0.0", rendering=Rendering.MAPS),
        Watch(name="where cells look", path="unet.middle.0.attention.attention", rendering=Rendering.ATTENTION),
        Watch(name="noise told", path="unet.leave", rendering=Rendering.MAPS),
    ),
)
