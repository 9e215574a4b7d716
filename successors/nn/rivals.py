"""Rivals: two networks, each the other's loss, that learn in turn (Goodfellow et al. 2014, algorithm 1)."""

from __future__ import annotations

import math
from typing import Protocol, TypeVar, runtime_checkable

import numpy as np

from marki.registers import Register
from successors.nn.learner import Successor, optimiser_registers
from successors.nn.losses import binary_cross_entropy
from successors.nn.module import Module, training
from successors.nn.network import Network
from successors.nn.optimiser import Average, Diverged, Optimiser, clip
from successors.nn.tensor import Parameter, Tensor, held, no_grad


class RivalNetwork(Network):
    """Base of networks of two parts: a creator of pictures, and a critic that tells them from real ones.

    A subclass sets `creator` and `critic`, and defines `make` and `verdict`.
    """

    creator: Module
    critic: Module

    def make(self, stimuli: np.ndarray, noise: np.ndarray) -> Tensor:
        """Return pictures (n, 20, 20), given checked stimuli and the noise (n, `noise`) of each."""
        raise NotImplementedError

    def verdict(self, pictures: Tensor, stimuli: np.ndarray) -> Tensor:
        """Return the critic's verdicts (n,) on pictures (n, 20, 20) for their stimuli: above `threshold` for real."""
        raise NotImplementedError

    threshold: float = 0.0
    """The verdict from which on a picture passes for real; 0 for logits."""

    def critic_loss(self, real: Tensor, made: Tensor) -> Tensor:
        """Return the critic's loss, given its verdicts: minus eq. 1 of the paper, unless a network defines its own."""
        return binary_cross_entropy(real, np.ones_like(real.data)) + binary_cross_entropy(
            made, np.zeros_like(made.data)
        )

    def creator_loss(self, made: Tensor) -> Tensor:
        """Return the creator's loss: -log D, which does not saturate (section 3), unless a network defines its own."""
        return binary_cross_entropy(made, np.ones_like(made.data))

    def critic_penalty(self, step: int, real: np.ndarray, stimuli: np.ndarray) -> Tensor | None:
        """Return what is added to the critic's loss at this step, if anything, such as R1."""

    def creator_penalty(self, step: int, stimuli: np.ndarray, rng: np.random.Generator) -> Tensor | None:
        """Return what is added to the creator's loss at this step, if anything, such as the path length."""

    def proceed(self, step: int) -> None:
        """Prepare in place what depends on the step, just before it, where a network has something to prepare."""

    def duels(self, step: int) -> bool:
        """Return whether the critic learns at this step; unless a network says otherwise, it always does."""
        return True

    def imagine(self, stimuli: np.ndarray, noise: np.ndarray) -> np.ndarray:
        """Return pictures (n, 20, 20) of light from 0 to 1."""
        return self.make(stimuli, noise).data.clip(0, 1)


R = TypeVar("R", bound=RivalNetwork)


class Rivals(Successor[R]):
    """A learner of which each step is one of the critic, then one of the creator, with an optimiser each.

    If the creator's loss diverges, the critic has taken its step.

    Attributes
    ----------
    told : float
        Fraction of the real and made pictures of the last step that the critic told rightly; 0.5: it is at a loss.
    told_real, told_made : float
        The same of real and of made pictures alone.
    critic_loss, creator_loss : float
        Losses of the last step; NaN before the first, and for a critic that no longer learns.
    """

    def _equip(self) -> None:
        network, recipe = self.network, self.recipe
        self.creator = recipe.build(_named("creator", network.creator))
        self.critic = recipe.build(_named("critic", network.critic))
        learning = network.learning()
        self._frozen = [p for name, p in network.parameters().items() if name not in learning]
        self.average = Average(self.creator.parameters, keep=recipe.average) if recipe.average else None
        self.told_real = self.told_made = math.nan
        self.critic_loss = self.creator_loss = math.nan

    @property
    def told(self) -> float:
        """Fraction of the pictures of the last step that the critic told rightly."""
        return 0.5 * (self.told_real + self.told_made)

    def _learn(self, stimuli: np.ndarray, targets: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        network, step = self.network, self.step
        shape = (len(stimuli), network.noise)
        duels = network.duels(step)
        network.proceed(step)
        with training(rng), held(self._frozen):
            with no_grad():
                made = network.make(stimuli, rng.standard_normal(shape, np.float32))
            with held(() if duels else self.critic.parameters.values()):
                loss = self.critic_objective(stimuli, targets, made)
                self.critic_loss = loss.item() if duels else math.nan
                if duels:
                    self._descend(self.critic, loss, self.recipe.critic_rate_at(step))
            with held(self.critic.parameters.values()):
                loss = self.creator_objective(stimuli, rng.standard_normal(shape, np.float32), rng)
                self.creator_loss = loss.item()
                self._descend(self.creator, loss, self.recipe.rate_at(step))
        if self.average is not None:
            self.average.update()
        return made.data.clip(0, 1)

    def critic_objective(self, stimuli: np.ndarray, real: np.ndarray, made: Tensor) -> Tensor:
        """Return what the critic's step descends; pictures that were made come without their tape."""
        network = self.network
        of_real, of_made = network.verdict(Tensor(real), stimuli), network.verdict(made, stimuli)
        self.told_real = float((of_real.data > network.threshold).mean())
        self.told_made = float((of_made.data <= network.threshold).mean())
        loss = network.critic_loss(of_real, of_made)
        penalty = network.critic_penalty(self.step, real, stimuli) if network.duels(self.step) else None
        return loss if penalty is None else loss + penalty

    def creator_objective(self, stimuli: np.ndarray, noise: np.ndarray, rng: np.random.Generator) -> Tensor:
        """Return what the creator's step descends; the critic is held."""
        network = self.network
        loss = network.creator_loss(network.verdict(network.make(stimuli, noise), stimuli))
        penalty = network.creator_penalty(self.step, stimuli, rng)
        return loss if penalty is None else loss + penalty

    def _descend(self, optimiser: Optimiser, loss: Tensor, rate: float) -> None:
        """Take one step along the gradient of a loss."""
        for p in optimiser.parameters.values():
            p.grad = None
        if not math.isfinite(loss.item()):
            raise Diverged(
                f"the loss is {loss.item()} at step {self.step}",
                where=self.name,
                remedy="Lower the learning rates, or clip the gradient",
            )
        loss.backward()
        if self.recipe.clip:
            clip(optimiser.parameters, self.recipe.clip)
        optimiser.step(rate)

    def registers(self) -> list[Register]:
        """List all state, that of both optimisers included."""
        return [
            *super().registers(),
            *optimiser_registers("creator_optimiser", [self.creator]),
            *optimiser_registers("critic_optimiser", [self.critic]),
        ]


def _named(prefix: str, module: Module) -> dict[str, Parameter]:
    """Return the parameters of a part of a network by their names in the network."""
    return {f"{prefix}.{name}": p for name, p in module.parameters().items()}


@runtime_checkable
class Duelling(Protocol):
    """A learner that is told, while it learns, by how well its critic tells real from made, and not by its answers."""

    @property
    def told(self) -> float:
        """Fraction of the pictures of the last step that the critic told rightly."""
        ...
