"""Settings of machine and world, changed while it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from marki.config import parse_changes
from marki.console.actions.operator import Operator
from marki.console.actions.view import page_command
from marki.console.state.commands import Argument, CommandSpec
from marki.console.state.ui_state import Typing
from marki.errors import ConfigError, MarkIError, UnknownName, unknown
from marki.io.stimuli import images
from marki.io.stimuli.images import FolderCards
from marki.io.worlds import WorldConfig


def change(op: Operator, changes: Mapping[str, Any]) -> None:
    """Change settings of the machine, and say so."""
    if op.log("set", changes=changes):
        for name, value in changes.items():
            label = op.words.get(f"setting.{name}", name)
            op.tell("message.set", name=label, value=op.with_unit(name, value))


def open_world(op: Operator, config: Mapping[str, Any]) -> None:
    """Open a world, learn in it, and say so."""
    if op.log("world", config=WorldConfig.from_mapping(config).identity(), learn=True):
        op.begin_match()
        name = op.world_config().name
        op.tell("message.world", name=op.words.get(f"choice.{name}", name))
        if name == "images":
            tell_of_folder(op, images.folder(op.world_config().images, op.world_config().pictures))


def tell_of_folder(op: Operator, read: FolderCards) -> None:
    """Say also what was done to the pictures of a folder, what was passed over, and what is odd about their names."""
    said = read.remarks(op.words)
    op.say(op.words.sentences(op.ui.message, *said), alarm=len(said) > 1)


def turn_setting(op: Operator, name: str, way: int) -> None:
    """Turn a setting up or down."""
    room, _, inner = name.partition(".")
    config = op.world_config() if room == "world" else op.session.learner.config
    found = {n: (value, meta) for n, value, meta in config.items()}
    if room not in ("world", "machine") or inner not in found:
        raise unknown(
            "setting", name, [f"{'world' if room == 'world' else 'machine'}.{n}" for n in found], where="settings"
        )
    now, meta = found[inner]
    if name == "world.name":
        _turn_world(op, meta["choices"], way)
        return
    _change_one(op, name, turned_setting(now, meta, way))


def pick_setting(op: Operator, name: str, way: int = 1) -> None:
    """Open the list to pick a world from; of another setting take the next choice."""
    if name == "world.name":
        op.turn_to("worlds")
    else:
        turn_setting(op, name, way)


def choose_world(op: Operator, name: str) -> None:
    """Open a world by its name; for pictures that were not opened yet, the page on which their folder is chosen."""
    now = op.world_config()
    if name != "images" or now.images:
        wanted = now.amend({"name": name})
    elif (opened := _opened_pictures(op)) is not None:
        wanted = opened
    else:
        op.turn_to("open")
        op.tell("message.world_of_pictures")
        return
    if wanted != now:
        open_world(op, wanted.to_mapping())


def _opened_pictures(op: Operator) -> WorldConfig | None:
    """Return the settings of the folder of pictures that was opened in this run, if one was."""
    return next((c for c in op.session.configs.values() if c.name == "images"), None)


def _turn_world(op: Operator, names: Sequence[str], way: int) -> None:
    """Open the next world; pictures are passed over, and that is said, as long as no folder of them was opened."""
    config = op.world_config()
    at = (names.index(config.name) + way) % len(names)
    if names[at] == "images" and not config.images:
        opened = _opened_pictures(op)
        if opened is not None:
            open_world(op, opened.to_mapping())
            return
        at = (at + (1 if way > 0 else -1)) % len(names)
        open_world(op, config.amend({"name": names[at]}).to_mapping())
        if op.ui.question is None:
            op.say(op.words.sentences(op.ui.message, op.words("message.world_no_pictures")))
        return
    open_world(op, config.amend({"name": names[at]}).to_mapping())


def type_setting(op: Operator, name: str) -> None:
    """Ask for a value of a setting to be typed."""
    op.ui.typing = Typing("typed_setting", {"name": name})


def typed_setting(op: Operator, name: str, text: str) -> None:
    """Take a typed value of a setting."""
    _change_one(op, name, parse_changes([f"{name}={text}"])[name])


def _change_one(op: Operator, name: str, value: Any) -> None:
    room, _, inner = name.partition(".")
    try:
        if room == "world":
            open_world(op, op.world_config().amend({inner: value}).to_mapping())
        else:
            op.session.learner.config.amend({inner: value})  # refused before anything is asked
            change(op, {name: value})
    except MarkIError as error:  # as the page calls it, not by the name of a class in the program
        if isinstance(error, (ConfigError, UnknownName)) or error.where == name:
            raise error.at(op.words.get(f"setting.{name}", name)) from error
        raise


def turned_setting(now: Any, meta: Mapping[str, Any], way: int) -> Any:
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


NAME = Argument("name", str)
WORLDS = next(meta["choices"] for name, _, meta in WorldConfig().items() if name == "name")
COMMANDS = (
    page_command("settings", "g", "hands", place=3),
    CommandSpec(name="open_world", do=open_world, arguments=(Argument("config", dict),)),
    CommandSpec(name="turn_setting", do=turn_setting, arguments=(NAME, Argument("way", int))),
    CommandSpec(name="pick_setting", do=pick_setting, arguments=(NAME, Argument("way", int, optional=True))),
    CommandSpec(name="choose_world", do=choose_world, arguments=(Argument("name", str, choices=WORLDS),)),
    CommandSpec(name="type_setting", do=type_setting, arguments=(NAME,)),
    CommandSpec(name="typed_setting", do=typed_setting, arguments=(NAME, Argument("text", str))),
)
