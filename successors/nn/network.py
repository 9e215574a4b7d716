"""Networks of the timeline: what answers, and what a training asks of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from marki.errors import StateError
from successors.nn.losses import cross_entropy, softmax
from successors.nn.module import Module
from successors.nn.recipe import NetworkConfig
from successors.nn.replay import replayed
from successors.nn.tensor import Parameter, Tensor


class Network(Module):
    """Base of the networks of the timeline.

    Parameters
    ----------
    config : NetworkConfig
        Its settings.
    rng : Generator
        Draws the initial weights.
    """

    def __init__(self, config: NetworkConfig, rng: np.random.Generator):
        self._config = config

    noise: int = 0
    """Normal deviates of which each answer is a function; 0: the stimulus alone decides."""

    at_stage: int = 0
    """The stage of the training whose loss `judged` returns; the learner sets it before each step."""

    progress: float = 0.0
    """Share of the present stage that is over; the learner sets it before each step."""
    founded: tuple[tuple[str, str], ...] = ()
    """Parts that begin with weights of an earlier system: their names here, and there; "" is all of it."""

    frozen: tuple[str, ...] = ()
    """Names of those of them that do not learn."""

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """Run `forward`, or make its NumPy calls again if it can be replayed, see `successors.nn.replay`."""
        output = replayed(self, inputs[0]) if len(inputs) == 1 and not options else None
        return super().__call__(*inputs, **options) if output is None else output

    @property
    def config(self) -> Any:
        """The settings."""
        return self._config

    def learning(self) -> dict[str, Parameter]:
        """Return the parameters that learn, by name: all but those of parts that are frozen."""
        prefixes = tuple(f"{part}." for part in self.frozen)
        return {name: p for name, p in self.parameters().items() if not name.startswith(prefixes)}

    def stand_on(self, foundation: Network) -> None:
        """Copy weights of an earlier system to the parts that `founded` names; nothing changes unless all fit.

        A network that asks the earlier one, whose weights stay as they are and are not its own, overrides it.

        Raises
        ------
        StateError
            If an array is missing, of another shape, or not finite.
        """
        own, arrays, where = dict(self.state()), foundation.state(), type(foundation).__name__
        for part, source in self.founded:
            for name in [n for n in own if n.startswith(f"{part}.")]:
                there = (source + name.removeprefix(part)).removeprefix(".")
                if there not in arrays:
                    raise StateError(f"{there!r} is missing", where=where, remedy="Train the earlier system anew")
                own[name] = arrays[there]
        self.load(own, where=where)

    def stage(self, number: int) -> dict[str, Parameter]:
        """Return the parameters that a stage of the recipe trains, by name: all that learn, unless it says less."""
        return self.learning()

    def begin(self, number: int) -> None:
        """Prepare stage `number` in place, just before its first step, where a network has something to prepare."""

    def descends(self, number: int) -> bool:
        """Return whether a stage descends its loss as it is; not so where it holds a part of it fixed on purpose."""
        return True

    def loss(self, outputs: Tensor, targets: np.ndarray) -> Tensor:
        """Return the loss, a scalar: cross-entropy with labels (n,) int64, unless a network defines its own."""
        return cross_entropy(outputs, targets)

    def decide(self, outputs: np.ndarray) -> np.ndarray:
        """Return the answers given by outputs: for classes, the index of the largest, (n,) int64."""
        return outputs.argmax(-1)

    def judged(self, stimuli: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, Tensor]:
        """Return the answers to checked stimuli in training, and the loss against the targets.

        Networks that read or write text override it: their stimuli, and targets if the answer is text, are str (n,).
        """
        outputs = self(Tensor(stimuli))
        return self.decide(outputs.data), self.loss(outputs, targets)

    def confidence(self, outputs: np.ndarray) -> np.ndarray:
        """Return the probability of each class given by outputs, (n, classes): the softmax of logits."""
        # In double precision, so that small probabilities keep their order.
        return softmax(Tensor(outputs.astype(np.float64))).data

    def outputs(self, stimuli: np.ndarray) -> np.ndarray:
        """Return the outputs from which the answers to checked stimuli are decided; nothing is learned."""
        return self(Tensor(stimuli)).data

    def answer(self, stimuli: np.ndarray) -> np.ndarray:
        """Return the answers to checked stimuli: labels (n,), fields, or lamps; nothing is learned."""
        return self.decide(self.outputs(stimuli))

    def imagine(self, stimuli: np.ndarray, noise: np.ndarray) -> np.ndarray:
        """Return the answers to checked stimuli, given the noise (n, `noise`) of each, where there is noise."""
        raise NotImplementedError

    def write(self, stimuli: np.ndarray) -> np.ndarray:
        """Return the answers (n,) of str to checked stimuli, where the answer is text."""
        raise NotImplementedError

    def pretrain(self, texts: np.ndarray) -> Tensor:
        """Return the pre-training loss of unlabelled texts (n,) of str, where a network can learn from them."""
        raise NotImplementedError

    def learn(self, stimuli: np.ndarray, targets: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Learn from checked stimuli in place, where a network has its own rule; return the answers before learning."""
        raise NotImplementedError
