"""Yang, Jiang, Liu and Loy 2022: "Pastiche Master: Exemplar-based high-resolution portrait style transfer", CVPR,
arXiv:2203.13248.

New: a second way for styles beside that of StyleGAN2, whose generator stays as it is. The old way, the intrinsic one,
says what is drawn; the new one, the extrinsic, in whose manner, and it takes that from a single exemplar. Each layer
has a dial that says how much.

In the coarse layers a modulative residual block adds to the maps x, and begins near nothing; in the fine ones the style
w of the layer is moved towards that of the exemplar, e, by a matrix that begins as the identity:

    x + a R(x, T_s(e))              structure: R two convolutions, each after AdaIN by the code T_s(e)
    a T_c(e) + (1 - a) w            colour

With a = 0 nothing is left of it but StyleGAN2. The authors train it in steps, from pairs of a portrait and what a
search in the generator finds as the face behind it ("facial destylization").

Shrunk: StyleGAN2 of letters, as shipped; structure in the layers of 5x5 and 10x10 cells, colour in those of 20x20.
There are no colours: what those layers do is how thick and how clean a stroke is. An encoder finds the intrinsic codes
of a print, one for each layer, as the authors' does; it learns first, from prints and from generated pictures. The code
of the exemplar is found by a second one, which begins as the first and learns with the new path. The face behind a
written letter is the same letter in print; the loss is the squared error, and there is no discriminator.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from marki.config import setting
from marki.io.exhibits import Rendering
from marki.io.ports import Port
from marki.io.responses import R_UNITS
from successors.model_card import Check, Entry, Figure, Finding, Foundation, Mechanism, Size, Trial
from successors.nn import dual, initial
from successors.nn.functions import images
from successors.nn.hooks import Watch
from successors.nn.labels import Labels
from successors.nn.layers import Conv2d, Linear
from successors.nn.learner import ByGradient, Successor
from successors.nn.module import Module, training_rng
from successors.nn.network import Network
from successors.nn.recipe import Recipe
from successors.nn.tensor import Parameter, Tensor, no_grad
from successors.timeline.y2014_gan import one_hot
from successors.timeline.y2020_stylegan2 import EPS, Creator, EqualConv, EqualLinear, StyleGAN2Config, activated

EPS_NORM = 1e-5


@dataclass(frozen=True, kw_only=True)
class DualStyleGANConfig(StyleGAN2Config):
    """Settings of DualStyleGAN. The recipe has two stages: the encoder, and the extrinsic path."""

    classes: int = setting(26, "Classes of the generator", low=2, high=255)
    coarse: int = setting(2, "Scales with residual blocks, from the smallest on; the others have colour", low=1)
    codes: int = setting(2, "Layers of T_s", low=0)
    structure: float = setting(1.0, "Dial of the coarse layers: how much of the exemplar's structure", low=0, high=2)
    colour: float = setting(1.0, "Dial of the fine layers: how much of the exemplar's colour", low=0, high=2)
    maps: tuple[int, ...] = setting((16, 32, 64), "Maps of an encoder at each scale; none: it is another network's")
    full: int = setting(128, "Units of its full layer", low=1)
    recipe: Recipe = setting(
        Recipe(
            batch=32,
            steps=3_000,
            eval_every=300,
            stop_at_score=2.0,
            optimiser="adam",
            rate=0.002,
            schedule="cosine",
            warm_up=50,
            clip=5.0,
            average=0.99,
            stages=(0.4, 0.6),
        ),
        "How it is trained",
    )


class AdaIN(Module):
    """Maps (n, channels, h, w), each normalised by itself, then scaled and shifted by a style (n, latents)."""

    def __init__(self, channels: int, latents: int, rng: np.random.Generator):
        self.style = Linear(latents, 2 * channels, rng)
        self.style.bias = initial.given(np.repeat([1.0, 0.0], channels), decays=False)
        self._channels = channels

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """Return the maps."""
        apart = x - x.mean((2, 3), keepdims=True)
        x = apart * ((apart * apart).mean((2, 3), keepdims=True) + EPS_NORM) ** -0.5
        both = self.style(style).reshape(len(style), 2 * self._channels, 1, 1)
        return x * both[:, : self._channels] + both[:, self._channels :]


class ModRes(Module):
    """A modulative residual block: what it adds begins near nothing."""

    def __init__(self, channels: int, latents: int, rng: np.random.Generator):
        self.norms = [AdaIN(channels, latents, rng) for _ in range(2)]
        self.convs = [EqualConv(channels, channels, 3, rng) for _ in range(2)]
        for conv in self.convs:
            conv.weight = initial.given(conv.weight.data * 0.01)

    def forward(self, x: Tensor, style: Tensor, dial: float) -> Tensor:
        """Return maps (n, channels, h, w)."""
        if not dial:
            return x
        y = x
        for norm, conv in zip(self.norms, self.convs, strict=True):
            y = activated(conv(norm(y, style)))
        return x + y * dial


class Extrinsic(Module):
    """The extrinsic path: T_s, the residual blocks of the coarse layers, and T_c of each fine one."""

    def __init__(self, config: DualStyleGANConfig, rng: np.random.Generator):
        width, channels = config.latents, config.channels
        self.code = [EqualLinear(width, width, rng, rate=config.mapping_rate) for _ in range(config.codes)]
        coarse = [c for k, c in enumerate(channels[: config.coarse]) for _ in range(2 if k else 1)]
        self.structure = [ModRes(c, width, rng) for c in coarse]
        # Two convolutions at each fine scale, and the last picture.
        fine = 2 * len(channels[config.coarse :]) + 1
        self.colour = [EqualLinear(width, width, rng) for _ in range(fine)]
        for layer in self.colour:
            # As it is divided by the root of the width when used, this is the identity, but for a hundredth.
            layer.weight = initial.given(layer.weight.data * 0.01 + np.eye(width) * math.sqrt(width))

    def transformed(self, e: Tensor) -> Tensor:
        """Return T_s(e), (n, latents)."""
        x = e * ((e * e).mean(1, keepdims=True) + EPS) ** -0.5
        for layer in self.code:
            x = activated(layer(x))
        return x


class ExemplarEncoder(Module):
    """Pictures (n, side, side) of light to `codes` codes of them, (n, codes, latents)."""

    def __init__(self, config: DualStyleGANConfig, codes: int, rng: np.random.Generator):
        widths = (1, *config.maps)
        side = config.sides[-1] >> (len(config.maps) - 1)
        self.convs = [
            Conv2d(a, b, 3, rng, padding=1, stride=1 if k == 0 else 2) for k, (a, b) in enumerate(pairwise(widths))
        ]
        self.full = Linear(config.maps[-1] * side**2, config.full, rng, init=initial.he)
        self.output = Linear(config.full, codes * config.latents, rng)
        self._codes = codes

    def forward(self, pictures: Tensor) -> Tensor:
        """Return the codes."""
        x = images(pictures)
        for conv in self.convs:
            x = conv(x).relu()
        x = self.output(self.full(x.flatten()).relu())
        return x.reshape(len(x), self._codes, x.shape[1] // self._codes)


class DualStyleGAN(Network):
    """StyleGAN2's generator, the extrinsic path, and an encoder for each of the two cards."""

    founded = (("generator", "creator"),)
    frozen = ("generator",)

    def __init__(self, config: DualStyleGANConfig, rng: np.random.Generator):
        super().__init__(config, rng)
        self.generator, self.extrinsic = Creator(config, rng), Extrinsic(config, rng)
        self.intrinsic = self.manner = None
        if config.maps:
            self.intrinsic = ExemplarEncoder(config, self.generator.synthesis.layers, rng)
            self.manner = ExemplarEncoder(config, 1, rng)
        self._labels = Labels(config.classes)

    def stage(self, number: int) -> dict[str, Parameter]:
        """Return the parameters of the first card's encoder, then those of the second one's and of the new path."""
        if not self.config.recipe.stages:
            return self.learning()
        parts = ("intrinsic.",) if number == 0 else ("extrinsic.", "manner.")
        return {name: p for name, p in self.learning().items() if name.startswith(parts)}

    def begin(self, number: int) -> None:
        """Let the second encoder begin as the first, but for its output."""
        if number == 1:
            intrinsic, manner = self.encoders
            own = manner.state()
            manner.load(own | {n: a for n, a in intrinsic.state().items() if not n.startswith("output.")})

    @property
    def encoders(self) -> tuple[ExemplarEncoder, ExemplarEncoder]:
        """Those of the two cards."""
        assert self.intrinsic is not None, "the published size has the encoder of another network"
        assert self.manner is not None, "the published size has the encoder of another network"
        return self.intrinsic, self.manner

    def paint(self, ws: Tensor, e: Tensor | None = None, *, structure: float = 1.0, colour: float = 1.0) -> Tensor:
        """Return pictures (n, side, side) of light, without grain.

        Parameters
        ----------
        ws : Tensor, shape (n, layers, latents)
            The intrinsic codes.
        e : Tensor, shape (n, latents), optional
            The exemplar's code; without it, StyleGAN2 draws alone.
        structure, colour : float
            The two dials.
        """
        synthesis, path, coarse = self.generator.synthesis, self.extrinsic, self.config.coarse
        silent = [np.zeros((1, 1, side, side), ws.dtype) for side in self.config.noise_sides]
        structure, colour = (0.0, 0.0) if e is None else (structure, colour)
        style = path.transformed(e) if e is not None and structure else ws[:, 0]

        def added(x: Tensor, layer: int) -> Tensor:
            return path.structure[layer](x, style, structure)

        def code(layer: int) -> Tensor:
            """Return the style of a layer: of a fine one, on the way to the exemplar's by the dial."""
            own, fine = ws[:, layer], layer - 2 * coarse + 1
            if fine < 0 or e is None or not colour:
                return own
            return path.colour[fine](e) * colour + own * (1 - colour)

        def coloured(scale: int, x: Tensor) -> Tensor:
            bias = synthesis.colour_bias[scale].reshape(self.config.colours, 1, 1)
            return synthesis.colour[scale](x, code(2 * scale + 1)) + bias

        x = added(synthesis.first(synthesis.const, code(0), silent[0]), 0)
        picture = coloured(0, x)
        for k, (rise, stay) in enumerate(zip(synthesis.rise, synthesis.stay, strict=True), 1):
            for layer, conv in ((2 * k - 1, rise), (2 * k, stay)):
                x = conv(x, code(layer), silent[layer])
                x = added(x, layer) if k < coarse else x
            picture = dual.fir(picture, up=2) + coloured(k, x)
        return (picture.tanh() * 0.5 + 0.5)[:, 0]

    def answer(self, stimuli: np.ndarray) -> np.ndarray:
        """Return pictures (n, side, side) of light: the first card of each reel in the manner of the last."""
        return self.drawn(stimuli).data.clip(0, 1)

    def drawn(self, stimuli: np.ndarray) -> Tensor:
        """Return the same of checked reels (n, T, side, side), with its tape."""
        intrinsic, manner = self.encoders
        e = manner(Tensor(stimuli[:, -1]))[:, 0]
        config = self.config
        return self.paint(intrinsic(Tensor(stimuli[:, 0])), e, structure=config.structure, colour=config.colour)

    def judged(self, stimuli: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, Tensor]:
        """Return the answers, and the loss of the present stage."""
        if self.config.recipe.stages and not self.at_stage:
            return self.inverted(stimuli[:, 0])
        made = self.drawn(stimuli)
        return made.data, apart(made, targets)

    def inverted(self, prints: np.ndarray) -> tuple[np.ndarray, Tensor]:
        """Return what the generator draws of the codes of prints, and the loss of these and of generated pictures."""
        intrinsic, _ = self.encoders
        rng = training_rng() or np.random.default_rng(0)
        z = rng.standard_normal((len(prints), self.config.latents + 1)).astype(prints.dtype)
        shown = np.zeros((len(z), R_UNITS), bool)
        told = one_hot(self._labels.asked(shown), z[:, -1], self.config.classes, prints.dtype)
        with no_grad():
            w = self.generator.mapping(Tensor(z[:, :-1]), told)
            wanted = w.data[:, None]
            pictures = self.paint(w.reshape(len(z), 1, self.config.latents) + np.zeros_like(self._all(wanted))).data
        half = len(prints) // 2
        seen = np.concatenate([prints[: len(prints) - half], pictures[:half]])
        codes = intrinsic(Tensor(seen))
        made = self.paint(codes)
        loss = apart(made, seen)
        if half:
            off = codes[len(prints) - half :] - self._all(wanted[:half])
            loss = loss + (off * off).mean()
        return made.data, loss

    def _all(self, w: np.ndarray) -> np.ndarray:
        """Return codes (n, 1, latents) for each layer, (n, layers, latents)."""
        return np.repeat(w, self.generator.synthesis.layers, 1)


def apart(made: Tensor, wanted: np.ndarray) -> Tensor:
    """Return the mean squared error of a picture, summed over its cells."""
    off = made - wanted
    return (off * off).sum() * (1 / len(wanted))


PAPER = DualStyleGANConfig(
    start=4,
    channels=(512, 512, 512, 512, 512, 256, 128, 64, 32),
    colours=3,
    latents=512,
    asked=False,
    squashed=False,
    coarse=4,
    maps=(),
)
PUBLISHED = 74_176_268


def _untrained(**changes: object) -> tuple[DualStyleGAN, Tensor, Tensor]:
    """Return a network, codes of five pictures, and codes of five exemplars."""
    network = DualStyleGAN(DualStyleGANConfig().amend(changes), np.random.default_rng(0))
    rng = np.random.default_rng(1)
    ws = Tensor(rng.standard_normal((5, network.generator.synthesis.layers, 64)).astype(np.float32))
    return network, ws, Tensor(rng.standard_normal((5, 64)).astype(np.float32))


def _nothing() -> Finding:
    """Turn both dials to 0, then to 1, before anything is learned."""
    network, ws, e = _untrained()
    with no_grad():
        plain = network.paint(ws).data
        none = network.paint(ws, e, structure=0.0, colour=0.0).data
        structure = float(np.abs(network.paint(ws, e, colour=0.0).data - plain).mean())
        same = float(np.abs(network.paint(ws, ws[:, -1], structure=0.0).data - network.paint(_last(ws)).data).mean())
    return Finding(
        holds=bool(np.array_equal(none, plain)) and structure < 0.02 and same < 0.02,
        found=f"none at 0; at the start structure changes a cell by {structure:.4f}, T_c where e is w by {same:.4f}",
        wanted="StyleGAN2 to the last bit at 0, and nearly so before it has learned",
    )


def _last(ws: Tensor) -> Tensor:
    """Return codes (n, layers, latents) of which the fine ones are the last."""
    a = ws.data.copy()
    a[:, 3:] = a[:, -1:]
    return Tensor(a)


def _dials() -> Finding:
    """Turn each dial by itself, and look at the maps of the coarse layers."""
    network, ws, e = _untrained()
    for block in network.extrinsic.structure:
        for conv in block.convs:
            conv.weight.data *= 100
    seen: dict[str, np.ndarray] = {}
    for name, structure, colour in (("none", 0.0, 0.0), ("structure", 1.0, 0.0), ("colour", 0.0, 1.0)):
        with no_grad():
            seen[name] = network.paint(ws, e, structure=structure, colour=colour).data
            # What enters the fine layers: the maps, without the picture so far.
            x = network.generator.synthesis.first(network.generator.synthesis.const, ws[:, 0], np.zeros((1, 1, 5, 5)))
            x = network.extrinsic.structure[0](x, network.extrinsic.transformed(e), structure)
            seen[f"{name}, coarse"] = x.data
    coarse = {k: float(np.abs(seen[f"{k}, coarse"] - seen["none, coarse"]).max()) for k in ("structure", "colour")}
    whole = {k: float(np.abs(seen[k] - seen["none"]).max()) for k in ("structure", "colour")}
    return Finding(
        holds=coarse["colour"] == 0 < coarse["structure"] and min(whole.values()) > 0.01,
        found=f"coarse maps move by {coarse['structure']:.2f} and {coarse['colour']:.2f}, cells by "
        f"{whole['structure']:.2f} and {whole['colour']:.2f}",
        wanted="both change the picture, but structure alone the coarse maps",
    )


def _in_its_manner(learner: Successor[DualStyleGAN], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return prints, exemplars, what is drawn of both, and what was wanted."""
    return {"print": stimuli[:, 0], "exemplar": stimuli[:, -1], "drawn": learner.respond(stimuli), "wanted": targets}


def dialled(network: DualStyleGAN, stimuli: np.ndarray, structure: float, colour: float) -> np.ndarray:
    """Return pictures (n, side, side) of light with other dials than the settings say."""
    intrinsic, manner = network.encoders
    with no_grad():
        ws, e = intrinsic(Tensor(stimuli[:, 0])), manner(Tensor(stimuli[:, -1]))[:, 0]
        return network.paint(ws, e, structure=structure, colour=colour).data.clip(0, 1)


def _two_dials(learner: Successor[DualStyleGAN], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return pictures with each dial at 0, half and 1."""
    places = ((0.0, 0.0), (0.5, 0.0), (1.0, 0.0), (0.0, 1.0), (0.5, 0.5), (1.0, 1.0))
    return {f"structure {a:g}, colour {b:g}": dialled(learner.network, stimuli, a, b) for a, b in places}


ENTRY = Entry(
    label="DualStyleGAN",
    parents=("stylegan2", "gan"),
    title="Pastiche Master: Exemplar-based high-resolution portrait style transfer",
    authors="S. Yang, L. Jiang, Z. Liu, C. C. Loy",
    idea="A second way for styles beside StyleGAN2's, which stays as it is: the manner of an exemplar, with a dial "
    "for each layer.",
    shrunk="Letters for portraits and hands for their manner; structure at 5x5 and 10x10 cells, colour at 20x20; "
    "learned from the same letter in print and in hand, by the squared error.",
    network=DualStyleGAN,
    retina=DualStyleGANConfig(),
    sizes={
        "1024x1024": Size(
            config=PAPER, published=PUBLISHED, source="its program: StyleGAN2's generator and the extrinsic path"
        )
    },
    trials=(
        Trial(
            task="manner",
            at_least=0.91,
            seeds=3,
            remark="The letters of the validation set, from which the bound follows, are easier for it.",
        ),
    ),
    mechanism=Mechanism(name="residual blocks of an extrinsic path", without={"structure": 0.0}),
    learner=ByGradient,
    accepts=Port.REEL,
    answers=Port.FIELD,
    tasks=("manner",),
    foundation=Foundation(system="stylegan2", subject="letters"),
    checks=(
        Check(name="with its dials at 0 it is StyleGAN2", run=_nothing),
        Check(name="each dial acts by itself", run=_dials),
    ),
    figures=(
        Figure(name="manner", title="Prints in the manner of an exemplar", measure=_in_its_manner, stimuli=26),
        Figure(name="dials", title="Two dials: structure and colour", measure=_two_dials, stimuli=12),
    ),
    small={
        "channels": (6, 5, 4),
        "latents": 4,
        "mapping": 2,
        "mapping_rate": 0.5,
        "maps": (8, 8, 8),
        "full": 12,
    },
    registers=(
        Watch(name="the exemplar's code", path="manner", rendering=Rendering.BARS),
        Watch(name="5x5 cells", path="extrinsic.structure.0", rendering=Rendering.MAPS),
        Watch(name="10x10 cells", path="extrinsic.structure.2", rendering=Rendering.MAPS),
        Watch(name="20x20 cells", path="generator.synthesis.stay.1", rendering=Rendering.MAPS),
    ),
)
