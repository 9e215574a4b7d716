"""Modules: named parameters, in training and evaluation mode.

A module is a plain object; its parameters are found by walking its attributes, in order of creation. The
`training(rng)` context, not a flag on the module, sets training mode: it provides the generator for dropout and lets
batch normalisation update its running moments. Outside it, modules run in evaluation mode.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any, Self

import numpy as np

from marki.errors import StateError
from successors.nn.tensor import Parameter, Tensor

_generators: list[np.random.Generator | None] = []
_changes = 0

watcher: Any = None
"""The active watcher, see `successors.nn.hooks`; None if there is none."""


@contextlib.contextmanager
def training(rng: np.random.Generator) -> Iterator[None]:
    """Run modules in training mode, with `rng` as their source of randomness."""
    _generators.append(rng)
    try:
        yield
    finally:
        _generators.pop()


@contextlib.contextmanager
def evaluating() -> Iterator[None]:
    """Run modules in evaluation mode, also inside a training: parts of a network that do not learn."""
    _generators.append(None)
    try:
        yield
    finally:
        _generators.pop()


def training_rng() -> np.random.Generator | None:
    """Return the generator of the active training context, or None outside one."""
    return _generators[-1] if _generators else None


def changes() -> int:
    """Return how many attributes of modules have been set so far."""
    return _changes


class Module:
    """Base of all layers and networks: a subclass defines `forward`; its parameters are found by name."""

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """Run `forward`."""
        if watcher is not None:
            return watcher.call(self, inputs, options)
        return self.forward(*inputs, **options)

    def __setattr__(self, name: str, value: Any) -> None:
        global _changes
        _changes += 1
        object.__setattr__(self, name, value)

    def forward(self, *inputs: Any, **options: Any) -> Any:
        """Compute the output; every subclass defines its own."""
        raise NotImplementedError

    def parameters(self) -> dict[str, Parameter]:
        """Return the trainable parameters by dotted name; one used in two places is listed once."""
        found: dict[str, Parameter] = {}
        seen: set[int] = set()
        for name, value in _walk(self, ""):
            if isinstance(value, Parameter) and id(value) not in seen:
                seen.add(id(value))
                found[name] = value
        return found

    def buffers(self) -> dict[str, np.ndarray]:
        """Return arrays that change without gradient, such as running means, by dotted name."""
        return {name: value for name, value in _walk(self, "") if isinstance(value, np.ndarray)}

    def state(self) -> dict[str, np.ndarray]:
        """Return all live arrays, parameters and buffers, by dotted name."""
        return {name: p.data for name, p in self.parameters().items()} | self.buffers()

    def load(self, state: Mapping[str, np.ndarray], *, where: object = None) -> None:
        """Copy arrays into the live ones; nothing changes unless all of them fit.

        Raises
        ------
        StateError
            If an array is missing, unexpected, of another shape, or not finite.
        """
        own = self.state()
        remedy = "Give weights that were saved from this system with these settings"
        for name in [n for n in own if n not in state] + [n for n in state if n not in own]:
            what = "is missing" if name in own else "belongs to no part of this network"
            raise StateError(f"array {name!r} {what}", where=where, remedy=remedy)
        for name, array in own.items():
            given = state[name]
            if given.shape != array.shape:
                raise StateError(f"array {name!r} is {given.shape}, not {array.shape}", where=where, remedy=remedy)
            if given.dtype.kind == "f" and not np.isfinite(given).all():
                raise StateError(f"array {name!r} holds NaN or infinity", where=where, remedy=remedy)
        for name, array in own.items():
            array[...] = state[name]

    def count(self) -> int:
        """Return the number of trainable parameters."""
        return sum(p.size for p in self.parameters().values())

    def astype(self, dtype: type) -> Self:
        """Convert all parameters and float buffers to `dtype`, for gradient checks; return self."""
        for _, owner, key, value in places(self, ""):
            if isinstance(value, Parameter):
                value.data = value.data.astype(dtype)
            elif isinstance(value, np.ndarray) and value.dtype.kind == "f":
                owner[key] = value.astype(dtype)
        return self


def _walk(module: Module, prefix: str) -> Iterator[tuple[str, Any]]:
    for name, _, _, value in places(module, prefix):
        yield name, value


def places(node: Any, prefix: str = "") -> Iterator[tuple[str, Any, Any, Any]]:
    """Yield (dotted name, container, key, value) of every parameter and array below `node`, in order of creation."""
    if isinstance(node, Module):
        node = vars(node)
        items: Any = [(k, v) for k, v in node.items() if not k.startswith("_")]
    elif isinstance(node, dict):
        items = list(node.items())
    else:
        items = list(enumerate(node))
    for key, value in items:
        if isinstance(value, (Tensor, np.ndarray)):
            yield f"{prefix}{key}", node, key, value
        elif isinstance(value, (Module, dict)) or (isinstance(value, (list, tuple)) and _holds_modules(value)):
            yield from places(value, f"{prefix}{key}.")


def _holds_modules(values: Any) -> bool:
    return any(isinstance(v, (Module, Tensor, dict, list, tuple)) for v in values)
