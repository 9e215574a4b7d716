"""Optimisers: from gradients to new weights, in place; their arrays are registers, so that a run resumes exactly."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from marki.errors import MarkIError
from successors.nn.tensor import Parameter


class Diverged(MarkIError):
    """A gradient or loss that is no longer finite.

    Attributes
    ----------
    step : int
        Steps that the training had taken; 0 outside one.
    reason : str
        What is no longer finite.
    """

    step: int = 0
    reason: str = ""


SMALL, MANY = 1 << 12, 8
"""Parameters of so few elements are updated together, if there are so many: calls cost more there than arithmetic."""


class _Flock:
    """Small parameters of one kind, which an optimiser updates as one flat array.

    Parameters
    ----------
    parameters : mapping of str to Parameter
        Of one dtype; all decay, or none.
    slots : sequence of str
        Names of the arrays that the optimiser keeps for each parameter.
    """

    def __init__(self, parameters: Mapping[str, Parameter], slots: Sequence[str]):
        self.parameters = dict(parameters)
        self._ends = np.cumsum([p.size for p in self.parameters.values()]).tolist()
        dtype = next(iter(self.parameters.values())).dtype
        self.slots = {s: np.zeros(self._ends[-1], dtype) for s in slots}
        self.__setstate__({})

    def __getstate__(self) -> dict[str, object]:
        """Return all but the views, which would be arrays of their own in a copy."""
        return {key: value for key, value in vars(self).items() if key != "_parts"}

    def __setstate__(self, state: Mapping[str, object]) -> None:
        vars(self).update(state)
        self._parts: dict[str, dict[str, np.ndarray]] = {}
        for slot, whole in self.slots.items():
            named = zip(self.parameters.items(), np.split(whole, self._ends[:-1]), strict=True)
            self._parts[slot] = {name: part.reshape(p.shape) for (name, p), part in named}

    def of(self, slot: str) -> dict[str, np.ndarray]:
        """Return the part of each parameter in a slot, as views in its shape, always the same."""
        return self._parts[slot]

    def values(self) -> np.ndarray:
        """Return a flat copy of all weights."""
        return np.concatenate([p.data for p in self.parameters.values()], axis=None)

    def gradients(self) -> np.ndarray | None:
        """Return all gradients, flat; None unless every parameter has one."""
        found = [p.grad for p in self.parameters.values() if p.grad is not None]
        return np.concatenate(found, axis=None) if len(found) == len(self.parameters) else None

    def put(self, values: np.ndarray) -> None:
        """Write flat weights to the parameters."""
        begin = 0
        for p, end in zip(self.parameters.values(), self._ends, strict=True):
            p.data[...] = values[begin:end].reshape(p.data.shape)
            begin = end


class Optimiser:
    """Base of optimisers: the parameters and the number of steps taken.

    Parameters
    ----------
    parameters : mapping of str to Parameter
    decay : float
        Weight decay of those parameters that decay.

    Attributes
    ----------
    steps : (1,) int64
        Steps taken.
    """

    slots: tuple[str, ...] = ()

    def __init__(self, parameters: Mapping[str, Parameter], *, decay: float):
        self.parameters, self.decay = dict(parameters), decay
        self.steps = np.zeros(1, np.int64)
        small: dict[tuple[bool, np.dtype], dict[str, Parameter]] = {}
        for name, p in self.parameters.items():
            if p.size <= SMALL:
                small.setdefault((p.decays, p.dtype), {})[name] = p
        self._flocks = [_Flock(those, self.slots) for those in small.values() if len(those) >= MANY]
        together = {n for flock in self._flocks for n in flock.parameters}
        alone = {n: p for n, p in self.parameters.items() if n not in together}
        self._slots = {n: {s: np.zeros_like(p.data) for s in self.slots} for n, p in alone.items()}

    def state(self) -> dict[str, np.ndarray]:
        """Return all live arrays: ``steps`` and ``slot.parameter``."""
        found = {"steps": self.steps}
        for s in self.slots:
            arrays = {n: slots[s] for n, slots in self._slots.items()}
            for flock in self._flocks:
                arrays |= flock.of(s)
            found |= {f"{s}.{n}": arrays[n] for n in self.parameters}
        return found

    def reset(self) -> None:
        """Reset all state except the parameters."""
        for array in self.state().values():
            array[...] = 0

    def step(self, rate: float) -> None:
        """Take one step with learning rate `rate` against the gradients, and clear them.

        Raises
        ------
        Diverged
            If a gradient is not finite; nothing has changed then.
        """
        norm(self.parameters)  # refuses gradients that are not finite, before anything changes
        self.steps += 1
        slots_of = dict(self._slots)
        for flock in self._flocks:
            gradients = flock.gradients()
            if gradients is None:  # a part of them has none: each that has is updated by itself
                parts = {s: flock.of(s) for s in self.slots}
                slots_of |= {n: {s: parts[s][n] for s in self.slots} for n in flock.parameters}
            else:
                values, first = flock.values(), next(iter(flock.parameters.values()))
                self._update(flock.slots, values, gradients, rate, self.decay if first.decays else 0.0)
                flock.put(values)
        for name, slots in slots_of.items():
            p = self.parameters[name]
            if p.grad is not None:
                self._update(slots, p.data, p.grad, rate, self.decay if p.decays else 0.0)
        for p in self.parameters.values():
            p.grad = None

    def _update(
        self, slots: Mapping[str, np.ndarray], value: np.ndarray, gradient: np.ndarray, rate: float, decay: float
    ) -> None:
        """Take a step with some weights and their slots, in place."""
        raise NotImplementedError


class SGD(Optimiser):
    """Gradient descent with momentum: m ← momentum · m + g (+ decay · w); w ← w - rate · m.

    Rumelhart, Hinton and Williams 1986, eq. 9, include the rate in m; this is the same for a constant rate.

    Parameters
    ----------
    parameters : mapping of str to Parameter
    momentum : float
        Fraction of the last update that is kept.
    nesterov : bool
        Whether to use Nesterov momentum, Sutskever et al. 2013.
    decay : float
        Weight decay, added to the gradient of those parameters that decay.
    """

    slots = ("momentum",)

    def __init__(
        self,
        parameters: Mapping[str, Parameter],
        *,
        momentum: float = 0.0,
        nesterov: bool = False,
        decay: float = 0.0,
    ):
        super().__init__(parameters, decay=decay)
        self.momentum, self.nesterov = momentum, nesterov

    def _update(
        self, slots: Mapping[str, np.ndarray], value: np.ndarray, gradient: np.ndarray, rate: float, decay: float
    ) -> None:
        g = gradient + decay * value if decay else gradient
        m = slots["momentum"]
        m *= self.momentum
        m += g
        value -= rate * (g + self.momentum * m if self.nesterov else m)


class Adam(Optimiser):
    """Adam, Kingma and Ba 2015, algorithm 1; with `decay`, AdamW of Loshchilov and Hutter 2019, algorithm 2.

    Parameters
    ----------
    parameters : mapping of str to Parameter
    betas : (float, float)
        Decay rates of the running means of the gradient and of its square.
    eps : float
        Added to the square root of the second.
    decay : float
        Decoupled weight decay of those parameters that decay: w ← w - rate · decay · w.
    """

    slots = ("mean", "square")

    def __init__(
        self,
        parameters: Mapping[str, Parameter],
        *,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        decay: float = 0.0,
    ):
        super().__init__(parameters, decay=decay)
        self.betas, self.eps = betas, eps

    def _update(
        self, slots: Mapping[str, np.ndarray], value: np.ndarray, gradient: np.ndarray, rate: float, decay: float
    ) -> None:
        first, second = self.betas
        t = int(self.steps[0])
        mean, square = slots["mean"], slots["square"]
        if decay:
            value *= 1 - rate * decay
        mean *= first
        mean += (1 - first) * gradient
        square *= second
        square += (1 - second) * (gradient * gradient)
        change = np.sqrt(square, out=np.empty_like(square))  # of no axes, NumPy would give a scalar otherwise
        change *= 1 / math.sqrt(1 - second**t)
        change += self.eps
        np.divide(mean, change, out=change)
        change *= rate / (1 - first**t)
        value -= change


def norm(parameters: Mapping[str, Parameter]) -> float:
    """Return the Euclidean norm of all gradients together; it is finite if they are.

    Raises
    ------
    Diverged
        If a gradient is not finite.
    """
    gradients = [p.grad for p in parameters.values() if p.grad is not None]
    square = sum(float(np.vdot(g, g)) for g in gradients)
    if math.isfinite(square):
        return math.sqrt(square)
    if not all(np.isfinite(g).all() for g in gradients):
        raise Diverged(
            "a gradient is not a number", remedy="Lower the learning rate, or clip the gradient", where="optimiser"
        )
    # The squares are too large for the dtype, though the numbers themselves are not.
    largest = max(float(np.abs(g).max(initial=0)) for g in gradients)
    parts = [np.divide(g, largest, dtype=np.float64) for g in gradients]
    return largest * math.sqrt(sum(float(np.vdot(g, g)) for g in parts))


def clip(parameters: Mapping[str, Parameter], limit: float) -> float:
    """Clip the norm of all gradients to `limit`, Pascanu et al. 2013, algorithm 1; return the norm before.

    Raises
    ------
    Diverged
        If a gradient is not finite; nothing has changed then.
    """
    length = norm(parameters)
    if length > limit:
        for p in parameters.values():
            if p.grad is not None:
                p.grad = p.grad * (limit / length)
    return length


class Average:
    """A running mean of weights: a ← keep · a + (1 - keep) · w, Polyak's averaging with a horizon of 1 / (1 - keep).

    Parameters
    ----------
    parameters : mapping of str to Parameter
    keep : float
        Fraction kept at each step, 0 to 1.
    """

    def __init__(self, parameters: Mapping[str, Parameter], *, keep: float = 0.999):
        self.parameters, self.keep = dict(parameters), keep
        self.values = {n: p.data.copy() for n, p in self.parameters.items()}

    def update(self) -> None:
        """Update the mean with the current weights."""
        for name, p in self.parameters.items():
            a = self.values[name]
            a *= self.keep
            a += (1 - self.keep) * p.data

    def swap(self) -> None:
        """Swap the weights and their mean, in place; a second call swaps them back."""
        for name, p in self.parameters.items():
            kept = p.data.copy()
            p.data[...] = self.values[name]
            self.values[name][...] = kept

    @contextlib.contextmanager
    def answering(self) -> Iterator[None]:
        """Put the mean in the place of the weights, to the bit, for as long as the block lasts."""
        self.swap()
        try:
            yield
        finally:
            self.swap()

    def reset(self) -> None:
        """Begin the mean anew with the current weights."""
        for name, p in self.parameters.items():
            self.values[name][...] = p.data
