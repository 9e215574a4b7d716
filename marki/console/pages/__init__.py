"""The pages at the side, each a function from what is known to blocks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from marki.console.actions.operator import Operator
from marki.console.state.blocks import PageBlock
from marki.console.state.scene import Scene
from marki.language import Words
from marki.session import Session


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a page may tell about; it only reads.

    Attributes
    ----------
    scene : Scene
    session : Session
    operator : Operator
    words : Words
    """

    scene: Scene
    session: Session
    operator: Operator
    words: Words


Page = Callable[[Context], list[PageBlock]]


def blocks(context: Context) -> tuple[PageBlock, ...]:
    """Return the blocks of the page that is open."""
    from marki.console.pages import cards, exhibit, inspect, lessons, menu, records, settings

    pages: dict[str, Page] = {
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
    }
    return tuple(pages[context.scene.ui.page](context))
