"""Watching: what modules return and are given, while somebody looks; who does not look pays for nothing."""

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
    """A register that is worth looking at.

    Parameters
    ----------
    name : str
        For people.
    path : str
        Dotted path of a module within the network, or that and what an operation in it notes, such as
        ``cells.forget`` or ``block.attention``.
    rendering : Rendering
        How it is drawn.
    given : bool
        Whether what the module is given is meant, not what it returns: what lies between two modules is often bent
        and pooled on its way.
    measure : callable, optional
        ``measure(network, stimuli) -> ndarray``, for networks whose registers are no outputs of modules; `path` is
        then not looked at.
    """

    name: str
    path: str = ""
    rendering: Rendering
    given: bool = False
    measure: Callable[[Any, np.ndarray], np.ndarray] | None = None


class Seen(dict[str, list[np.ndarray]]):
    """What was seen, by dotted path, in order of the calls.

    Attributes
    ----------
    given : dict of str to list of ndarray
        What the modules were given.
    """

    def __init__(self, network: Module):
        super().__init__()
        self.given: dict[str, list[np.ndarray]] = {}
        self._paths = _paths(network)
        self._at = [""]

    def call(self, called: Module, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """Run a module, and keep what it is given and returns."""
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
        """Keep an array of the module that is running."""
        path = self._at[-1]
        self.setdefault(f"{path}.{name}" if path else name, []).append(array.copy())


@contextlib.contextmanager
def watching(network: Module) -> Iterator[Seen]:
    """Watch a network while the block runs.

    Parameters
    ----------
    network : Module
        Its modules are watched; others that run meanwhile are not.

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
    """Return whether somebody looks."""
    return module.watcher is not None


def note(name: str, array: np.ndarray) -> None:
    """Show an array of an operation to whoever looks, under the path of the module that is running and a name."""
    if module.watcher is not None:
        module.watcher.note(name, array)


def views(watches: tuple[Watch, ...], seen: Seen, network: Module, stimuli: np.ndarray) -> tuple[ActivationView, ...]:
    """Return registers ready to be drawn, of one stimulus; those that did not take part are left out.

    Parameters
    ----------
    watches : tuple of Watch
    seen : Seen
        Of one answer.
    network : Module
    stimuli : ndarray
        What it was shown, one alone.
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
    """Return the array of one stimulus in the shape that a look wants.

    Parameters
    ----------
    array : ndarray
        With a first axis of one stimulus; (1, channels, places) are maps if the places make up a square. Attention may
        have any axes before the last two, windows and heads: they become one.
    rendering : Rendering

    Returns
    -------
    ndarray
        float32, but for text.
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
