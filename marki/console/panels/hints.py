"""Hints: what is under the mouse, and what a click or a key does there, in one line."""

from __future__ import annotations

import numpy as np

from marki.console.state.commands import CommandSpec
from marki.console.state.editor_keys import EDITOR_KEYS
from marki.console.state.first_minute import OFFERS
from marki.console.state.push_buttons import BUTTONS
from marki.console.state.scene import Scene
from marki.console.state.targets import GRIDS, Target
from marki.io.frame import SIDE
from marki.language import Words


def barred(scene: Scene) -> list[CommandSpec]:
    """Return the commands that have a button on the bar, in order."""
    return [c for c in scene.commands if c.button and (c.group != "timeline" or scene.timeline is not None)]


def hint(scene: Scene, part: Target | None, words: Words) -> str:
    """Return what a part is and what can be done to it; "" for what needs no word.

    Parameters
    ----------
    scene : Scene
    part : Target or None
        What is under the mouse, or has the focus.
    words : Words
    """
    if part is None:
        return ""
    n = part.number
    if part.kind in GRIDS and not 0 <= n < GRIDS[part.kind][0] * GRIDS[part.kind][1]:
        return ""
    row, column = divmod(n, SIDE)
    view, unit = scene.snapshot.view, n + 1
    broken = scene.ui.tool == "break" and part.kind in ("s", "a", "value")
    match part.kind:
        case "button":
            commands = barred(scene)
            return _key(commands[n], words) if n < len(commands) else ""
        case "key":
            key = EDITOR_KEYS[n]
            return words(f"hint.key_{key.name}", word=key.word)
        case "offer":
            return words(f"hint.offer_{OFFERS[n].name}")
        case _ if broken:
            return words(f"hint.break_{part.kind}", unit=unit)
        case "s":
            state = words("value.on" if view.s.reshape(-1)[n] else "value.off")
            return words("hint.s", unit=unit, row=row + 1, column=column + 1, state=state)
        case "toggle":
            return words("hint.toggle", unit=unit, state=words(f"toggle.{int(scene.forced[n])}"))
        case "a":
            fed = f"R{int(scene.source_set[n]) + 1}"
            return words("hint.a", unit=unit, state=words("value.on" if view.a[n] else "value.off"), fed=fed)
        case "value":
            fed = f"R{int(scene.source_set[n]) + 1}"
            return words("hint.value", unit=unit, deg=f"{float(scene.values[n]):+.1f}", fed=fed)
        case "r" if n >= scene.units:
            return words("hint.r_unused", unit=unit)
        case "r" if scene.holds(n):
            return words("hint.r_held", unit=unit, zone=f"{scene.dead_zone:g}")
        case "r":
            return words("hint.r", unit=unit, count=int(np.count_nonzero(scene.source_set == n)))
        case "force":
            return words("hint.force", unit=unit, state=words(f"toggle.{int(scene.r_forced[n])}"))
        case "cell":
            return words("hint.cell_draft" if scene.ui.draft is not None else "hint.cell")
        case "layer":
            return words("hint.layer", number=unit)
        case "time":
            wrong = bool(n) and bool((scene.mistakes == n - 1).any())
            return words("hint.mistake" if wrong else "hint.time", trial=f"{n:,}", reached=f"{scene.reached:,}")
        case "knob" if n < len(BUTTONS):
            return _knob(BUTTONS[n].name, words)
        case "system" | "plate" if scene.timeline is not None:
            return words("hint.system")
        case _:
            return words.get(f"hint.{part.kind}")


def _knob(name: str, words: Words) -> str:
    """Return the label of a push-button, and what it does where its label does not say it all."""
    label = words(f"timeline.knob.{name}")
    does = words.get(f"hint.knob_{name}") or words.get(f"help.{name}")
    return words("hint.knob_does", label=label, what=does) if does else words("hint.knob", label=label)


def _key(command: CommandSpec, words: Words) -> str:
    """Return what a button does, with its key."""
    caps = ", ".join(command.caps_in(words))
    return words("hint.button", what=command.help_in(words), keys=caps) if caps else command.help_in(words)
