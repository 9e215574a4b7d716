"""The menu: every command, a line each, for those who do not know the keys yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from marki.console.state.blocks import Heading, PageBlock, PageRow
from marki.console.state.keymap import BINDINGS

if TYPE_CHECKING:
    from marki.console.pages import Context

LEFT_OUT = ("menu", "focus", "press", "leave")


def menu(context: Context) -> list[PageBlock]:
    """Return the commands that have no button, by group, then the others."""
    words, locked = context.words, context.operator.locked()
    found: list[PageBlock] = []
    group = ""
    for binding in sorted(BINDINGS, key=lambda b: b.group == "time"):
        if binding.command in LEFT_OUT or binding.command in locked:
            continue
        if binding.group == "timeline" and context.scene.timeline is None:
            continue
        if binding.group != group:
            group = binding.group
            found.append(Heading(words(f"group.{group}")))
        found.append(
            PageRow(words(f"command.{binding.command}"), right=binding.caps[0], act="command", value=binding.command)
        )
    return found
