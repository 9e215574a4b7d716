"""Training steps of the systems that draw, ours and those of their mirrors, each kind of step by itself.

Each side draws its own noise. Ours is a step of the learner, with all that a user pays for: checks, what was drawn, and
what the critic told. Of rivals the steps of both networks are measured one by one as well; that of a critic begins with
pictures that the creator makes for it. A penalty that is taken every so many steps is measured where it is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from mirrors.drawing import GAN, VAE, Autoencoder, Diffusion, Rival, StyleGAN2
from mirrors.mirror import Mirror
from torch.optim.swa_utils import get_ema_multi_avg_fn

from successors.nn.learner import ByGradient, Labels, Successor
from successors.nn.module import training
from successors.nn.optimiser import Optimiser
from successors.nn.rivals import Rivals
from successors.nn.tensor import Tensor, no_grad


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


def rivals(learner: Rivals[Any], mirror: Rival, rounds: Sequence[tuple[str, str, int]], cycle: int) -> Iterator[Pair]:
    """Yield the step of both, a mean one of `cycle`; then those of one network at a number of a step, by kinds."""
    lamps, x, labels = batch(learner)
    network, recipe, step = learner.network, learner.recipe, counter(learner)
    pictures, classes = torch.from_numpy(x), torch.from_numpy(labels)
    parts = {name: list(mirror.part(name).values()) for name in ("critic", "creator")}
    optimisers = {name: adam_or_sgd(learner, parameters) for name, parameters in parts.items()}
    mean, shape = Mean(parts["creator"], recipe.average), (len(x), network.noise)
    rng = np.random.default_rng(3)
    lazy = int(getattr(learner.config, "lazy", 0))

    def penalised(name: str, number: int) -> bool:
        return bool(lazy) and not number % (lazy if name == "critic" else lazy // 2)

    def their_part(name: str, number: int) -> torch.Tensor:
        told = mirror.one_hot(classes)
        if name == "critic":
            with torch.no_grad():
                made = mirror.make(told)
            loss = mirror.critic_loss(pictures, made, told)
            if penalised(name, number) and isinstance(mirror, StyleGAN2):
                loss = loss + mirror.critic_penalty(pictures, told)
            descend(optimisers[name], loss, recipe.critic_rate_at(number))
            return made.clamp(0, 1)
        for p in parts["critic"]:
            p.requires_grad_(False)
        made = mirror.make(told)
        loss = mirror.creator_loss(made, told)
        if penalised(name, number) and isinstance(mirror, StyleGAN2):
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
        learner.reinforce(lamps, x)

    def our_part(name: str, number: int) -> None:
        step[...] = number
        with training(rng):
            noise = rng.standard_normal(shape, np.float32)
            if name == "critic":
                with no_grad():
                    made = network.make(lamps, noise)
                loss = learner.critic_objective(lamps, x, made)
                our_descent(learner.critic, loss, recipe.critic_rate_at(number))
            else:
                for p in learner.critic.parameters.values():
                    p.requires_grad = False
                our_descent(learner.creator, learner.creator_objective(lamps, noise, rng), recipe.rate_at(number))
                for p in learner.critic.parameters.values():
                    p.requires_grad = True

    differ = apart(learner, mirror, lamps, x, classes)
    yield Pair(
        "",
        lambda: [our_step(k) for k in range(cycle)],
        lambda: [their_step(k) for k in range(cycle)],
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
    learner: Rivals[Any], mirror: Rival, lamps: np.ndarray, x: np.ndarray, classes: torch.Tensor
) -> dict[str, float]:
    """Return by how much the losses and the penalties of rivals differ, with the same noise and without dropout."""
    network, mixing = learner.network, np.random.default_rng(5)
    noise = np.random.default_rng(4).standard_normal((len(x), network.noise), np.float32)
    latents, told, given = learner.config.latents, mirror.one_hot(classes), torch.from_numpy
    mirror.eval()
    found: dict[str, float] = {}
    if isinstance(mirror, StyleGAN2):
        with training(mixing):
            ours = network.make(lamps, noise)
        # What it draws in this order: a second style for each picture, from which layer on, and for how many.
        mixing = np.random.default_rng(5)
        second = mixing.standard_normal((len(x), latents)).astype(np.float32)
        cut = mixing.integers(1, mirror.layers, len(x))
        cut[mixing.random(len(x)) >= learner.config.mixing] = mirror.layers
        grain = [given(a) for a in network.grain(noise)]
        theirs = mirror.make(told, given(noise[:, :latents]), grain, given(second), given(cut))
    else:
        ours, theirs = network.make(lamps, noise), mirror.make(told, given(noise[:, :latents]))
    of_made = float(np.abs(ours.data - theirs.detach().numpy()).max())
    ours, theirs = Tensor(ours.data), theirs.detach()
    loss = network.critic_loss(network.verdict(Tensor(x), lamps), network.verdict(ours, lamps))
    found["critic"] = max(of_made, off(loss, mirror.critic_loss(given(x), theirs, told)))
    found["creator"] = max(
        of_made, off(network.creator_loss(network.verdict(ours, lamps)), mirror.creator_loss(theirs, told))
    )
    if isinstance(mirror, StyleGAN2):
        penalty = network.critic_penalty(0, x, lamps)
        assert penalty is not None
        found["critic penalty"] = off(penalty, mirror.critic_penalty(given(x), told))
        penalty, rng = network.creator_penalty(0, lamps, np.random.default_rng(6)), np.random.default_rng(6)
        assert penalty is not None
        n, side = len(x) // 2, learner.config.sides[-1]
        noise = rng.standard_normal((n, network.noise)).astype(np.float32)
        y = rng.standard_normal((n, 1, side, side)).astype(np.float32) / side
        grain = [given(a) for a in network.grain(noise)]
        theirs = mirror.creator_penalty(told, given(noise[:, :latents]), grain, given(y))
        found["creator penalty"] = off(penalty, theirs)
    mirror.train()
    return found


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
    if isinstance(mirror, Autoencoder):
        assert isinstance(learner, ByGradient)
        yield from autoencoder(learner, mirror)
    elif isinstance(mirror, VAE):
        assert isinstance(learner, ByGradient)
        yield from vae(learner, mirror)
    elif isinstance(mirror, Diffusion):
        assert isinstance(learner, ByGradient)
        yield from diffusion(learner, mirror)
    elif isinstance(mirror, GAN):
        assert isinstance(learner, Rivals)
        yield from rivals(learner, mirror, (("critic", "critic", 1), ("creator", "creator", 1)), 1)
    elif isinstance(mirror, StyleGAN2):
        assert isinstance(learner, Rivals)
        kinds = (
            ("critic", "critic", 1),
            ("critic with R1", "critic", 0),
            ("creator", "creator", 1),
            ("creator with path length", "creator", 0),
        )
        yield from rivals(learner, mirror, kinds, learner.config.lazy)
