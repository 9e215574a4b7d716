"""The page of a photographed sheet: how many cards it gave, and what is doubtful about which."""

from __future__ import annotations

import numpy as np

from marki.console.pages.context import Context
from marki.console.state.blocks import Card, Heading, PageBlock, PageRow, Text
from marki.io.camera import Camera
from marki.io.stimuli import Stimulus
from marki.paper.contact_sheet import summary


def sheet(context: Context) -> list[PageBlock]:
    """Return the sheet that was read last: its figures, the doubtful cards, and learning from the deck."""
    words, ui = context.words, context.scene.ui
    page = ui.sheet
    if page is None:
        return [Text(words("sheet.none"))]
    found: list[PageBlock] = [
        Text(summary(page, words)),
        Text(words("sheet.contact", path=ui.contact), dim=True),
        PageRow(words("sheet.learn_deck"), command="learn_deck", mark="right"),
        PageRow(words("sheet.deck_page"), command="deck"),
        Heading(words("sheet.doubtful" if page.unsure else "sheet.sure")),
    ]
    for box in page.unsure:
        card = Stimulus(name=box.label, label=box.label, card=box.card())
        cells = np.rint(Camera().frame(card) * 127).astype(np.int8)
        found.append(Card(f"{box.label}: {words(f'sheet.{box.doubt}')}", cells=cells.tobytes()))
    return found
