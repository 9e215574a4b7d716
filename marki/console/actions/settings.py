"""Settings of machine and world, changed while it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from marki.config import parse_changes
from marki.console.state.ui_state import Typing
from marki.io.worlds import WorldConfig

if TYPE_CHECKING:
    from marki.console.actions.operator import Operator


def set(op: Operator, changes: dict[str, Any]) -> None:
    """Change settings of the machine."""
    if op.press("set", changes):
        for name, value in changes.items():
            label = op.words.get(f"setting.{name}", name)
            op.tell("message.set", name=label, value=op.shown_value(value))


def world(op: Operator, config: dict[str, Any]) -> None:
    """Open a world and learn in it."""
    if op.press("world", {"config": WorldConfig.from_mapping(config).to_mapping(), "learn": True}):
        op.begin_match()
        name = op.session.configs[list(op.session.configs)[op.session.course]].name
        op.tell("message.world", name=op.words.get(f"choice.{name}", name))


def course(op: Operator, value: dict[str, Any]) -> None:
    """Go over to another course."""
    op.press("course", value)


def turn_setting(op: Operator, value: tuple[str, int]) -> None:
    """Turn a setting up or down."""
    name, way = value
    room, _, inner = name.partition(".")
    config = op.world_config() if room == "world" else op.session.learner.config
    now, meta = {n: (v, meta) for n, v, meta in config.items()}[inner]
    _change(op, name, _turned(now, meta, way))


def type_setting(op: Operator, name: str) -> None:
    """Ask for a value of a setting to be typed."""
    op.ui.typing = Typing(act="typed_setting", value=name)


def typed_setting(op: Operator, value: tuple[str, str]) -> None:
    """Take a typed value of a setting."""
    name, text = value
    _change(op, name, parse_changes([f"{name}={text}"])[name])


def _change(op: Operator, name: str, value: Any) -> None:
    if name.startswith("world."):
        world(op, op.world_config().amend({name.removeprefix("world."): value}).to_mapping())
    else:
        set(op, {name: value})


def _turned(now: Any, meta: Any, way: int) -> Any:
    """Return the next value of a setting up or down: the other, the next choice, or a step of the number."""
    if isinstance(now, bool):
        return not now
    if meta["choices"]:
        choices = meta["choices"]
        return choices[(choices.index(now) + way) % len(choices)]
    if not isinstance(now, (int, float)):
        return now
    low, high = meta["low"], meta["high"]
    if isinstance(now, int):
        step = 1 if abs(now) < 40 else 10 ** (len(str(abs(now))) - 2)
    else:
        step = 10.0 ** np.floor(np.log10(abs(now) / 5)) if now else 0.01
    value = now + way * step
    value = round(value, 6) if isinstance(now, float) else int(value)
    if low is not None:
        value = max(low, value)
    return value if high is None else min(high, value)
