"""Hooks: record the inputs and outputs of modules; no cost without an active watcher."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from marki.io.exhibits import ActivationView, Rendering
from successors.nn import module
from successors.nn.module import Module
from successors.nn.tensor import Tensor


@dataclass(frozen=True, kw_only=True)
class Watch:
    """A register worth displaying.

    Parameters
    ----------
    name : str
        Name for display.
    path : str
        Dotted path of a module within the network, or that and a name that an operation in it notes, such as
        ``cells.forget`` or ``block.attention``.
    rendering : Rendering
        How to draw it.
    given : bool
        Whether to show the module's input, not its output: between two modules there is often an activation or
        pooling.
    measure : callable, optional
        ``measure(network, stimuli) -> ndarray``, for networks whose registers are not outputs of modules; `path` is
        then ignored.
    """

    name: str
    path: str = ""
    rendering: Rendering
    given: bool = False
    measure: Callable[[Any, np.ndarray], np.ndarray] | None = None


class Seen(dict[str, list[np.ndarray]]):
    """Recorded outputs by dotted path, in the order of the calls.

    Attributes
    ----------
    given : dict of str to list of ndarray
        Recorded inputs of the modules.
    """

    def __init__(self, network: Module):
        super().__init__()
        self.given: dict[str, list[np.ndarray]] = {}
        self._paths = _paths(network)
        self._at = [""]

    def call(self, called: Module, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """Run a module, and record its inputs and outputs."""
        path = self._paths.get(id(called))
        if path is None:
            return called.forward(*inputs, **options)
        if inputs and isinstance(inputs[0], (Tensor, np.ndarray)):
            self.given.setdefault(path, []).append(_array(inputs[0]))
        self._at.append(path)
        try:
            output = called.forward(*inputs, **options)
        finally:
            self._at.pop()
        if isinstance(output, (Tensor, np.ndarray)):
            self.setdefault(path, []).append(_array(output))
        return output

    def note(self, name: str, array: np.ndarray) -> None:
        """Record an array of the module that is running."""
        path = self._at[-1]
        self.setdefault(f"{path}.{name}" if path else name, []).append(array.copy())


@contextlib.contextmanager
def watching(network: Module) -> Iterator[Seen]:
    """Record the modules of a network during the block.

    Parameters
    ----------
    network : Module
        Its modules are recorded; others that run meanwhile are not.

    Yields
    ------
    Seen
    """
    seen = Seen(network)
    before, module.watcher = module.watcher, seen
    try:
        yield seen
    finally:
        module.watcher = before


def watched() -> bool:
    """Return whether a watcher is active."""
    return module.watcher is not None


def note(name: str, array: np.ndarray) -> None:
    """Record an array for the active watcher, if any, under the path of the running module and a name."""
    if module.watcher is not None:
        module.watcher.note(name, array)


def views(watches: tuple[Watch, ...], seen: Seen, network: Module, stimuli: np.ndarray) -> tuple[ActivationView, ...]:
    """Return the registers of one stimulus, ready to be drawn; those that were not computed are left out.

    Parameters
    ----------
    watches : tuple of Watch
    seen : Seen
        The record of one answer.
    network : Module
    stimuli : ndarray
        Its input, a single stimulus.
    """
    found = []
    for watch in watches:
        if watch.measure is not None:
            array = watch.measure(network, stimuli)
        else:
            calls = (seen.given if watch.given else seen).get(watch.path)
            if not calls:
                continue
            array = calls[-1]
        found.append(ActivationView(name=watch.name, rendering=watch.rendering, array=shaped(array, watch.rendering)))
    return tuple(found)


def shaped(array: np.ndarray, rendering: Rendering) -> np.ndarray:
    """Return the array of one stimulus in the shape that a rendering needs.

    Parameters
    ----------
    array : ndarray
        With a first axis of length one; (1, channels, positions) are maps if the positions form a square. Attention may
        have any axes before the last two, such as windows and heads: they are merged into one.
    rendering : Rendering

    Returns
    -------
    ndarray
        float32, except for text.
    """
    if rendering is Rendering.TOKENS:
        return array.reshape(-1)
    array = array.astype(np.float32)
    if rendering is Rendering.ATTENTION:
        return array.reshape(-1, *array.shape[-2:])
    if rendering is Rendering.BARS:
        return array.reshape(-1)
    if rendering is Rendering.ROWS:
        return array.reshape(array.shape[-2:])
    if array.ndim == 3:
        side = round(array.shape[-1] ** 0.5)
        return array.reshape(-1, side, side)
    return array.reshape(array.shape[-3:])


def _array(value: Tensor | np.ndarray) -> np.ndarray:
    return np.array(value.data if isinstance(value, Tensor) else value)


def _paths(network: Module) -> dict[int, str]:
    """Return the dotted path of each module in a network, by its identity; that of the network itself is empty."""
    found: dict[int, str] = {}

    def walk(node: Any, path: str) -> None:
        if isinstance(node, Module):
            found.setdefault(id(node), path)
            items = [(k, v) for k, v in vars(node).items() if not k.startswith("_")]
        elif isinstance(node, dict):
            items = list(node.items())
        elif isinstance(node, (list, tuple)):
            items = list(enumerate(node))
        else:
            return
        for key, value in items:
            walk(value, f"{path}.{key}" if path else str(key))

    walk(network, "")
    return found
