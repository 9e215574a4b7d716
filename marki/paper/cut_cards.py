"""From photographs of the pages of a sheet to a deck: a folder of cards, a sub-folder for each class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from marki.errors import StimulusError
from marki.files import write_folder
from marki.io.stimuli.images import card_file, opened
from marki.io.stimuli.picture_light import luminance
from marki.paper.page_finder import FoundPage, find_page
from marki.paper.written_boxes import WrittenBox, written_boxes


@dataclass(frozen=True, kw_only=True, eq=False)
class ReadPage:
    """A photograph of a page, read.

    Parameters
    ----------
    path : Path
    found : FoundPage
    boxes : tuple of WrittenBox
    size : (int, int)
        Width and height of the picture as it was decoded.
    """

    path: Path
    found: FoundPage
    boxes: tuple[WrittenBox, ...]
    size: tuple[int, int]

    @property
    def written(self) -> list[WrittenBox]:
        """The boxes that are not empty."""
        return [box for box in self.boxes if not box.empty]

    @property
    def unsure(self) -> list[WrittenBox]:
        """The boxes that something is doubtful about."""
        return [box for box in self.boxes if box.doubt]


def read_page(path: Path | str) -> ReadPage:
    """Return what a photograph of a page of a sheet shows.

    Parameters
    ----------
    path : Path or str

    Raises
    ------
    StimulusError
        If it cannot be read, or no page of a sheet is found in it.
    """
    path = Path(path)
    with opened(path) as photograph:
        picture = luminance(photograph)[0]
    found = find_page(picture, where=path)
    height, width = picture.shape
    return ReadPage(path=path, found=found, boxes=tuple(written_boxes(picture, found)), size=(width, height))


def shows_sheet(path: Path | str) -> bool:
    """Return whether a picture file shows a page of a sheet.

    Parameters
    ----------
    path : Path or str
    """
    try:
        with opened(path) as photograph:
            find_page(luminance(photograph)[0])
    except StimulusError:
        return False
    return True


def read_pages(paths: Iterable[Path | str]) -> list[ReadPage]:
    """Return what photographs of the pages of one sheet show.

    Raises
    ------
    StimulusError
        If one cannot be read or is of another sheet than the first; all that cannot be read are named.
    """
    pages: list[ReadPage] = []
    failed: list[tuple[Path, StimulusError]] = []
    for path in map(Path, paths):
        try:
            pages.append(read_page(path))
        except StimulusError as error:
            failed.append((path, error))
    if failed:
        (first, error), others = failed[0], ", ".join(path.name for path, _ in failed[1:])
        if not others:
            raise error
        raise StimulusError(
            f"{error.what}; nor can these be used: {others}",
            where=first,
            remedy=error.remedy,
            code="sheet.several",
            others=others,
        )
    for page in pages[1:]:
        if page.found.plan != pages[0].found.plan:
            raise StimulusError(
                f"is a page of the sheet {page.found.plan.title()}, and {pages[0].path.name} is one of "
                f"{pages[0].found.plan.title()}",
                where=page.path,
                remedy="Make one deck of each sheet",
                code="sheet.other",
                title=page.found.plan.title(),
                first=pages[0].path.name,
                other=pages[0].found.plan.title(),
            )
    return pages


def cards_by_class(pages: Sequence[ReadPage]) -> Counter[str]:
    """Return how many cards each class of the sheet has, in its order, those with none included."""
    counts = Counter(dict.fromkeys(pages[0].found.plan.classes, 0))
    counts.update(box.label for page in pages for box in page.written)
    return counts


def write_deck(pages: Sequence[ReadPage], path: Path | str) -> None:
    """Write the cards of some pages as a new folder, with a sub-folder for each class: ``A/A_001.png``.

    Parameters
    ----------
    pages : sequence of ReadPage
    path : Path or str

    Raises
    ------
    StimulusError
        If every box is empty.
    OutputError
        If there is something of that name already, or it cannot be written.
    """
    numbers: Counter[str] = Counter()
    files: list[tuple[str, bytes]] = []
    for page in pages:
        for box in page.written:
            numbers[box.label] += 1
            files.append((f"{box.label}/{box.label}_{numbers[box.label]:03d}.png", card_file(box.card())))
    if not files:
        raise StimulusError(
            "every box is empty",
            where=pages[0].path,
            remedy="Write with a dark pen, and photograph again",
            code="sheet.empty",
        )
    write_folder(path, files)


def as_json(pages: Sequence[ReadPage], deck: Path, contact: Sequence[Path]) -> dict[str, object]:
    """Return what was found, for other programs.

    Parameters
    ----------
    pages : sequence of ReadPage
    deck : Path
        The folder of the cards.
    contact : sequence of Path
        The pictures of the contact sheet.
    """
    plan = pages[0].found.plan
    return {
        "sheet": {"classes": plan.classes, "copies": plan.copies, "paper": plan.paper, "pages": plan.pages},
        "deck": str(deck),
        "contact": [str(path) for path in contact],
        "cards": dict(cards_by_class(pages)),
        "photos": [
            {
                "photo": str(page.path),
                "page": page.found.page,
                "marks": page.found.marks,
                "boxes": [
                    {
                        "class": box.label,
                        "empty": box.empty,
                        "doubt": box.doubt,
                        "corners": box.corners.round(1).tolist(),
                    }
                    for box in page.boxes
                ],
            }
            for page in pages
        ],
    }
