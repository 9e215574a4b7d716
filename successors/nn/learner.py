"""Networks as learners: the Mark I's contract, for networks that learn by gradients or by a rule of their own.

All randomness of a learner follows from its seed and step number, and both are registers: restoring the registers
restores the run.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

import numpy as np

from marki.errors import ConfigError, PortError
from marki.io.asked import check_asked
from marki.io.frame import SIDE, check_frames
from marki.io.learner import Learner
from marki.io.ports import Port
from marki.io.reels import check_reels
from marki.io.responses import R_UNITS, check_lamps
from marki.io.text import check_text
from marki.registers import Register
from marki.seeding import Noise, generator
from successors.nn.augmentation import disturbed
from successors.nn.labels import Labels
from successors.nn.module import training
from successors.nn.network import Network
from successors.nn.optimiser import Average, Diverged, Optimiser, clip
from successors.nn.recipe import NetworkConfig, Recipe
from successors.nn.tensor import Parameter, Tensor, held, no_grad

ROWS = 256
"""Stimuli answered at a time."""


N = TypeVar("N", bound=Network)


class Successor(Generic[N]):
    """Base of all learners of the timeline: a network, a seed and a step number.

    Parameters
    ----------
    network : callable
        ``network(config, rng) -> Network``.
    config : NetworkConfig
    accepts, answers : Port
    seed : int
    """

    def __init__(
        self,
        network: Callable[[Any, np.random.Generator], N],
        config: NetworkConfig,
        *,
        accepts: Port = Port.FRAME,
        answers: Port = Port.LAMPS,
        seed: int = 0,
    ):
        self._make, self.config = network, config
        self.accepts, self.answers = accepts, answers
        self.labels = Labels(config.classes) if answers is Port.LAMPS and config.classes else None
        self._asked = Labels(config.classes) if accepts is Port.LAMPS and config.classes else None
        self._seed, self._step = np.zeros(1, np.int64), np.zeros(1, np.int64)
        self._foundation: Network | None = None
        self.network: N
        self.reset(seed)

    def __repr__(self) -> str:
        ports = f"{self.accepts} to {self.answers}"
        return f"<{self.name}: {ports}, {self.network.count():,} parameters, step {self.step}, seed {self._seed[0]}>"

    @property
    def name(self) -> str:
        """Name of the network."""
        return getattr(self._make, "__name__", "network")

    @property
    def recipe(self) -> Recipe:
        """How it is trained."""
        return self.config.recipe

    def reset(self, seed: int) -> None:
        """Return to the untrained state of `seed`; what stands on weights of an earlier system begins with these."""
        if not isinstance(seed, (int, np.integer)) or isinstance(seed, bool) or seed < 0:
            raise ConfigError(f"seed {seed!r}", where=self.name, remedy="Give a whole number of 0 or more")
        self._seed = np.array([seed], np.int64)
        self._step = np.zeros(1, np.int64)
        self.network = self._make(self.config, generator(seed, self.name))
        if self._foundation is not None:
            self.network.stand_on(self._foundation)
        self._rows = Noise(seed, f"{self.name}.z", self.network.noise)
        self._noise = self._rows.row(0).astype(np.float32)
        self.average: Average | None = None
        self._equip()

    def _equip(self) -> None:
        """Create what is needed besides the network."""

    @property
    def noise(self) -> np.ndarray:
        """The noise of the first stimulus of a call, a live register: whoever turns it sees another answer."""
        return self._noise

    @property
    def step(self) -> int:
        """Steps of reinforcement so far."""
        return int(self._step[0])

    def respond(self, stimuli: np.ndarray) -> np.ndarray:
        """Answer each stimulus; nothing is learned.

        Parameters
        ----------
        stimuli : ndarray
            (n, 20, 20) frames or fields, (n, T, 20, 20) reels, 0…1; (n, 8) bool for lamps, of which all dark means
            any; (n,) of str for text; (n,) with the fields ``frame`` and ``text`` for pictures with questions.

        Returns
        -------
        ndarray
            (n, 8) bool for lamps, (n, 20, 20) float32 for fields, (n,) of str for text.

        Raises
        ------
        PortError
            For a wrong shape, values that are not finite, or light outside 0 to 1.
        """
        x = self._check(stimuli)
        with no_grad(), self._averaged():
            parts = [self._shown(self._answered(x[k : k + ROWS], k)) for k in range(0, len(x), ROWS)]
        if not parts:
            return self._nothing()
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _answered(self, stimuli: np.ndarray, first: int) -> np.ndarray:
        """Return the network's answers to checked stimuli, of which the first is number `first` of the call."""
        if self.answers is Port.TEXT:
            return self.network.write(stimuli)
        if self.network.noise:
            return self.network.imagine(stimuli, self.noise_of(first, len(stimuli)))
        return self.network.answer(stimuli)

    def noise_of(self, first: int, count: int) -> np.ndarray:
        """Return the noise of `count` stimuli of a call from number `first` on, (count, `network.noise`) float32.

        It follows from the seed and the number, so that equal questions in one call are answered differently, and a
        call is answered as before when it is made again. That of number 0 is a register, `noise`.
        """
        rows = [self._rows.row(k) for k in range(first, first + count)]
        found = np.array(rows, np.float32).reshape(count, self.network.noise)
        if not first and count:
            found[0] = self._noise
        return found

    def _averaged(self) -> AbstractContextManager[None]:
        """Return the block in which the mean of the weights answers, if one is kept."""
        return nullcontext() if self.average is None else self.average.answering()

    def weigh(self, stimuli: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Answer a few stimuli, and return the probabilities of the classes; nothing is learned.

        Parameters
        ----------
        stimuli : ndarray
            As in `respond`.

        Returns
        -------
        answers : ndarray
            As of `respond`.
        shares : ndarray, shape (n, classes)
            Probability of each class; NaN for a system that has none, and no columns if there are no classes.

        Raises
        ------
        PortError
            As in `respond`.
        """
        answers = self.respond(stimuli)
        classes = 0 if self.labels is None else len(self.labels.code)
        return answers, np.full((len(answers), classes), math.nan)

    def reinforce(self, stimuli: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Learn from stimuli and targets; return the answers given before learning.

        Frames are shifted and warped first if the recipe says so; the answers are to the changed frames.

        Parameters
        ----------
        stimuli : ndarray
            As in `respond`.
        targets : ndarray
            (n, 8) bool for lamps, (n, 20, 20) from 0 to 1 for fields, (n,) of str for text.

        Returns
        -------
        ndarray
            As of `respond`.

        Raises
        ------
        PortError
            For stimuli or targets that do not fit; nothing has changed then.
        Diverged
            If the loss or a gradient is no longer finite; the weights have not changed then.
        """
        x = self._check(stimuli)
        if self.answers is Port.LAMPS:
            wanted = check_lamps(targets, len(x))
            if self.labels is not None:
                wanted = self.labels.read(wanted)
        else:
            where = f"{self.answers} port"
            wanted = (check_text if self.answers is Port.TEXT else check_frames)(targets, where=where)
            if len(wanted) != len(x):
                raise PortError(f"{len(wanted)} targets for {len(x)} stimuli", where=where, remedy="Give one for each")
        if not len(x):
            return self._nothing()
        rng = generator(int(self._seed[0]), f"{self.name}.step", self.step)
        if self.answers is not Port.FIELD:
            x = self._disturbed(x, rng)
        answers = self._learn(x, wanted, rng)
        self._step += 1
        return self._shown(answers)

    def _disturbed(self, stimuli: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return checked stimuli with their frames shifted and warped as the recipe says."""
        if self.accepts is Port.FRAME:
            return disturbed(stimuli, self.recipe.shift, self.recipe.affine, rng)
        if self.accepts is Port.ASKED:
            stimuli["frame"] = disturbed(stimuli["frame"], self.recipe.shift, self.recipe.affine, rng)
        return stimuli

    def _learn(self, stimuli: np.ndarray, targets: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        raise NotImplementedError

    def _check(self, stimuli: np.ndarray) -> np.ndarray:
        """Return stimuli in the form of the port, or refuse them; frames are the caller's own, and only looked at."""
        if self.accepts is Port.REEL:
            return check_reels(stimuli, copy=False)
        if self.accepts is Port.TEXT:
            return check_text(stimuli)
        if self.accepts is Port.ASKED:
            return check_asked(stimuli)
        if self.accepts is Port.LAMPS:
            lit = np.asarray(stimuli)
            shown = check_lamps(lit, len(lit) if lit.ndim > 1 else 1)
            if self._asked is not None:
                self._asked.asked(shown)
            return shown
        return check_frames(stimuli, where=f"{self.accepts} port", copy=False)

    def _shown(self, answers: np.ndarray) -> np.ndarray:
        """Return the answers in the form of the port."""
        return answers if self.labels is None else self.labels.lamps(answers)

    def _nothing(self) -> np.ndarray:
        if self.answers is Port.TEXT:
            return np.zeros(0, "U1")
        return np.zeros((0, R_UNITS), bool) if self.answers is Port.LAMPS else np.zeros((0, SIDE, SIDE), np.float32)

    def weights(self) -> dict[str, np.ndarray]:
        """Return the weights to be shipped, live arrays by name: those of the network, or their mean if one is kept."""
        return self.network.state() | (self.average.values if self.average else {})

    def load_weights(self, arrays: Mapping[str, np.ndarray], *, where: object = None) -> None:
        """Load weights; nothing changes unless all of them fit.

        Raises
        ------
        StateError
            If an array is missing, unexpected, of another shape, or not finite.
        """
        self.network.load(arrays, where=where)
        if self.average is not None:
            self.average.reset()

    def stand_on(self, foundation: Network) -> None:
        """Stand on a network of an earlier system, now and after each reset; see `Network.stand_on`."""
        self.network.stand_on(foundation)
        self._foundation = foundation
        if self.average is not None:
            self.average.reset()

    def registers(self) -> list[Register]:
        """List all state."""
        parameters = self.network.parameters()
        return [
            Register("learner.seed", self._seed, "", "Root of all that is drawn."),
            Register("learner.step", self._step, "", "Steps of reinforcement so far."),
            *([Register("learner.noise", self._noise, "", "Noise of the first answer.")] if self._noise.size else []),
            *(
                Register(f"network.{n}", a, "", f"{'Weights' if n in parameters else 'State'} {n} of the network.")
                for n, a in self.network.state().items()
            ),
            *(
                Register(f"average.{n}", a, "", f"Running mean of weights {n}, which answers.")
                for n, a in (self.average.values if self.average else {}).items()
            ),
        ]


class ByGradient(Successor[N]):
    """A learner that takes one step along the gradient of the mean loss of the batch it is given."""

    optimisers: list[Optimiser]
    """One for each stage."""

    last_loss: float

    def _equip(self) -> None:
        network, recipe = self.network, self.recipe
        self.optimisers = [recipe.build(network.stage(k)) for k in range(max(1, len(recipe.stages)))]
        self.average = Average(network.learning(), keep=recipe.average) if recipe.average else None
        self.last_loss = math.nan

    @property
    def optimiser(self) -> Optimiser:
        """The optimiser of the present stage."""
        return self.optimisers[self.recipe.stage_at(self.step)[0]]

    def pretrain(self, texts: np.ndarray) -> None:
        """Pre-train on unlabelled texts.

        Parameters
        ----------
        texts : ndarray
            (n,) of str.

        Raises
        ------
        PortError
            For what is not text; nothing has changed then.
        Diverged
            As of `reinforce`.
        """
        texts = check_text(texts)
        with training(generator(int(self._seed[0]), f"{self.name}.step", self.step)):
            loss = self.network.pretrain(texts)
        self._descend(loss)
        self._step += 1

    def _learn(self, stimuli: np.ndarray, targets: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        network, others = self.network, list[Parameter]()
        if self.recipe.stages:
            network.at_stage, first, steps = self.recipe.stage_at(self.step)
            network.progress = (self.step - first) / max(1, steps)
            if self.step == first:
                network.begin(network.at_stage)
        if self.recipe.stages or network.frozen:
            trained = self.optimiser.parameters
            others = [p for name, p in network.parameters().items() if name not in trained]
        with held(others):
            with training(rng):
                answers, loss = network.judged(stimuli, targets)
            self._descend(loss)
        return answers

    def _descend(self, loss: Tensor) -> None:
        """Take one step along the gradient of a loss."""
        optimiser = self.optimiser
        parameters = optimiser.parameters
        for p in parameters.values():
            p.grad = None
        self.last_loss = loss.item()
        if not math.isfinite(self.last_loss):
            raise Diverged(
                f"the loss is {self.last_loss} at step {self.step}",
                where=self.name,
                remedy="Lower the learning rate, or clip the gradient",
            )
        loss.backward()
        if self.recipe.clip:
            clip(parameters, self.recipe.clip)
        optimiser.step(self.recipe.rate_at(self.step))
        if self.average is not None:
            self.average.update()

    def weigh(self, stimuli: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Answer a few stimuli, and return the probabilities of the classes."""
        if self.labels is None or not len(stimuli):
            return super().weigh(stimuli)
        x = self._check(stimuli)
        with no_grad(), self._averaged():
            outputs = self.network.outputs(x)
        return self._shown(self.network.decide(outputs)), self.network.confidence(outputs)

    def registers(self) -> list[Register]:
        """List all state, that of the optimiser included."""
        return [
            *super().registers(),
            *optimiser_registers("optimiser", self.optimisers),
        ]


def optimiser_registers(name: str, optimisers: Sequence[Optimiser]) -> Iterator[Register]:
    """Yield the registers of the optimisers of all stages, which are numbered if there are several."""
    for k, optimiser in enumerate(optimisers):
        own = name if len(optimisers) == 1 else f"{name}{k}"
        for n, array in optimiser.state().items():
            yield Register(f"{own}.{n}", array, "", f"{n} of the {own}.")


@runtime_checkable
class Pretrainable(Learner, Protocol):
    """A learner that can be pre-trained on unlabelled texts."""

    def pretrain(self, texts: np.ndarray) -> None:
        """Take one pre-training step on texts (n,) of str."""


@runtime_checkable
class Measured(Protocol):
    """A learner with the loss of its last step; NaN before the first, and for one that has no loss."""

    @property
    def last_loss(self) -> float:
        """The loss."""
        ...


class ByRule(Successor[N]):
    """A learner whose network has its own rule: ``learn(stimuli, targets, rng) -> answers before``, in place."""

    def _learn(self, stimuli: np.ndarray, targets: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        with no_grad():
            return self.network.learn(stimuli, targets, rng)
