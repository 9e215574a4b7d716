"""The pages at the side, each a function from what is known to blocks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from marki.console.operator import Operator
from marki.console.page import Block
from marki.console.scene import Scene
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


Page = Callable[[Context], list[Block]]


def blocks(context: Context) -> tuple[Block, ...]:
    """Return the blocks of the page that is open."""
    from marki.console.pages import cards, exhibit, inspect, menu, records, settings, teach

    pages: dict[str, Page] = {
        "menu": menu.menu,
        "inspect": inspect.inspect,
        "provenance": inspect.provenance_of,
        "confusion": records.confusion,
        "journal": records.journal,
        "settings": settings.settings,
        "open": cards.open_folder,
        "deck": cards.deck,
        "lessons": teach.lessons,
        "lesson": teach.lesson,
        "vote": teach.vote,
        "hand": teach.hand,
        "exhibit": exhibit.exhibit,
    }
    return tuple(pages[context.scene.desk.page](context))
