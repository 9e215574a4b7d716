"""Spirin 2021: ArcaneGAN, a program and its weights (`Sxela/ArcaneGAN`), in the manner of a series of cartoons. There
is no paper, and the size is not published. All that is known of how it was made is a line of its page: a U-Net in the
flavour of fastai, trained on a paired dataset that a blended StyleGAN2 generated.

New: nothing in the network; the pairs are. Nobody has the same face as a photograph and as a drawing. A generator of
faces that is trained further on drawings has both: of one w the old one makes the face, and the new one the drawing. A
plain network that learns from such pairs by their differences needs neither noise nor a discriminator when it answers.

Blended, after Pinkney and Adler 2020, "Resolution dependent GAN interpolation", arXiv:2010.05334: a generator whose
weights are (1 - a) of the new one's and a of the old one's, with an a for each scale, high for the coarse layers and
low for the fine ones; so its pictures keep more of the pose and the shape of the old.

    first    the new generator and its discriminator learn from drawings, beginning with the weights of the old ones
    then     E |U(G(w)) - B(w)|^2, G the old generator, B the blended one, U the U-Net

Assumed: everything beyond that line. Which layers are blended and what the U-Net looks like is not said; here, the
layers of 5x5 cells are half the old ones, for the serifs of a typewriter begin there. The difference that the U-Net
learns from is that of the cells; a network's features are left out.

Shrunk: the old generator is StyleGAN2's for letters, as shipped; the drawings are a typewriter's letters, of which
nobody says which letter they are. The U-Net has maps of 20x20, 10x10 and 5x5 cells.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import numpy as np

from marki.config import setting
from marki.io.exhibits import Rendering
from marki.io.ports import Port
from marki.io.responses import R_UNITS
from marki.registers import Register
from successors.model_card import Check, Entry, Figure, Finding, Foundation, Measure, Mechanism, Size, Trial
from successors.nn.functions import images
from successors.nn.hooks import Watch
from successors.nn.layers import Conv2d
from successors.nn.learner import optimiser_registers
from successors.nn.module import Module, training, training_rng
from successors.nn.optimiser import Adam
from successors.nn.pooling import max_pool2d
from successors.nn.recipe import Recipe
from successors.nn.resampling import upsample2
from successors.nn.rivals import Rivals
from successors.nn.tensor import Tensor, concatenate, no_grad
from successors.timeline.y2020_stylegan2 import Creator, StyleGAN2, StyleGAN2Config, Synthesis


@dataclass(frozen=True, kw_only=True)
class ArcaneGANConfig(StyleGAN2Config):
    """Settings of ArcaneGAN. The recipe has two stages: the new generator, and the U-Net."""

    classes: int = setting(26, "Classes that the generators can be asked for", low=2, high=255)
    path: float = setting(0.0, "Weight of the path length, which does not count here", low=0, high=0)
    blend: tuple[float, ...] = setting(
        (0.5,),
        "Share of the old generator's weights at each scale, from the smallest on; 0 at the others",
        low=0,
        high=1,
    )
    maps: tuple[int, ...] = setting((16, 32, 64), "Maps of the U-Net at each scale, the largest first", low=1)
    recipe: Recipe = setting(
        Recipe(
            batch=32,
            steps=2_000,
            eval_every=250,
            stop_at_score=2.0,
            optimiser="adam",
            rate=0.0025,
            beta1=0.0,
            beta2=0.99,
            schedule="cosine",
            average=0.99,
            stages=(0.45, 0.55),
        ),
        "How it is trained",
    )


class Double(Module):
    """Two convolutions of 3x3, each rectified."""

    def __init__(self, channels: int, filters: int, rng: np.random.Generator):
        self.first = Conv2d(channels, filters, 3, rng, padding=1)
        self.second = Conv2d(filters, filters, 3, rng, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Return (n, filters, h, w)."""
        return self.second(self.first(x).relu()).relu()


class ArcaneUNet(Module):
    """Pictures (n, colours, h, w) of light to others: narrowed scale by scale, and widened beside what was there."""

    def __init__(self, colours: int, maps: tuple[int, ...], rng: np.random.Generator):
        self.down = [Double(a, b, rng) for a, b in pairwise((colours, *maps))]
        self.up = [Double(a + b, b, rng) for b, a in pairwise(maps)]
        self.output = Conv2d(maps[0], colours, 1, rng)

    def forward(self, x: Tensor) -> Tensor:
        """Return the pictures."""
        seen = list[Tensor]()
        for number, layer in enumerate(self.down):
            x = layer(max_pool2d(x, 2) if number else x)
            seen.append(x)
        for number in reversed(range(len(self.up))):
            x = self.up[number](concatenate([upsample2(x), seen[number]], 1))
        return self.output(x).sigmoid()


class ArcaneGAN(StyleGAN2):
    """The old generator, the new one with its discriminator, the blended one, and the U-Net, which alone answers."""

    founded = (("base", "creator"), ("creator", "creator"), ("critic", "critic"))
    frozen = ("base", "blended")

    def __init__(self, config: ArcaneGANConfig, rng: np.random.Generator):
        super().__init__(config, rng)
        # What is made is a function of noise, but what is answered is not.
        self.deviates, self.noise = self.noise, 0
        self.base, self.blended = Creator(config, rng), Synthesis(config, rng)
        self.unet = ArcaneUNet(config.colours, config.maps, rng)

    def begin(self, number: int) -> None:
        """Blend the generators, before the U-Net learns."""
        if number == 1:
            old, new = self.base.synthesis.state(), self.creator.synthesis.state()
            share = {name: self.share(scale_of(name)) for name in old}
            self.blended.load({name: share[name] * old[name] + (1 - share[name]) * new[name] for name in old})

    def share(self, scale: int) -> np.float32:
        """Return which share of a scale's weights is the old generator's."""
        shares = self.config.blend
        return np.float32(shares[scale] if scale < len(shares) else 0)

    def drawn(self, count: int) -> np.ndarray:
        """Return noise (count, `deviates`) of the generator in use; outside training, always the same."""
        rng = training_rng() or np.random.default_rng(0)
        return rng.standard_normal((count, self.deviates)).astype(self.creator.synthesis.const.dtype)

    def make(self, stimuli: np.ndarray, noise: np.ndarray) -> Tensor:
        """Return as many pictures (n, side, side) of any letter by the new generator as there are stimuli."""
        given = self.drawn(len(stimuli))
        w = self.latents(dark(len(given)), given)
        return self.paint([w] * self.creator.synthesis.layers, self.grain(given))[:, 0]

    def verdict(self, pictures: Tensor, stimuli: np.ndarray) -> Tensor:
        """Return the logits (n,) that pictures are real; which letter they show is not told."""
        return super().verdict(pictures, dark(len(pictures)))

    def pairs(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Return pictures (count, side, side) by the old generator, and those of the same w by the blended one."""
        given = self.drawn(count)
        with no_grad():
            return self.old(given).data, self.old(given, self.blended).data

    def old(self, given: np.ndarray, synthesis: Synthesis | None = None) -> Tensor:
        """Return pictures (n, side, side) of noise (n, `deviates`) by the old generator, or of its w by another."""
        synthesis = synthesis or self.base.synthesis
        told = self.told(dark(len(given)), given[:, self.config.latents], given.dtype)
        w = self.base.mapping(Tensor(given[:, : self.config.latents]), told)
        pictures = synthesis([w] * synthesis.layers, self.grain(given), float(self.level[0]))
        return (pictures.tanh() * 0.5 + 0.5)[:, 0]

    def answer(self, stimuli: np.ndarray) -> np.ndarray:
        """Return what the U-Net makes of pictures (n, side, side)."""
        return self.unet(images(Tensor(stimuli))).data[:, 0]

    def difference(self, old: np.ndarray, new: np.ndarray) -> tuple[np.ndarray, Tensor]:
        """Return what the U-Net makes of pictures (n, side, side), and its squared error, summed over the cells."""
        made = self.unet(images(Tensor(old)))[:, 0]
        apart = made - new
        return made.data, (apart * apart).sum() * (1 / len(old))


def dark(count: int) -> np.ndarray:
    """Return lamps (count, 8) that are all dark: any class."""
    return np.zeros((count, R_UNITS), bool)


def scale_of(name: str) -> int:
    """Return the number of the scale to which a parameter of `Synthesis` belongs."""
    part, *rest = name.split(".")
    if part in ("const", "first"):
        return 0
    return int(rest[0]) + (part in ("rise", "stay"))


A = TypeVar("A", bound=ArcaneGAN)


class FromPairs(Rivals[A]):
    """A learner of two stages: rivals, and then the U-Net from pairs that the network makes."""

    def _equip(self) -> None:
        super()._equip()
        self.pupil = Adam({f"unet.{name}": p for name, p in self.network.unet.parameters().items()})

    def _learn(self, stimuli: np.ndarray, targets: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        network = self.network
        network.at_stage, first, _ = self.recipe.stage_at(self.step)
        if not network.at_stage:
            return super()._learn(stimuli, targets, rng)
        with self._averaged():
            if self.step == first:
                network.begin(network.at_stage)
        with training(rng):
            made, loss = network.difference(*network.pairs(len(stimuli)))
        self._descend(self.pupil, loss, self.recipe.rate_at(self.step))
        return made

    def registers(self) -> list[Register]:
        """List all state, that of the U-Net's optimiser included."""
        return [*super().registers(), *self._of_pupil()]

    def _of_pupil(self) -> Iterator[Register]:
        return optimiser_registers("pupil_optimiser", [self.pupil])


def _new(**changes: object) -> ArcaneGAN:
    small = {"channels": (4, 3, 2), "latents": 4, "mapping": 2, "maps": (2, 3, 4)}
    return ArcaneGAN(ArcaneGANConfig().amend(small | changes), np.random.default_rng(0))


def _blended() -> Finding:
    """Blend two generators at each scale, and compare the blended one with both."""
    apart = list[tuple[float, float]]()
    for blend in ((), (1.0,), (0.5, 0.5, 0.5), (1.0, 1.0, 1.0)):
        network = _new(blend=blend)
        network.begin(1)
        old, new = network.pairs(3)
        with no_grad():
            own = network.old(network.drawn(3), network.creator.synthesis).data
        apart.append((float(np.abs(new - old).max()), float(np.abs(new - own).max())))
    middle = all(min(pair) > 1e-3 for pair in apart[1:3])
    return Finding(
        holds=apart[0][1] == apart[3][0] == 0 and middle,
        found=", ".join(f"{a:.2f} from the old and {b:.2f} from the new" for a, b in apart),
        wanted="the new one with nothing of the old one, the old one with all of it, and neither between",
    )


def _pupil() -> Finding:
    """Change the critic and both generators, and answer again."""
    network = _new()
    stimuli = np.random.default_rng(2).random((2, 20, 20)).astype(np.float32)
    before = network.answer(stimuli)
    for part in (network.base, network.creator, network.critic, network.blended):
        for p in part.parameters().values():
            p.data += 1
    return Finding(
        holds=bool(np.array_equal(network.answer(stimuli), before)),
        found="the same answers",
        wanted="neither a generator nor a discriminator takes part in an answer",
    )


def distance(pictures: np.ndarray, real: np.ndarray) -> float:
    """Return the mean squared error of pictures from the nearest of real ones, summed over the cells."""
    flat, cards = (a.reshape(len(a), -1).astype(np.float64) for a in (pictures, real))
    square = (flat * flat).sum(1)[:, None] + (cards * cards).sum(1) - 2 * (flat @ cards.T)
    return float(square.min(1).mean())


def _short_of_pairs(learner: Rivals[ArcaneGAN], stimuli: np.ndarray, targets: np.ndarray) -> float:
    """Return how much further from the real face it is what the U-Net makes of left halves than the right ones are."""
    old, new = (a.clip(0, 1) for a in learner.network.pairs(len(stimuli)))
    return distance(learner.respond(old), targets) - distance(new, targets)


def _paired(learner: Rivals[ArcaneGAN], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return pairs, and what the U-Net makes of their left halves."""
    old, new = (a.clip(0, 1) for a in learner.network.pairs(len(stimuli)))
    return {"old generator": old, "blended": new, "U-Net": learner.respond(old)}


def restyled(learner: Rivals[ArcaneGAN], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return prints, what is drawn of them, and the same letters in the wanted face."""
    return {"print": stimuli, "drawn": learner.respond(stimuli), "the face itself": targets}


ENTRY = Entry(
    label="ArcaneGAN",
    parents=("stylegan2",),
    title="ArcaneGAN (a program; there is no paper)",
    authors="A. Spirin",
    idea="A plain U-Net learns from pairs that nobody has drawn: of one w, a generator of faces makes the left half, "
    "and the same one, trained further on drawings and blended with the old, the right half.",
    shrunk="StyleGAN2 of letters for that of faces, a typewriter's letters for drawings. All but one line of how it "
    "was made is assumed.",
    network=ArcaneGAN,
    retina=ArcaneGANConfig(),
    sizes={
        "retina": Size(
            config=ArcaneGANConfig(), source="there is no paper, and its page gives no size; this is the retina's"
        )
    },
    trials=(
        Trial(
            task="restyle",
            options={"style": "gnu-typewriter"},
            at_least=0.3,
            seeds=3,
            remark="The mean is above the bound; the three seeds differ.",
        ),
    ),
    mechanism=Mechanism(
        name="blending",
        without={"blend": ()},
        remark="It keeps more of the letters and takes less of the face; three seeds do not tell which is worth more.",
    ),
    learner=FromPairs,
    accepts=Port.FRAME,
    answers=Port.FIELD,
    tasks=("restyle",),
    foundation=Foundation(system="stylegan2", subject="letters"),
    checks=(
        Check(name="a blended generator has the coarse scales of one and the fine ones of the other", run=_blended),
        Check(name="the U-Net answers alone", run=_pupil),
    ),
    measures=(
        Measure(
            name="the pairs are nearer to the face than what is learned from them",
            run=_short_of_pairs,
            stimuli=780,
            remark="What is learned is the mean of what the pairs show, and lies nearer to the face than each of them.",
        ),
    ),
    figures=(
        Figure(name="restyled", title="Prints, and what is drawn of them", measure=restyled, stimuli=26),
        Figure(name="pairs", title="Pairs, and what is learned from them", measure=_paired, stimuli=12),
    ),
    small={"channels": (8, 6, 4), "latents": 4, "mapping": 2, "mapping_rate": 0.5, "maps": (2, 3, 4)},
    registers=(
        Watch(name="20x20 cells", path="unet.down.0", rendering=Rendering.MAPS),
        Watch(name="10x10 cells", path="unet.down.1", rendering=Rendering.MAPS),
        Watch(name="5x5 cells", path="unet.down.2", rendering=Rendering.MAPS),
        Watch(name="20x20 cells, on the way up", path="unet.up.0", rendering=Rendering.MAPS),
    ),
)
