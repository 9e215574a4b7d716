"""The pages at the side, each a function from what is known to blocks."""

from __future__ import annotations

from collections.abc import Callable

from marki.console.pages import cards, exhibit, inspect, lessons, menu, preview, records, room, settings, sheets
from marki.console.pages.context import Context
from marki.console.state.blocks import PageBlock

PAGES: dict[str, Callable[[Context], list[PageBlock]]] = {
    "menu": menu.menu,
    "inspect": inspect.inspect,
    "provenance": inspect.provenance_of,
    "confusion": records.confusion,
    "journal": records.journal,
    "settings": settings.settings,
    "open": cards.open_folder,
    "deck": cards.deck,
    "lessons": lessons.lessons,
    "lesson": lessons.lesson,
    "vote": lessons.vote,
    "hand": lessons.hand,
    "exhibit": exhibit.exhibit,
    "preview": preview.preview,
    "sheet": sheets.sheet,
    "worlds": settings.worlds,
    "room": room.room,
    "room_table": room.room_table,
}
"""The pages by the names that `ui_state.PAGES` has for them."""


def blocks(context: Context) -> tuple[PageBlock, ...]:
    """Return the blocks of the page that is open."""
    return tuple(PAGES[context.scene.ui.page](context))
