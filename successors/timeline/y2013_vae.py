"""Kingma and Welling 2013: "Auto-encoding variational Bayes", arXiv:1312.6114; ICLR 2014.

New: the sample that a network is trained through is a function of noise, so that a bound on the likelihood has a
gradient that can be followed. An encoder learns what a picture could come from while a decoder learns to draw it.

Equations:

    log p(x) >= E_q log p(x|z) - KL(q(z|x) | p(z))                      the bound (3)
    z = mu + sigma e, e normal                                          (10, and section 2.4)
    KL = -1/2 sum (1 + log sigma^2 - mu^2 - sigma^2)                    (appendix B)
    h = tanh(W x + b), mu = W h + b, log sigma^2 = W h + b              encoder, appendix C.2
    y = logistic(W tanh(W z + b) + b), log p(x|z) = sum x log y + (1 - x) log(1 - y)   decoder, appendix C.1

The size of figures 2 and 5, with 500 units and 20 latents for MNIST, has 815,824 parameters by the widths of its
layers; the paper prints no count.

Shrunk: 400 cells for 784. A cell that is partly lit is on with that probability, drawn anew each time. Adam for
Adagrad. The lamps are not read: it draws any digit.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from marki.config import setting
from marki.io.exhibits import Rendering
from marki.io.ports import Port
from marki.io.stimuli import digits
from marki.seeding import generator
from successors.model_card import Check, Entry, Figure, Finding, Measure, Mechanism, Size, Trial
from successors.nn import initial
from successors.nn.drawers import shares
from successors.nn.hooks import Watch
from successors.nn.layers import Linear
from successors.nn.learner import ByGradient, Successor
from successors.nn.module import Module, training, training_rng
from successors.nn.network import Network
from successors.nn.recipe import NetworkConfig, Recipe
from successors.nn.tensor import Tensor, no_grad

KEEP = 0.99
"""Fraction of the running baseline of the score function that is kept at each step."""


@dataclass(frozen=True, kw_only=True)
class VAEConfig(NetworkConfig):
    """Settings of the variational autoencoder."""

    side: int = setting(20, "Cells on a side of a picture", unit="cells", low=2, high=64)
    hidden: int = setting(500, "Hidden units of encoder and decoder", low=1)
    latents: int = setting(20, "Latent numbers of a picture", low=1)
    reparameterised: bool = setting(
        True, "Whether the gradient goes through the sample; without, it is that of the score function"
    )
    kl: bool = setting(True, "Whether the code is held to the prior; without, it is an autoencoder")
    recipe: Recipe = setting(
        Recipe(batch=100, steps=4_000, eval_every=1_000, stop_at_score=2.0, optimiser="adam", rate=0.001),
        "How it is trained",
    )


class Encoder(Module):
    """Pictures (n, cells) to mean and log variance (n, latents) of what they could come from."""

    def __init__(self, config: VAEConfig, rng: np.random.Generator):
        self.hidden = Linear(config.side**2, config.hidden, rng)
        self.mean, self.spread = (Linear(config.hidden, config.latents, rng) for _ in range(2))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log variance."""
        h = self.hidden(x).tanh()
        return self.mean(h), self.spread(h)


class Decoder(Module):
    """Latents (n, latents) to the logits (n, cells) that cells are on."""

    def __init__(self, config: VAEConfig, rng: np.random.Generator):
        self.hidden = Linear(config.latents, config.hidden, rng)
        self.output = Linear(config.hidden, config.side**2, rng)

    def forward(self, z: Tensor) -> Tensor:
        """Return the logits."""
        return self.output(self.hidden(z).tanh())


def divergence(mean: Tensor, spread: Tensor) -> Tensor:
    """Return KL(q | p) of each row in nats, (n,), given mean and log variance (n, latents): appendix B."""
    return ((mean * mean + spread.exp() - spread - 1.0) * 0.5).sum(1)


def log_likelihood(logits: Tensor, x: np.ndarray) -> Tensor:
    """Return log p(x|z) of each row in nats, (n,), given logits and cells (n, cells) of 0 and 1."""
    return (logits * x - logits.relu() - (1.0 + (-logits.abs()).exp()).log()).sum(1)


class VAE(Network):
    """An encoder and a decoder."""

    def __init__(self, config: VAEConfig, rng: np.random.Generator):
        super().__init__(config, rng)
        self.encoder, self.decoder = Encoder(config, rng), Decoder(config, rng)
        self.noise = config.latents
        if not config.reparameterised:
            self.baseline = initial.buffer((1,))

    def imagine(self, stimuli: np.ndarray, noise: np.ndarray) -> np.ndarray:
        """Return pictures (n, side, side) of the probabilities that cells are on, given latents (n, latents)."""
        side = self.config.side
        return self.decoder(Tensor(noise)).sigmoid().data.reshape(len(noise), side, side)

    def encoded(self, cards: np.ndarray) -> np.ndarray:
        """Return the likeliest latents (n, latents) of cards (n, side, side)."""
        return self.encoder(Tensor(cards).flatten())[0].data

    def latents_of(self, stimuli: np.ndarray, noise: np.ndarray) -> np.ndarray:
        """Return the latents (n, latents), which are the noise."""
        return noise

    def drawn_of(self, latents: np.ndarray, stimuli: np.ndarray, noise: np.ndarray) -> np.ndarray:
        """Return pictures (n, side, side) of latents (n, latents)."""
        return self.imagine(stimuli, latents)

    def way(self, stimuli: np.ndarray, noise: np.ndarray) -> Iterator[np.ndarray]:
        """Yield pictures (n, side, side) from the middle of the prior out to what is drawn."""
        for share in shares():
            yield self.imagine(stimuli, noise * share)

    def redraw(self, cards: np.ndarray, stimuli: np.ndarray, noise: np.ndarray) -> Iterator[np.ndarray]:
        """Yield what cards (n, side, side) could come from: from the likeliest out to one of its possible ones."""
        mean, spread = self.encoder(Tensor(cards).flatten())
        away = np.exp(spread.data * 0.5) * noise
        for share in shares():
            yield self.imagine(stimuli, mean.data + away * share)

    def judged(self, stimuli: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, Tensor]:
        """Return what is given back of real pictures, the targets, and minus the bound."""
        rng = training_rng() or np.random.default_rng(0)
        x = binary(targets, rng)
        noise = rng.standard_normal((len(x), self.config.latents), np.float32)
        logits, loss = self.objective(x, noise)
        return logits.sigmoid().data.reshape(targets.shape), loss

    def objective(self, x: np.ndarray, noise: np.ndarray) -> tuple[Tensor, Tensor]:
        """Return the logits of cells (n, cells), and a scalar whose gradient is that of minus the mean bound.

        With the score function, its value is something else.
        """
        mean, spread = self.encoder(Tensor(x))
        z = mean + (spread * 0.5).exp() * noise
        if not self.config.reparameterised:
            z = z.detach()
        logits = self.decoder(z)
        lost = -log_likelihood(logits, x)
        total = lost + divergence(mean, spread) if self.config.kl else lost
        if not self.config.reparameterised:
            apart = lost.data - (self.baseline if self.baseline[0] else lost.data.mean())
            density = ((z - mean) ** 2 / spread.exp() + spread).sum(1) * -0.5
            total = total + density * apart
            if training_rng() is not None:
                kept = self.baseline if self.baseline[0] else lost.data.mean()
                self.baseline[...] = KEEP * kept + (1 - KEEP) * lost.data.mean()
        return logits, total.mean()

    def bound(self, x: np.ndarray, samples: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Return two bounds on log p of cells (n, cells) in nats, (n,) each: eq. 3, and the one of many samples.

        The second, log of the mean of p(x, z) / q(z|x), is that of Burda et al. 2016; with the number of samples it
        rises to log p.
        """
        with no_grad():
            mean, spread = self.encoder(Tensor(x))
            rows = []
            for _ in range(samples):
                noise = rng.standard_normal(mean.shape, np.float32)
                z = mean + (spread * 0.5).exp() * noise
                likely = log_likelihood(self.decoder(z), x).data
                prior, own = -0.5 * (z.data**2).sum(1), -0.5 * (noise**2 + spread.data).sum(1)
                rows.append(likely + prior - own)
            ratios = np.array(rows, np.float64)
            top = ratios.max(0)
            many = top + np.log(np.exp(ratios - top).mean(0))
        return ratios.mean(0), many


def binary(pictures: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return pictures (n, ...) as cells (n, cells) that are on with the probability of their light, 0 or 1."""
    flat = pictures.reshape(len(pictures), -1)
    return (rng.random(flat.shape) < flat).astype(flat.dtype)


def written(count: int, part: str = "test") -> np.ndarray:
    """Return digits (count, cells), on or off, for checks and measures."""
    images, _ = digits.load(part)
    return binary(images[:count].astype(np.float32) / 255, generator(2013, "timeline.vae.written"))


PAPER = VAEConfig(side=28)


def _divergence() -> Finding:
    """Compare the divergence in closed form with the mean of log q - log p over samples."""
    rng = np.random.default_rng(0)
    mean, spread = rng.standard_normal((2, 1, 5)) * 0.7
    noise = rng.standard_normal((200_000, 5))
    z = mean + np.exp(spread / 2) * noise
    ratios = 0.5 * (z**2 - noise**2 - spread).sum(1)
    found, sampled = divergence(Tensor(mean), Tensor(spread)).item(), float(ratios.mean())
    error = float(ratios.std()) / math.sqrt(len(ratios))
    return Finding(
        holds=abs(found - sampled) < 5 * error,
        found=f"{found:.4f} nats",
        wanted=f"{sampled:.4f} of samples, within {5 * error:.4f}",
    )


def _small(*, reparameterised: bool = True) -> VAE:
    return VAE(VAEConfig(hidden=60, latents=5, reparameterised=reparameterised), np.random.default_rng(0))


def _gradients(network: VAE, x: np.ndarray, count: int) -> np.ndarray:
    """Return estimates of the gradients of the encoder's last layers, each from other noise, (2, count, k)."""
    rng = np.random.default_rng(1)
    if not network.config.reparameterised:
        # Half lit at random, 400 cells cost 400 log 2 nats. A baseline of the batch itself would shorten the gradient.
        network.baseline[...] = x.shape[1] * math.log(2)
    weights = (network.encoder.mean.weight, network.encoder.spread.weight)
    found: list[list[np.ndarray]] = []
    for _ in range(count):
        for weight in weights:
            weight.grad = None
        network.objective(x, rng.standard_normal((len(x), network.config.latents), np.float32))[1].backward()
        found.append([weight.gradient.ravel().copy() for weight in weights])
    return np.array(found).transpose(1, 0, 2)


def _variance() -> Finding:
    """Compare both estimators of one gradient: their means, and their variances."""
    x = written(20)
    both = [_gradients(_small(reparameterised=way), x, 2_000) for way in (True, False)]
    holds, found, wanted = True, list[str](), list[str]()
    for name, own, other in zip(("mu", "log sigma^2"), *both, strict=True):
        # The length of the one's estimates along the mean of the other, as a multiple of that mean.
        way = own.mean(0)
        along = other @ way / (way @ way)
        share, error = float(along.mean()), float(along.std()) / math.sqrt(len(along))
        ratio = float(other.var(0).mean() / own.var(0).mean())
        holds &= abs(share - 1) < 5 * error < 0.5 and ratio > 10
        found.append(f"{name}: {share:.3f} times the gradient, {ratio:.0f} times the variance")
        wanted.append(f"1 within {5 * error:.3f}")
    return Finding(
        holds=holds,
        found="; ".join(found),
        wanted=f"{', '.join(wanted)}, with far more variance (section 2.2)",
    )


def _bounds() -> Finding:
    """Train a small network for a moment, and compare both bounds with each other and with the best possible, 0."""
    network = _small()
    optimiser = VAEConfig().recipe.build(network.parameters())
    x, rng = written(1_000, "train"), np.random.default_rng(2)
    with training(rng):
        for _ in range(150):
            rows = x[rng.integers(0, len(x), 50)]
            network.objective(rows, rng.standard_normal((50, 5), np.float32))[1].backward()
            optimiser.step(0.003)
    one, many = (float(b.mean()) for b in network.bound(written(100), 200, rng))
    return Finding(
        holds=one < many < 0,
        found=f"bound {one:.1f} nats, of 200 samples {many:.1f}",
        wanted="the bound lies below that of many samples, which lies below 0",
    )


def _bound_of(learner: Successor[VAE]) -> tuple[float, float]:
    one, many = learner.network.bound(written(200), 200, generator(2013, "timeline.vae.measure"))
    return float(one.mean()), float(many.mean())


def _above_cells(learner: Successor[VAE]) -> float:
    """Return by how many nats the bound lies above the likelihood of cells that are on independently."""
    on = written(2_000, "train").mean(0).clip(1e-3, 1 - 1e-3)
    x = written(200)
    return _bound_of(learner)[0] - float((x * np.log(on) + (1 - x) * np.log(1 - on)).sum(1).mean())


def _gap(learner: Successor[VAE]) -> float:
    """Return by how many nats the bound of 200 samples lies above that of one."""
    one, many = _bound_of(learner)
    return many - one


def _drawn(learner: Successor[VAE], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return real pictures, what is given back of them, and pictures drawn from the prior."""
    with no_grad():
        x = binary(targets[:10], np.random.default_rng(0))
        mean, _ = learner.network.encoder(Tensor(x))
    return {
        "real": targets[:10],
        "given back": learner.network.imagine(stimuli[:10], mean.data),
        "drawn": learner.respond(stimuli[:10]),
    }


ENTRY = Entry(
    label="VAE",
    parents=(),
    title="Auto-encoding variational Bayes",
    authors="D. P. Kingma, M. Welling",
    idea="The sample is a function of noise, so that a bound on the likelihood has a gradient.",
    shrunk="400 cells for 784; Adam for Adagrad; the lamps are not read.",
    network=VAE,
    retina=VAEConfig(),
    sizes={"mnist": Size(config=PAPER, source="the paper prints none; 500 units and 20 latents, figures 2 and 5")},
    trials=(Trial(task="imitate", options={"asked": False}, at_least=0.52, seeds=3),),
    mechanism=Mechanism(name="a sample that is a function of noise", without={"reparameterised": False}),
    learner=ByGradient,
    accepts=Port.LAMPS,
    answers=Port.FIELD,
    tasks=("imitate",),
    checks=(
        Check(name="the divergence in closed form is that of samples", run=_divergence),
        Check(name="both estimators have one mean, and the score function far more variance", run=_variance),
        Check(name="the bound lies below that of many samples", run=_bounds),
    ),
    measures=(
        Measure(name="nats of the bound above independent cells", run=_above_cells),
        Measure(name="nats of 200 samples above the bound", run=_gap),
    ),
    figures=(Figure(name="drawn", title="Digits given back, and digits drawn", measure=_drawn, stimuli=10),),
    small={"hidden": 6, "latents": 3},
    registers=(Watch(name="latents", path="decoder", rendering=Rendering.BARS, given=True),),
)
