"""Training steps of the systems that draw, ours and those of their mirrors, each kind of step by itself.

Each side draws its own noise. Ours is a step of the learner, with all that a user pays for: checks, what was drawn, and
what the critic told. Of rivals the steps of both networks are measured one by one as well; that of a critic begins with
pictures that the creator makes for it. A penalty that is taken every so many steps is measured where it is taken. The
step of a system whose stages learn different parts is the mean of these, as often as its recipe takes each.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from mirrors.drawing import GAN, VAE, Autoencoder, Diffusion, Rival, StyleGAN2
from mirrors.mirror import Mirror
from mirrors.restyled import AnimeGAN2, ArcaneGAN, DualStyleGAN
from mirrors.scenes import DALLE, DALLE2
from torch.optim.swa_utils import get_ema_multi_avg_fn

from marki.io.ports import Port
from successors import registry, tasks
from successors.nn.labels import Labels
from successors.nn.learner import ByGradient, Successor
from successors.nn.module import training
from successors.nn.optimiser import Optimiser
from successors.nn.rivals import Rivals
from successors.nn.tensor import Tensor, held, no_grad
from successors.timeline.y2014_gan import one_hot
from successors.timeline.y2020_diffusion import TIMES


@dataclass(frozen=True)
class Pair:
    """A kind of step.

    Parameters
    ----------
    kind : str
        Which it is, of several of a system; empty: that of the system.
    ours, theirs : callable
        Take one step, or `steps` of them.
    differ : float
        By how much the losses of both differ, relative to ours.
    steps : int
    """

    kind: str
    ours: Callable[[], object]
    theirs: Callable[[], object]
    differ: float
    steps: int = 1


def off(ours: Tensor, theirs: torch.Tensor) -> float:
    """Return the difference of two losses, relative to ours if that is above 0.01."""
    return abs(ours.item() - theirs.item()) / max(0.01, abs(ours.item()))


def adam_or_sgd(learner: Successor, parameters: Sequence[torch.nn.Parameter]) -> torch.optim.Optimizer:
    """Return PyTorch's optimiser by our recipe; none of these systems decays."""
    recipe = learner.recipe
    assert not recipe.decay
    if recipe.optimiser == "sgd":
        return torch.optim.SGD(parameters, lr=recipe.rate, momentum=recipe.momentum)
    return torch.optim.Adam(parameters, lr=recipe.rate, betas=(recipe.beta1, recipe.beta2))


class Mean:
    """A running mean of weights, by PyTorch's own means."""

    def __init__(self, parameters: Sequence[torch.nn.Parameter], keep: float):
        self.parameters, self.average = parameters, get_ema_multi_avg_fn(keep)
        self.values = [p.detach().clone() for p in parameters]

    def update(self) -> None:
        self.average(self.values, self.parameters, None)


def descend(optimiser: torch.optim.Optimizer, loss: torch.Tensor, rate: float, clip: float = 0.0) -> None:
    """Take a step of PyTorch's along the gradient of a loss."""
    for group in optimiser.param_groups:
        group["lr"] = rate
    optimiser.zero_grad()
    loss.item()
    loss.backward()
    if clip:
        torch.nn.utils.clip_grad_norm_(optimiser.param_groups[0]["params"], clip)
    optimiser.step()


def our_descent(optimiser: Optimiser, loss: Tensor, rate: float) -> None:
    """Take one of ours, which clears the gradients behind it."""
    loss.item()
    loss.backward()
    optimiser.step(rate)


def counter(learner: Successor) -> np.ndarray:
    """Return the learner's register of steps, live."""
    return next(r.array for r in learner.registers() if r.name == "learner.step")


def batch(learner: Successor) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return lamps, pictures and classes, as many as the recipe takes at a time."""
    rng, n = np.random.default_rng(0), learner.recipe.batch
    labels = rng.integers(10, size=n)
    return Labels(10).code[labels], rng.random((n, 20, 20), np.float32), labels


def autoencoder(learner: ByGradient[Any], mirror: Autoencoder) -> Iterator[Pair]:
    """Yield the step of all layers together, then that of each layer by itself."""
    network, recipe, step = learner.network, learner.recipe, counter(learner)
    _, x, _ = batch(learner)
    pictures = torch.from_numpy(x)
    layers = len(recipe.stages) - 1
    firsts = [next(k for k in range(recipe.steps) if recipe.stage_at(k)[0] == stage) for stage in range(layers + 1)]

    def pair(stage: int) -> Pair:
        optimiser = adam_or_sgd(learner, [mirror.w[name] for name in network.stage(stage)])

        def ours() -> None:
            step[...] = firsts[stage] + 1
            learner.reinforce(x, x)

        def theirs() -> None:
            if stage == layers:
                outputs = mirror(pictures)
                loss = mirror.loss(outputs, pictures)
                torch.sigmoid(outputs.detach())
            else:
                loss = mirror.layer_loss(pictures, stage)
            descend(optimiser, loss, recipe.rate_at(firsts[stage]))

        with no_grad(), torch.no_grad():
            if stage == layers:
                differ = off(network.loss(network(Tensor(x)), x), mirror.loss(mirror(pictures), pictures))
            else:
                below = network.encode(Tensor(x).flatten(), stage).data
                rng, shape = np.random.default_rng(0), (len(x), network.config.widths[stage + 1])
                noise = rng.standard_normal(shape) if stage == layers - 1 else rng.random(shape)
                found = mirror.layer_loss(pictures, stage, torch.from_numpy(noise.astype(np.float32)))
                differ = off(network.contrast(below, stage), found)
        return Pair("" if stage == layers else f"layer {stage + 1} by itself", ours, theirs, differ)

    # All losses are compared before a step is timed: a layer that has learned from its own noise is not the mirror's.
    yield from [pair(stage) for stage in (layers, *range(layers))]


def asked(learner: Successor[Any]) -> tuple[np.ndarray, np.ndarray, torch.Tensor]:
    """Return stimuli, lamps or pictures of noise; pictures; and what a mirror is given of the stimuli."""
    lamps, x, labels = batch(learner)
    if learner.accepts is Port.LAMPS:
        return lamps, x, torch.from_numpy(labels)
    stimuli = np.random.default_rng(1).random(x.shape, np.float32)
    return stimuli, x, torch.from_numpy(stimuli)


def vae(learner: ByGradient[Any], mirror: VAE) -> Iterator[Pair]:
    """Yield the step."""
    lamps, x, _ = batch(learner)
    pictures, optimiser = torch.from_numpy(x), adam_or_sgd(learner, list(mirror.parameters()))

    def theirs() -> None:
        _, loss = mirror.step(pictures)
        descend(optimiser, loss, learner.recipe.rate)

    rng = np.random.default_rng(1)
    cells = (rng.random((len(x), 400)) < 0.5).astype(np.float32)
    noise = rng.standard_normal((len(x), learner.config.latents), np.float32)
    with no_grad(), torch.no_grad():
        found = mirror.objective(torch.from_numpy(cells), torch.from_numpy(noise))[1]
        differ = off(learner.network.objective(cells, noise)[1], found)
    yield Pair("", lambda: learner.reinforce(lamps, x), theirs, differ)


def diffusion(learner: ByGradient[Any], mirror: Diffusion) -> Iterator[Pair]:
    """Yield the step."""
    lamps, x, labels = batch(learner)
    network, recipe, step = learner.network, learner.recipe, counter(learner)
    pictures, classes = torch.from_numpy(x), torch.from_numpy(labels)
    parameters = list(mirror.parameters())
    optimiser, mean = adam_or_sgd(learner, parameters), Mean(parameters, recipe.average)

    def theirs() -> None:
        _, loss = mirror.step(pictures, classes)
        descend(optimiser, loss, recipe.rate_at(int(step[0])), recipe.clip)
        mean.update()

    times = np.random.default_rng(1).integers(1, 1001, len(x))
    with no_grad(), torch.no_grad():
        ours = network.unet(Tensor(x[:, None]), times, labels).data
        found = mirror(torch.from_numpy(x[:, None]), torch.from_numpy(times), classes).numpy()
    differ = float(np.abs(ours - found).max() / np.abs(ours).max())
    yield Pair("", lambda: learner.reinforce(lamps, x), theirs, differ)


def rivals(
    learner: Rivals[Any], mirror: Rival, rounds: Sequence[tuple[str, str, int]], cycle: int, first: int = 0
) -> Iterator[Pair]:
    """Yield the step of both, a mean one of `cycle`; then those of one network at a number of a step, by kinds."""
    stimuli, x, given = asked(learner)
    network, recipe, step = learner.network, learner.recipe, counter(learner)
    pictures = torch.from_numpy(x)
    parts = {name: list(mirror.part(name).values()) for name in ("critic", "creator")}
    optimisers = {name: adam_or_sgd(learner, parameters) for name, parameters in parts.items()}
    mean, shape = Mean(parts["creator"], recipe.average), (len(x), network.noise)
    rng = np.random.default_rng(3)

    def penalised(name: str, number: int) -> bool:
        every = mirror.lazy(name)
        return bool(every) and not number % every

    def their_part(name: str, number: int) -> torch.Tensor:
        mirror.proceed(number)
        told = mirror.told(given)
        if name == "critic":
            with torch.no_grad():
                made = mirror.make(told)
            loss = mirror.critic_loss(pictures, made, told)
            if penalised(name, number):
                loss = loss + mirror.critic_penalty(pictures, told)
            descend(optimisers[name], loss, recipe.critic_rate_at(number))
            return made.clamp(0, 1)
        for p in parts["critic"]:
            p.requires_grad_(False)
        made = mirror.make(told)
        loss = mirror.creator_loss(made, told)
        if penalised(name, number):
            loss = loss + mirror.creator_penalty(told)
        descend(optimisers[name], loss, recipe.rate_at(number))
        for p in parts["critic"]:
            p.requires_grad_(True)
        return made

    def their_step(number: int) -> None:
        their_part("critic", number)
        their_part("creator", number)
        mean.update()

    def our_step(number: int) -> None:
        step[...] = number
        learner.reinforce(stimuli, x)

    def our_part(name: str, number: int) -> None:
        step[...] = number
        network.proceed(number)
        with training(rng), held(learner._frozen):
            noise = rng.standard_normal(shape, np.float32)
            if name == "critic":
                with no_grad():
                    made = network.make(stimuli, noise)
                loss = learner.critic_objective(stimuli, x, made)
                our_descent(learner.critic, loss, recipe.critic_rate_at(number))
            else:
                with held(learner.critic.parameters.values()):
                    loss = learner.creator_objective(stimuli, noise, rng)
                    our_descent(learner.creator, loss, recipe.rate_at(number))

    differ = apart(learner, mirror, stimuli, x, given)
    yield Pair(
        "",
        lambda: [our_step(first + k) for k in range(cycle)],
        lambda: [their_step(first + k) for k in range(cycle)],
        max(differ.values()),
        cycle,
    )
    for kind, name, number in rounds:
        yield Pair(
            kind,
            lambda name=name, number=number: our_part(name, number),
            lambda name=name, number=number: their_part(name, number),
            differ[f"{name} penalty" if penalised(name, number) else name],
        )


def apart(
    learner: Rivals[Any], mirror: Rival, stimuli: np.ndarray, x: np.ndarray, given: torch.Tensor
) -> dict[str, float]:
    """Return by how much the losses and the penalties of rivals differ, with the same noise and without dropout."""
    network, mixing = learner.network, np.random.default_rng(5)
    noise = np.random.default_rng(4).standard_normal((len(x), network.noise), np.float32)
    pictures = torch.from_numpy(x)
    mirror.eval()
    found: dict[str, float] = {}
    if isinstance(mirror, ArcaneGAN):
        drawn = network.drawn(len(x))
        told, latents, grain = of_noise(learner, drawn)
        ours, theirs = network.make(stimuli, noise), mirror.make(told, latents, grain)
    elif isinstance(mirror, AnimeGAN2):
        told = mirror.told(given)
        ours, theirs = network.make(stimuli, noise), mirror.make(told)
    elif isinstance(mirror, StyleGAN2):
        with training(mixing):
            ours = network.make(stimuli, noise)
        # What it draws in this order: a second style for each picture, from which layer on, and for how many.
        mixing, latents = np.random.default_rng(5), learner.config.latents
        second = mixing.standard_normal((len(x), latents)).astype(np.float32)
        cut = mixing.integers(1, mirror.layers, len(x))
        cut[mixing.random(len(x)) >= learner.config.mixing] = mirror.layers
        told, grain = mirror.told(given), [torch.from_numpy(a) for a in network.grain(noise)]
        z = torch.from_numpy(noise[:, :latents])
        theirs = mirror.make(told, z, grain, torch.from_numpy(second), torch.from_numpy(cut))
    else:
        told = mirror.told(given)
        z = torch.from_numpy(noise[:, : learner.config.latents])
        ours, theirs = network.make(stimuli, noise), mirror.make(told, z)
    of_made = float(np.abs(ours.data - theirs.detach().numpy()).max())
    ours, theirs = Tensor(ours.data), theirs.detach()
    for stage in range(2 if isinstance(mirror, AnimeGAN2) else 1):
        network.at_stage = mirror.at_stage = stage
        loss = network.critic_loss(network.verdict(Tensor(x), stimuli), network.verdict(ours, stimuli))
        found["critic"] = max(of_made, off(loss, mirror.critic_loss(pictures, theirs, told)))
        loss = network.creator_loss(network.verdict(ours, stimuli))
        found["creator"] = max(of_made, off(loss, mirror.creator_loss(theirs, told)))
        if mirror.lazy("critic"):
            penalty = network.critic_penalty(0, x, stimuli)
            assert penalty is not None
            found["critic penalty"] = off(penalty, mirror.critic_penalty(pictures, told))
        if not mirror.lazy("creator"):
            continue
        rng = np.random.default_rng(6)
        penalty = network.creator_penalty(0, stimuli, rng)
        assert penalty is not None
        if isinstance(mirror, AnimeGAN2):
            penalised = mirror.creator_penalty(told)
        else:
            rng = np.random.default_rng(6)
            n, side = len(x) // 2, learner.config.sides[-1]
            noise = rng.standard_normal((n, network.noise)).astype(np.float32)
            y = torch.from_numpy(rng.standard_normal((n, 1, side, side)).astype(np.float32) / side)
            _, z, grain = of_noise(learner, noise)
            penalised = mirror.creator_penalty(told, z, grain, y)
        found["creator penalty"] = max(off(penalty, penalised), found.get("creator penalty", 0.0))
    mirror.train()
    return found


def of_noise(learner: Successor[Any], noise: np.ndarray) -> tuple[torch.Tensor, torch.Tensor, list[torch.Tensor]]:
    """Return the classes that noise of StyleGAN2 chooses, its z, and its grain."""
    network, latents = learner.network, learner.config.latents
    told = one_hot(np.full(len(noise), -1), noise[:, latents], learner.config.classes, noise.dtype)
    grain = [torch.from_numpy(a) for a in network.grain(noise)]
    return torch.from_numpy(told), torch.from_numpy(noise[:, :latents]), grain


# -- systems whose stages learn different parts -----------------------------------------------------------------------


@dataclass(frozen=True)
class Stage:
    """A stage of a recipe.

    Parameters
    ----------
    kind : str
    ours, theirs : callable
        Take a step.
    differ : float
        By how much the losses of both differ, relative to ours.
    steps : int
        How many there are of it in a round of all stages.
    """

    kind: str
    ours: Callable[[], object]
    theirs: Callable[[], object]
    differ: float
    steps: int


def staged(stages: Sequence[Stage]) -> Iterator[Pair]:
    """Yield the mean step of all stages, and then that of each."""

    def one_round(steps: Sequence[tuple[Callable[[], object], int]]) -> None:
        for call, count in steps:
            for _ in range(count):
                call()

    yield Pair(
        "",
        lambda: one_round([(s.ours, s.steps) for s in stages]),
        lambda: one_round([(s.theirs, s.steps) for s in stages]),
        max(s.differ for s in stages),
        sum(s.steps for s in stages),
    )
    for s in stages:
        yield Pair(s.kind, s.ours, s.theirs, s.differ)


def first_steps(learner: Successor[Any]) -> list[int]:
    """Return the number of the first step of each stage."""
    recipe = learner.recipe
    return [
        next(k for k in range(recipe.steps) if recipe.stage_at(k)[0] == stage) for stage in range(len(recipe.stages))
    ]


def shares(learner: Successor[Any]) -> list[int]:
    """Return how many steps of each stage there are in the shortest round of all that has their shares, to a 20th."""
    counts = [round(20 * share) for share in learner.recipe.stages]
    return [count // math.gcd(*counts) for count in counts]


def by_gradient(
    learner: ByGradient[Any],
    mirror: Mirror,
    stimuli: np.ndarray,
    targets: np.ndarray,
    kinds: Sequence[tuple[str, Callable[[], torch.Tensor], float]],
) -> Iterator[Pair]:
    """Yield the steps of a system that learns by stages, given the mirror's loss of each, and by how much it differs.

    A step is the second one of its stage; before the first, something may be prepared.
    """
    network, recipe, step = learner.network, learner.recipe, counter(learner)
    parameters = [mirror.w[name] for name in network.learning()]
    mean = Mean(parameters, recipe.average) if recipe.average else None

    def stage(number: int, first: int, steps: int) -> Stage:
        kind, loss, differ = kinds[number]
        names = network.stage(number)
        own = [mirror.w[name] for name in names]
        optimiser = adam_or_sgd(learner, own)

        def ours() -> None:
            step[...] = first + 1
            learner.reinforce(stimuli, targets)

        def theirs() -> None:
            for name, p in mirror.w.items():
                p.requires_grad_(name in names)
            descend(optimiser, loss(), recipe.rate_at(first + 1), recipe.clip)
            if mean is not None:
                mean.update()

        return Stage(kind, ours, theirs, differ, steps)

    firsts, counts = first_steps(learner), shares(learner)
    yield from staged([stage(k, first, n) for k, (first, n) in enumerate(zip(firsts, counts, strict=True))])


def our_loss(learner: Successor[Any], stage: int, stimuli: np.ndarray, targets: np.ndarray) -> Tensor:
    """Return the loss of a stage, drawn outside a training: by the same generator each time."""
    network = learner.network
    network.at_stage, network.progress = stage, progress_at(learner, stage)
    with no_grad():
        return network.judged(stimuli, targets)[1]


def progress_at(learner: Successor[Any], stage: int) -> float:
    """Return how much of a stage is over at its second step."""
    _, _, steps = learner.recipe.stage_at(first_steps(learner)[stage])
    return 1 / steps


def dualstylegan(learner: ByGradient[Any], mirror: DualStyleGAN) -> Iterator[Pair]:
    """Yield the steps of both stages."""
    rng, n, c = np.random.default_rng(0), learner.recipe.batch, learner.config
    reels, x = rng.random((n, 2, 20, 20), np.float32), rng.random((n, 20, 20), np.float32)
    shown, wanted = torch.from_numpy(reels), torch.from_numpy(x)
    z = np.random.default_rng(0).standard_normal((n, c.latents + 1)).astype(np.float32)
    told = torch.from_numpy(one_hot(np.full(n, -1), z[:, -1], c.classes, z.dtype))
    with torch.no_grad():
        inverted = mirror.inverted_loss(shown[:, 0], torch.from_numpy(z[:, :-1]), told)
        manner = mirror.manner_loss(shown, wanted)
    kinds = (
        ("encoder", lambda: mirror.inverted_loss(shown[:, 0]), off(our_loss(learner, 0, reels, x), inverted)),
        ("extrinsic path", lambda: mirror.manner_loss(shown, wanted), off(our_loss(learner, 1, reels, x), manner)),
    )
    yield from by_gradient(learner, mirror, reels, x, kinds)


def arcanegan(learner: Rivals[Any], mirror: ArcaneGAN) -> Iterator[Pair]:
    """Yield the mean step of both stages, the first as long as R1 is lazy; those of each; and those of the rivals."""
    network, recipe, step = learner.network, learner.recipe, counter(learner)
    _, x, given = asked(learner)
    kinds = (("critic", "critic", 1), ("critic with R1", "critic", 0), ("creator", "creator", 1))
    both, *parts = rivals(learner, mirror, kinds, learner.config.lazy)
    number = first_steps(learner)[1] + 1
    pupil = {name: p for name, p in mirror.w.items() if name.startswith("unet.")}
    optimiser = adam_or_sgd(learner, list(pupil.values()))

    def ours() -> None:
        step[...] = number
        learner.reinforce(x, x)

    def theirs() -> None:
        loss = mirror.difference(*mirror.pairs(mirror.told(given)))
        descend(optimiser, loss, recipe.rate_at(number), recipe.clip)

    told, z, grain = of_noise(learner, network.drawn(len(x)))
    with no_grad(), torch.no_grad():
        old, new = network.pairs(len(x))
        theirs_old, theirs_new = mirror.pairs(told, z, grain)
        differ = float(max(np.abs(a - b.numpy()).max() for a, b in ((old, theirs_old), (new, theirs_new))))
        differ = max(differ, off(network.difference(old, new)[1], mirror.difference(theirs_old, theirs_new)))
    steps = round(both.steps * recipe.stages[1] / recipe.stages[0])
    alone = Stage("U-Net from pairs", ours, theirs, differ, steps)
    first = Stage("rivals", both.ours, both.theirs, both.differ, 1)
    mean, _, of_pairs = staged([first, alone])
    yield Pair("", mean.ours, mean.theirs, mean.differ, both.steps + steps)
    yield Pair("rivals", both.ours, both.theirs, both.differ, both.steps)
    yield from parts
    yield of_pairs


def illustrations(learner: Successor[Any]) -> tuple[np.ndarray, np.ndarray]:
    """Return captions, and pictures of noise, as many as the recipe takes at a time."""
    trial = registry.find("dalle").entry.trials[0]
    captions = tasks.load(trial.task, **trial.options).train.stimuli[: learner.recipe.batch]
    return captions, np.random.default_rng(0).random((len(captions), 20, 20), np.float32)


def dalle(learner: ByGradient[Any], mirror: DALLE) -> Iterator[Pair]:
    """Yield the steps of both stages."""
    texts, x = illustrations(learner)
    network, c, pictures = learner.network, learner.config, torch.from_numpy(x)
    progress = progress_at(learner, 0)

    def stream_loss() -> torch.Tensor:
        return mirror.stream_loss(torch.from_numpy(network.tokens(texts)), pictures)

    # What ours draws from outside a training.
    uniform = np.random.default_rng(0).random((len(x), c.codes, c.grid, c.grid)).clip(1e-12, 1 - 1e-12)
    noise = torch.from_numpy(-np.log(-np.log(uniform)).astype(np.float32))
    with torch.no_grad():
        codes, stream = mirror.codes_loss(pictures, progress, noise), stream_loss()
    kinds = (
        ("codes", lambda: mirror.codes_loss(pictures, progress), off(our_loss(learner, 0, texts, x), codes)),
        ("stream", stream_loss, off(our_loss(learner, 1, texts, x), stream)),
    )
    yield from by_gradient(learner, mirror, texts, x, kinds)


def dalle2(learner: ByGradient[Any], mirror: DALLE2) -> Iterator[Pair]:
    """Yield the steps of both stages."""
    texts, x = illustrations(learner)
    pictures, c = torch.from_numpy(x), learner.config

    def drawn(*shape: int) -> tuple[torch.Tensor, torch.Tensor, np.random.Generator]:
        """Return times and noise, as ours draws them outside a training."""
        rng = np.random.default_rng(0)
        times = torch.from_numpy(rng.integers(1, TIMES + 1, len(x)))
        return times, torch.from_numpy(rng.standard_normal(shape, np.float32)), rng

    times, noise, rng = drawn(len(x), 1, 20, 20)
    told = torch.from_numpy(rng.random(len(x)) >= c.untold)
    with torch.no_grad():
        decoder = mirror.decoder_loss(pictures, times, noise, told)
        prior = mirror.prior_loss(texts, pictures, *drawn(len(x), c.space)[:2])
    kinds = (
        ("decoder", lambda: mirror.decoder_loss(pictures), off(our_loss(learner, 0, texts, x), decoder)),
        ("prior", lambda: mirror.prior_loss(texts, pictures), off(our_loss(learner, 1, texts, x), prior)),
    )
    yield from by_gradient(learner, mirror, texts, x, kinds)


BY_GRADIENT: dict[type[Mirror], Callable[[Any, Any], Iterator[Pair]]] = {
    Autoencoder: autoencoder,
    VAE: vae,
    Diffusion: diffusion,
    DALLE: dalle,
    DALLE2: dalle2,
    DualStyleGAN: dualstylegan,
}


def stir(learner: Successor[Any], mirror: Mirror) -> None:
    """Draw what begins as a constant, such as the last layers of blocks that begin as the identity, alike in both."""
    rng = np.random.default_rng(2)
    with torch.no_grad():
        for name, p in learner.network.parameters().items():
            if p.data.std() < 1e-6:
                p.data += (0.05 * rng.standard_normal(p.shape)).astype(np.float32)
            mirror.w[name].copy_(torch.from_numpy(p.data))


def pairs(learner: Successor[Any], mirror: Mirror) -> Iterator[Pair]:
    """Yield the kinds of steps of a system that draws: first that of the system, or a mean one, then its parts."""
    stir(learner, mirror)
    if isinstance(learner, ByGradient):
        yield from next(steps for kind, steps in BY_GRADIENT.items() if isinstance(mirror, kind))(learner, mirror)
        return
    assert isinstance(learner, Rivals)
    if isinstance(mirror, GAN):
        yield from rivals(learner, mirror, (("critic", "critic", 1), ("creator", "creator", 1)), 1)
    elif isinstance(mirror, AnimeGAN2):
        first = first_steps(learner)[1]
        kinds = (("critic", "critic", first), ("creator", "creator", first), ("creator, content alone", "creator", 0))
        yield from rivals(learner, mirror, kinds, 1, first)
    elif isinstance(mirror, ArcaneGAN):
        yield from arcanegan(learner, mirror)
    elif isinstance(mirror, StyleGAN2):
        kinds = (
            ("critic", "critic", 1),
            ("critic with R1", "critic", 0),
            ("creator", "creator", 1),
            ("creator with path length", "creator", 0),
        )
        yield from rivals(learner, mirror, kinds, learner.config.lazy)
