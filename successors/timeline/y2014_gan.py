"""Goodfellow, Pouget-Abadie, Mirza, Xu, Warde-Farley, Ozair, Courville and Bengio 2014: "Generative adversarial nets",
NIPS 27, 2672-2680.

New: two networks, each the other's loss. One makes pictures of noise, the other tells them from real ones; no
likelihood is computed.

Equations:

    min_G max_D V = E log D(x) + E log(1 - D(G(z)))                      (1)
    the generator descends -log D(G(z)) instead, which does not saturate (section 3)
    for a fixed G the best D is p_data / (p_data + p_g)                  (2)

At published size, by the settings of the authors' program for MNIST (`goodfeli/adversarial`, mnist.yaml): a generator
of 100-1200-1200-784, rectified, rectified, logistic; a discriminator of two maxout layers of 240 units of 5 pieces, and
a logistic unit, with dropout of 0.2 at its input and 0.5 above. The paper prints no count.

Shrunk: generator 100-256-256-400, discriminator 80 and 80 units of 5 pieces. Both are told the class that the lamps
name (section 7, extension 1); where none is named, the noise chooses. Adam for momentum, with a rate of the
discriminator of a fifth of the generator's; with equal rates the discriminator is right nearly always, and few digits
are drawn. The mean of the generator's weights draws.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from marki.config import setting
from marki.io.exhibits import Rendering
from marki.io.ports import Port
from successors.model_card import Check, Entry, Figure, Finding, Mechanism, Size, Trial
from successors.nn import initial
from successors.nn.activations import erf, maxout
from successors.nn.drawers import shares
from successors.nn.functions import dropout
from successors.nn.hooks import Watch
from successors.nn.labels import Labels
from successors.nn.layers import Linear
from successors.nn.losses import binary_cross_entropy
from successors.nn.module import Module, training_rng
from successors.nn.optimiser import Adam
from successors.nn.recipe import NetworkConfig, Recipe
from successors.nn.rivals import RivalNetwork, Rivals
from successors.nn.tensor import Tensor, concatenate


@dataclass(frozen=True, kw_only=True)
class GANConfig(NetworkConfig):
    """Settings of the adversarial nets."""

    side: int = setting(20, "Cells on a side of a picture", unit="cells", low=2, high=64)
    latents: int = setting(100, "Noise of a picture", low=1)
    hidden: tuple[int, ...] = setting((256, 256), "Units of each hidden layer of the generator")
    units: int = setting(80, "Units of each hidden layer of the discriminator", low=1)
    pieces: int = setting(5, "Pieces of which each of them is the largest", low=1)
    classes: int = setting(10, "Classes that can be asked for", low=2, high=255)
    asked: bool = setting(True, "Whether both networks are told the class")
    drop_input: float = setting(0.2, "Dropout of what the discriminator sees", low=0, high=0.9)
    drop_hidden: float = setting(0.5, "Dropout of its hidden layers", low=0, high=0.9)
    duel: int = setting(10_000_000, "Steps after which the discriminator no longer learns", low=1)
    recipe: Recipe = setting(
        Recipe(
            batch=100,
            steps=12_000,
            eval_every=1_000,
            stop_at_score=2.0,
            optimiser="adam",
            rate=0.001,
            critic_rate=0.0002,
            beta1=0.5,
            average=0.998,
        ),
        "How it is trained",
    )


class Forger(Module):
    """The generator: noise, and the class if it is told, to pictures (n, side · side) from 0 to 1."""

    def __init__(self, config: GANConfig, rng: np.random.Generator):
        widths = (config.latents + config.classes * config.asked, *config.hidden)
        self.hidden = [Linear(a, b, rng, init=initial.he) for a, b in pairwise(widths)]
        self.output = Linear(widths[-1], config.side**2, rng)

    def forward(self, x: Tensor) -> Tensor:
        """Return the pictures."""
        for layer in self.hidden:
            x = layer(x).relu()
        return self.output(x).sigmoid()


class Detective(Module):
    """The discriminator: pictures, and their class if it is told, to the logits (n, 1) that they are real."""

    def __init__(self, config: GANConfig, rng: np.random.Generator):
        told = config.classes * config.asked
        self.first = Linear(config.side**2 + told, config.units * config.pieces, rng)
        self.second = Linear(config.units, config.units * config.pieces, rng)
        self.output = Linear(config.units, 1, rng)
        self._drops, self._pieces = (config.drop_input, config.drop_hidden), config.pieces

    def forward(self, pictures: Tensor, told: Tensor | None) -> Tensor:
        """Return the logits."""
        rng, (at_input, inside) = training_rng(), self._drops

        def dropped(x: Tensor, rate: float) -> Tensor:
            return x if rng is None else dropout(x, rate, rng)

        x = dropped(pictures, at_input)
        x = x if told is None else concatenate([x, told], 1)
        x = dropped(maxout(self.first(x), self._pieces), inside)
        x = dropped(maxout(self.second(x), self._pieces), inside)
        return self.output(x)


class GAN(RivalNetwork):
    """A generator and a discriminator."""

    creator: Forger
    critic: Detective

    def __init__(self, config: GANConfig, rng: np.random.Generator):
        super().__init__(config, rng)
        self.creator, self.critic = Forger(config, rng), Detective(config, rng)
        self._labels = Labels(config.classes)
        # One more than the generator sees: it chooses the class where none is named.
        self.noise = config.latents + 1

    def make(self, stimuli: np.ndarray, noise: np.ndarray) -> Tensor:
        """Return pictures (n, side, side)."""
        told = self._told(stimuli, noise[:, -1], noise.dtype)
        x = Tensor(noise[:, :-1])
        side = self.config.side
        return self.creator(x if told is None else concatenate([x, told], 1)).reshape(len(noise), side, side)

    def latents_of(self, stimuli: np.ndarray, noise: np.ndarray) -> np.ndarray:
        """Return the noise (n, latents) that the generator sees."""
        return noise[:, :-1]

    def drawn_of(self, latents: np.ndarray, stimuli: np.ndarray, noise: np.ndarray) -> np.ndarray:
        """Return pictures (n, side, side) of such noise; the class stays."""
        return self.imagine(stimuli, np.concatenate([latents, noise[:, -1:]], 1))

    def way(self, stimuli: np.ndarray, noise: np.ndarray) -> Iterator[np.ndarray]:
        """Yield pictures (n, side, side) from the middle of all noise out to what is drawn; the class stays."""
        for share in shares():
            part = noise * share
            part[:, -1] = noise[:, -1]
            yield self.imagine(stimuli, part)

    def verdict(self, pictures: Tensor, stimuli: np.ndarray) -> Tensor:
        """Return the logits (n,) that pictures are real."""
        return self.critic(pictures.flatten(), self._told(stimuli, None, pictures.dtype))[:, 0]

    def _told(self, stimuli: np.ndarray, choice: np.ndarray | None, dtype: np.dtype) -> Tensor | None:
        """Return the class that the lamps name, one of `classes`; where they name none, the noise's, or all alike."""
        if not self.config.asked:
            return None
        return Tensor(one_hot(self._labels.asked(stimuli), choice, self.config.classes, dtype))

    def duels(self, step: int) -> bool:
        """Return whether the discriminator learns at this step."""
        return step < self.config.duel


def one_hot(kinds: np.ndarray, choice: np.ndarray | None, classes: int, dtype: np.dtype) -> np.ndarray:
    """Return classes as one of `classes` each, (n, classes).

    Parameters
    ----------
    kinds : ndarray of int, shape (n,)
        The class that is asked for; below 0: any.
    choice : ndarray, shape (n,), optional
        Normal deviates that choose where any will do; without, all classes are alike there.
    classes : int
    dtype : dtype
    """
    if choice is None:
        named = np.where(kinds[:, None] < 0, 1 / classes, np.eye(classes)[kinds])
    else:
        drawn = (0.5 * (1 + erf(choice.astype(np.float64) * 0.5**0.5)) * classes).astype(int).clip(0, classes - 1)
        named = np.eye(classes)[np.where(kinds < 0, drawn, kinds)]
    return named.astype(dtype)


PAPER = GANConfig(side=28, hidden=(1200, 1200), units=240, asked=False)


def _best_discriminator() -> Finding:
    """Train a discriminator of a table of logits on two distributions over 12 places, and compare it with eq. 2."""
    rng = np.random.default_rng(0)
    places = 12
    data, made = rng.dirichlet(np.ones(places), 2)
    logits = initial.constant((places,))
    rule = Adam({"logits": logits})
    for step in range(6_000):
        # Expectations instead of samples: the cross-entropy of each place, weighted by its probability.
        real = (data * (1.0 + (-logits).exp()).log()).sum()
        false = (made * (1.0 + logits.exp()).log()).sum()
        (real + false).backward()
        rule.step(0.05 * 0.999**step)
    found = 1 / (1 + np.exp(-logits.data))
    off = float(np.abs(found - data / (data + made)).max())
    return Finding(holds=off < 1e-3, found=f"differs by {off:.1e} at most", wanted="p / (p + q), eq. 2")


def _saturation() -> Finding:
    """Compare the gradients of both losses of the generator where the discriminator is sure, D(G(z)) = 0.001."""
    gradients: list[float] = []
    for target in (0.0, 1.0):
        logit = Tensor(np.array([np.log(0.001 / 0.999)]), requires_grad=True)
        loss = binary_cross_entropy(logit, np.array([target]))
        (loss if target else -loss).backward()
        gradients.append(abs(float(logit.gradient[0])))
    saturated, other = gradients
    holds = abs(saturated - 0.001) < 1e-9 and abs(other - 0.999) < 1e-9
    return Finding(
        holds=holds,
        found=f"{saturated:.4f} of log(1 - D), {other:.4f} of -log D",
        wanted="D and 1 - D: early in learning the first saturates, section 3",
    )


def _drawn(learner: Rivals[GAN], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return real pictures, and one drawn for each of the same lamps, twice with other noise."""
    asked = stimuli[:10]
    drawn, again = np.split(learner.respond(np.concatenate([asked, asked])), 2)
    return {"real": targets[:10], "drawn": drawn, "again": again}


ENTRY = Entry(
    label="GAN",
    parents=(),
    title="Generative adversarial nets",
    authors="I. J. Goodfellow, J. Pouget-Abadie, M. Mirza, B. Xu, D. Warde-Farley, S. Ozair, A. Courville, Y. Bengio",
    idea="Two networks, each the other's loss: one forges pictures, the other tells them from real ones.",
    shrunk="Narrower layers; both networks are told the class that the lamps name; Adam for momentum.",
    network=GAN,
    retina=GANConfig(),
    sizes={"mnist": Size(config=PAPER, source="the paper prints none; widths as in the authors' mnist.yaml")},
    trials=(Trial(task="imitate", at_least=0.73, seeds=3),),
    mechanism=Mechanism(name="a rival that goes on learning", without={"duel": 300}),
    learner=Rivals,
    accepts=Port.LAMPS,
    answers=Port.FIELD,
    tasks=("imitate",),
    checks=(
        Check(name="the best discriminator is p / (p + q)", run=_best_discriminator),
        Check(name="-log D does not saturate where log(1 - D) does", run=_saturation),
    ),
    figures=(
        Figure(name="drawn", title="Real digits, and drawn ones of the same classes", measure=_drawn, stimuli=10),
    ),
    small={"hidden": (6, 6), "units": 3, "pieces": 2, "latents": 5},
    registers=(Watch(name="noise and class", path="creator", rendering=Rendering.BARS, given=True),),
)
