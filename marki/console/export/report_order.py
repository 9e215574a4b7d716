"""What a lab report is made of; apart from the making, which needs much more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pygame

from marki import savefile
from marki.files import CsvForm


@dataclass(frozen=True, kw_only=True, eq=False)
class ReportOrder:
    """All that a report is made of, apart from the window, so that another process can make it.

    Attributes
    ----------
    run : SessionCopy
    language : str
        Of the narration, of README.txt and of the page.
    pictures : mapping of str to ((int, int), bytes)
        Pictures of the window by name: their size and their pixels, red, green and blue.
    tally : str or None
        The table of votes.
    notes : str
        What the operator wrote.
    form : {"plain", "excel"}
        How tables are written, see `marki.files.csv_text`.
    """

    run: savefile.SessionCopy
    language: str
    pictures: Mapping[str, tuple[tuple[int, int], bytes]] = field(
        default_factory=dict[str, tuple[tuple[int, int], bytes]]
    )
    tally: str | None = None
    notes: str = ""
    form: CsvForm = "plain"


def pixels(surface: pygame.Surface) -> tuple[tuple[int, int], bytes]:
    """Return the size of a surface, and its pixels: red, green and blue."""
    return surface.get_size(), pygame.image.tobytes(surface, "RGB")


def parts(
    run: savefile.SessionCopy,
    pictures: Mapping[str, pygame.Surface],
    path: Path,
    *,
    language: str,
    tally: str,
    form: CsvForm,
) -> Iterator[Any]:
    """Yield what `background.make_report` receives.

    Parameters
    ----------
    run : SessionCopy
    pictures : mapping of str to Surface
        Copies that nobody draws on any more.
    path : Path
        Name of the zip file; that of the page is the same with another ending.
    language, tally, form
        As of `ReportOrder`.
    """
    shown = {name: pixels(picture) for name, picture in pictures.items()}
    yield ReportOrder(run=run, language=language, pictures=shown, tally=tally, form=form)
    yield path
    yield path.with_suffix(".html")
