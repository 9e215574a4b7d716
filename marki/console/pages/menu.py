"""The menu: every command, a line each, for those who do not know the keys yet."""

from __future__ import annotations

from marki.console.pages.context import Context
from marki.console.state.blocks import Heading, PageBlock, PageRow


def menu(context: Context) -> list[PageBlock]:
    """Return the commands that have no button, by group, then the others."""
    words, locked, scene = context.words, context.operator.locked(), context.scene
    found: list[PageBlock] = []
    group = ""
    for command in sorted(scene.commands, key=lambda c: c.group == "time"):
        if not command.listed or command.name in locked:
            continue
        if command.group == "timeline" and scene.timeline is None:
            continue
        if command.group != group:
            group = command.group
            found.append(Heading(words(f"group.{group}")))
        found.append(PageRow(command.label_in(words), right="".join(command.caps_in(words)[:1]), command=command.name))
    return found
