"""Photographs of written sheets: dropped on the window, their cards go into the class's deck."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

from marki.console.actions.cards import into_deck
from marki.console.actions.operator import Operator
from marki.console.state.commands import Argument, CommandSpec
from marki.paper.contact_sheet import contact_paths, write_contact_sheets
from marki.paper.cut_cards import read_page, write_deck


def sheet_into_deck(op: Operator, path: str) -> None:
    """Put the cards of a photographed sheet into the class's deck, and show on a page what is doubtful about them."""
    page = read_page(path)
    with tempfile.TemporaryDirectory() as scratch:
        cards = Path(scratch, page.path.stem)
        write_deck([page], cards)
        into_deck(op, str(cards))
    bases = (op.out / f"{page.path.stem}{'' if k == 1 else f'-{k}'}" for k in itertools.count(1))
    free = next(base for base in bases if not any(path.exists() for path in contact_paths(1, base)))
    (op.ui.contact,) = write_contact_sheets([page], free, op.words)
    op.ui.sheet = page
    op.turn_to("sheet")
    op.tell("message.sheet", name=page.path.name, cards=len(page.written), unsure=len(page.unsure))


COMMANDS = (CommandSpec(name="sheet_into_deck", do=sheet_into_deck, arguments=(Argument("path", str),)),)
