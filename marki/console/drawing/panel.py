"""The base class of panels, and what panels are made of: lines of text, grids of cells, kept backgrounds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, Unpack

import pygame

from marki.console.drawing.layout import EDGES, Box
from marki.console.drawing.theme import LETTERING, SMALL, TEXT, Colour, TextStyle, Theme
from marki.console.state.scene import Scene
from marki.console.state.targets import Target
from marki.errors import ConfigError, unknown


class Wording(NamedTuple):
    """A text in every language of the window, for a panel that brings its words along."""

    en: str
    zh: str


class Given(NamedTuple):
    """A command that a panel has given when one of its parts is clicked or dragged.

    Attributes
    ----------
    command : str
    arguments : mapping
    """

    command: str
    arguments: Mapping[str, Any]


class Backdrop:
    """The pixels under something that changes, kept so that they can be restored.

    Parameters
    ----------
    rect : pygame.Rect
    """

    def __init__(self, rect: pygame.Rect):
        self.rect = rect
        self._pixels: pygame.Surface | None = None

    def keep(self, surface: pygame.Surface) -> None:
        """Copy the pixels of the surface."""
        self._pixels = surface.subsurface(self.rect).copy()

    def restore(self, surface: pygame.Surface, part: pygame.Rect | None = None) -> None:
        """Draw the kept pixels, all of them or those in a part of the rectangle; keep them first if none are kept."""
        if self._pixels is None:
            self.keep(surface)
        elif part is None:
            surface.blit(self._pixels, self.rect)
        else:
            surface.blit(self._pixels, part, part.move(-self.rect.x, -self.rect.y))


class Readout:
    """One line of text that changes; it restores its own background."""

    def __init__(self, theme: Theme, rect: pygame.Rect, **style: Unpack[TextStyle]):
        self.theme, self.rect = theme, rect
        self.colour = style.pop("colour", None) or theme.palette.ink
        self.style = style
        self._backdrop = Backdrop(rect)
        self._shown: tuple[str, Colour] | None = None

    def update(
        self, surface: pygame.Surface, text: str, colour: Colour | None = None, *, shorter: Sequence[str] = ()
    ) -> list[pygame.Rect]:
        """Show `text`, or where it does not fit one of its `shorter` forms."""
        wanted = (text, colour or self.colour)
        if wanted == self._shown:
            return []
        if self.rect.w <= 0 or self.rect.h <= 0:
            self.theme.dropped += [text] if text else []
            return []
        self._backdrop.restore(surface)
        surface.set_clip(self.rect)
        self.style["colour"] = wanted[1]
        self.style["shorter"] = shorter
        self.theme.write(surface, text, self.rect, **self.style)
        surface.set_clip(None)
        self._shown = wanted
        return [self.rect]


class Region(Protocol):
    """An area of a panel that knows which targets lie where in it."""

    def part_at(self, place: tuple[int, int]) -> Target | None:
        """Return the target at a place of the window."""
        ...

    def place_of(self, part: Target) -> pygame.Rect | None:
        """Return where a target lies, if it is in this area."""
        ...


class Panel:
    """A rectangle of the window that draws one thing, from a scene, and only what has changed.

    Panels are made anew when the window changes its size or its arrangement. `__init__` lays the panel out and declares
    its whole state, `dress` draws the static parts once, and `update`, called once a frame, draws what has changed.

    Parameters
    ----------
    box : Box
    theme : Theme
    scene : Scene
        What is shown at first.
    """

    title: str | Wording = ""
    """Heading: a name in the language tables, or the text itself; "" for a panel without one."""

    dark = False
    """Whether the background is black rather than metal."""

    about = ""
    """Kind of the target that the panel is as a whole, "" if nothing can be said of it."""

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        self.rect, self.theme = pygame.Rect(box), theme
        px = theme.px
        margin = px(10)
        height = max(px(20), theme.row(SMALL))
        self.heading = pygame.Rect(self.rect.x + px(16), self.rect.y + px(5), self.rect.w - px(32), height)
        top = self.heading.bottom + px(3) if self.title else self.rect.y + px(5)
        self.inner = pygame.Rect(self.rect.x + margin, top, self.rect.w - 2 * margin, self.rect.bottom - px(8) - top)
        self.regions: tuple[Region, ...] = ()
        """Areas in which the default `part_at` and `place_of` look for targets."""

    def connect(self, panels: Mapping[str, Panel], scene: Scene) -> None:
        """Take what depends on other panels of the stage; called once, before `dress`."""

    def dress(self, surface: pygame.Surface, scene: Scene) -> None:
        """Draw the static parts."""
        self.theme.plate(surface, self.rect, dark=self.dark)
        if self.title:
            palette = self.theme.palette
            title = self.title_text()
            face = LETTERING if title.isascii() else TEXT
            colour = palette.dim if self.dark else palette.ink
            self.theme.write(surface, title, self.heading, size=SMALL, face=face, colour=colour)

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Draw what has changed; return where."""
        return []

    def part_at(self, place: tuple[int, int]) -> Target | None:
        """Return the target at a place of the window."""
        found = next((part for region in self.regions if (part := region.part_at(place)) is not None), None)
        return Target(self.about) if found is None and self.about and self.rect.collidepoint(place) else found

    def place_of(self, part: Target) -> pygame.Rect | None:
        """Return where a target lies, if it is in this panel."""
        return next((place for region in self.regions if (place := region.place_of(part)) is not None), None)

    def parts(self) -> list[Target]:
        """Return the targets at which the keyboard's focus stops, one of each kind or group."""
        return []

    def given(self, part: Target) -> Given | None:
        """Return the command that a click on a part of this panel gives; None where the panel has none to tell."""
        return None

    def dragged(self, part: Target, start: tuple[int, int], place: tuple[int, int], *, fresh: bool) -> Given | None:
        """Return the command that a drag of a part gives, from where it was seized to where the mouse is now.

        Parameters
        ----------
        part : Target
        start, place : (int, int)
            Places of the window.
        fresh : bool
            Whether it is the first of this drag, as what can be undone wants to know.
        """
        return None

    def text(self, text: str | Wording, /, **values: Any) -> str:
        """Return a text in the language of the window, with its values put in.

        Parameters
        ----------
        text : str or Wording
            Its name in the language tables, or the text itself.
        **values
            For the placeholders in braces.
        """
        words = self.theme.words
        return words(text, **values) if isinstance(text, str) else words.pick(text._asdict()).format(**values)

    def readout(self, rect: pygame.Rect, **style: Unpack[TextStyle]) -> Readout:
        """Return a line of text within this panel."""
        return Readout(self.theme, rect.clip(self.rect), **style)

    def note_sample(self) -> str:
        """Return about the longest text of the note beside the title, "" if there is none."""
        return ""

    def title_text(self) -> str:
        """Return the title, or its short form where the note beside it leaves no more room."""
        if not self.title:
            return ""
        forms = self.theme.words.forms(self.title) if isinstance(self.title, str) else (self.text(self.title),)
        sample = self.note_sample()
        room = self.heading.w - (self.theme.width(sample, SMALL) + self.theme.px(10) if sample else 0)
        whole = [form for form in forms if self.theme.width(form, SMALL, LETTERING) <= room]
        return whole[0] if whole else forms[-1]

    def title_width(self) -> int:
        """Return the width of the heading's text, px."""
        return self.theme.width(self.title_text(), SMALL, LETTERING) if self.title else 0

    def note(self, **style: Unpack[TextStyle]) -> Readout:
        """Return a line of text at the right of the heading, beside the title."""
        left = self.heading.x + self.title_width() + self.theme.px(10)
        rect = pygame.Rect(left, self.heading.y, max(0, self.heading.right - left), self.heading.h)
        whole = TextStyle(size=SMALL, face=TEXT, align="right")
        whole.update(style)
        return self.readout(rect, **whole)


def place_of(part: Target, panels: Iterable[Panel]) -> pygame.Rect | None:
    """Return where a target lies in the first of some panels that has it, if one does."""
    return next((place for panel in panels if (place := panel.place_of(part)) is not None), None)


class Grid:
    """Equal cells in rows and columns, each a target of one kind."""

    def __init__(self, kind: str, left: int, top: int, rows: int, columns: int, pitch: tuple[int, int]):
        self.kind, self.rows, self.columns, self.pitch = kind, rows, columns, pitch
        self.rect = pygame.Rect(left, top, columns * pitch[0], rows * pitch[1])

    def part_at(self, place: tuple[int, int]) -> Target | None:
        """Return the target at a place of the window."""
        if not self.rect.collidepoint(place):
            return None
        column, row = (place[0] - self.rect.x) // self.pitch[0], (place[1] - self.rect.y) // self.pitch[1]
        return Target(self.kind, row * self.columns + column)

    def place_of(self, part: Target) -> pygame.Rect | None:
        """Return the cell of a target."""
        if part.kind != self.kind or not 0 <= part.number < self.rows * self.columns:
            return None
        return self.cell(part.number)

    def cell(self, number: int) -> pygame.Rect:
        """Return the cell of a number."""
        row, column = divmod(number, self.columns)
        return pygame.Rect(self.rect.x + column * self.pitch[0], self.rect.y + row * self.pitch[1], *self.pitch)


@dataclass(frozen=True, kw_only=True)
class Dock:
    """A place beside another panel, cut off its box.

    Parameters
    ----------
    beside : str
        Name of the panel that gives the room; where it does not stand, the docked panel does not either.
    edge : str
        Which side of that panel: ``left``, ``right``, ``top`` or ``bottom``.
    fraction : float
        Of its width or height, above 0 and below 1.

    Raises
    ------
    ConfigError
        For an unknown edge, or a fraction out of range.
    """

    beside: str
    edge: str
    fraction: float

    def __post_init__(self) -> None:
        if self.edge not in EDGES:
            raise unknown("edge", self.edge, EDGES, where=f"Dock(beside={self.beside!r})")
        if not 0 < self.fraction < 1:
            raise ConfigError(
                f"{self.fraction} is no fraction", where=f"Dock(beside={self.beside!r}).fraction", remedy="Use 0 to 1"
            )


@dataclass(frozen=True, kw_only=True)
class Declared:
    """The declaration of a panel, at the end of its module in `console/panels`.

    Parameters
    ----------
    name : str
        Of the panel, and of its box in the layout of a view.
    panel : type of Panel
    views : tuple of str
        Where it stands: ``schematic``, ``front``, or ``frame`` for what surrounds the stage in every view.
    dock : Dock, optional
        Its place, if the layout has no box of its name.
    hidden_with : str
        Name of another panel: while a lesson hides that, this is hidden too.
    """

    name: str
    panel: type[Panel]
    views: tuple[str, ...] = ("schematic",)
    dock: Dock | None = None
    hidden_with: str = ""
