"""The timeline strip: a plate for each system in order of time, and over them the graph of who is built of whom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pygame

from marki.console.drawing.layout import Box
from marki.console.drawing.panel import Panel
from marki.console.drawing.theme import FIGURES, SMALL, TEXT, Colour, Theme
from marki.console.state.scene import Scene
from marki.console.state.targets import Target
from marki.console.state.timeline_view import TimelineView, ancestors, heirs
from marki.console.timeline import timeline_layout
from marki.console.timeline.activation_panel import cut
from marki.console.timeline.buttons import ButtonRow
from marki.console.timeline.counts import abbreviated
from marki.console.timeline.port_signs import draw_sign
from marki.console.timeline.timeline_layout import Fit, Plates
from marki.io.exhibits import MARK1, Exhibit, SystemKind
from marki.language import Words

ARC_STEPS = 20
FAINT = (96, 92, 82)
SHUT = (34, 33, 31)  # a plate that the filter leaves out
MARGIN, EDGE = 10, 4  # of the panel, units
PAD = 3  # beside the name on a plate, units


def row_heights(theme: Theme, size: float) -> tuple[int, int]:
    """Return the heights of the year and of the name on a plate, px; large type leaves the years to the axis above."""
    name = theme.row(size)
    return (0, name) if theme.profile.least else (theme.row(year_size(size)), name)


def year_size(size: float) -> float:
    """Return the size of the year over a name, units."""
    return size - 2 if size >= SMALL else size - 3


def ways(theme: Theme, exhibits: Sequence[Exhibit]) -> Iterator[Fit]:
    """Yield the ways of laying plates, the best first: two rows, smaller, shorter names, three rows; then scrolled.

    Large type is of one size and leaves room for one row.
    """
    gap = theme.px(3)
    tries = ((2, SMALL, False), (2, SMALL - 1, False), (2, SMALL - 1, True), (3, SMALL - 1, False),
             (3, SMALL - 1, True), (3, SMALL - 2, True), (2, SMALL, False))  # fmt: skip
    for rows, size, short in ((1, SMALL, False),) if theme.profile.least else tries:
        year, name = row_heights(theme, size)
        least = theme.width("0000", year_size(size), FIGURES) + 2 * sign_side(theme, size) + theme.px(5) if year else 0
        widths = [max(least, theme.width(plate_name(e, short=short), size)) + 2 * theme.px(PAD) for e in exhibits]
        yield Fit(rows, size, short, widths, year + name + theme.px(2), gap)


def plate_name(exhibit: Exhibit, *, short: bool) -> str:
    """Return what stands on a plate."""
    return exhibit.short if short and exhibit.short else exhibit.label


def sign_side(theme: Theme, size: float) -> int:
    """Return the side of the signs on plates with names of a size, px."""
    return max(7, round(0.75 * theme.points(year_size(size))))


def head_height(theme: Theme) -> int:
    """Return the height of the line over the graph, px."""
    return max(theme.px(20), theme.row(SMALL))


def tree_height(theme: Theme) -> int:
    """Return the height of the graph, px; with large type, years stand below it."""
    return theme.px(24) + (theme.row(SMALL) if theme.profile.least else theme.px(4))


def strip_height(theme: Theme, exhibits: Sequence[Exhibit], width: int) -> int:
    """Return the height of the strip: a line, the graph, and the rows of plates, px."""
    laid = timeline_layout.plates(ways(theme, exhibits), width - 2 * theme.px(MARGIN))
    rows = max(box.bottom for box in laid.boxes)
    if laid.rows > 1 and len(exhibits) == 1:
        rows = 2 * rows + theme.px(3)
    return head_height(theme) + tree_height(theme) + rows + 2 * theme.px(EDGE)


class StripPanel(Panel):
    """Every system of the timeline; a click selects it."""

    dark = True

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        px = theme.px
        exhibits = scene.timeline.exhibits if scene.timeline is not None else ()
        area = self.rect.inflate(-2 * px(MARGIN), -2 * px(EDGE))
        self._laid: Plates = timeline_layout.plates(ways(theme, exhibits), area.w)
        self._exhibits: tuple[Exhibit, ...] = exhibits
        self._names = tuple(e.name for e in exhibits)
        row = head_height(theme)
        self._head = pygame.Rect(area.x, area.y, area.w, row)
        high = area.bottom - self._head.bottom - tree_height(theme)
        self._plates = pygame.Rect(area.x, area.bottom - high, area.w, high)
        self._tree = pygame.Rect(area.x, self._head.bottom, area.w, self._plates.y - self._head.bottom)
        self._area = self._tree.union(self._plates).inflate(px(4), 0)
        self._most = max(0, self._laid.width - area.w)  # px that can be scrolled
        self._offset = 0
        kinds = {e.kind for e in exhibits}
        self._knobs = [f"kind_{k}" for k in SystemKind if k in kinds] if len(kinds) > 1 else []
        self._knobs = ["kind_all", *self._knobs] if self._knobs else []
        self._knobs += ["strip_left", "strip_right"] if self._most else []
        wide = theme.width(theme.words("timeline.timeline"), SMALL) + px(14)
        knobs = self._knobs_width()
        self.buttons = ButtonRow(theme, pygame.Rect(self._head.right - knobs, self._head.y, max(1, knobs), row - px(1)))
        line = pygame.Rect(self._head.x + wide, self._head.y, self._head.w - wide - knobs - px(10), row)
        self._line = self.readout(line, size=SMALL, face=TEXT, colour=theme.palette.ivory)
        self._shown: tuple[object, ...] | None = None
        self._chosen = MARK1

    def _knobs_width(self) -> int:
        """Return the width that the buttons take: that of their words, but no more than three fifths of the line."""
        words, px = self.theme.words, self.theme.px
        wide = sum(self.theme.width(words(f"timeline.knob.{n}"), SMALL - 1) + px(19) for n in self._knobs)
        return min(wide, self._head.w * 3 // 5)

    def dress(self, surface: pygame.Surface, scene: Scene) -> None:
        """Draw the background and the title."""
        super().dress(surface, scene)
        theme = self.theme
        title = theme.words("timeline.timeline")
        theme.write(surface, title, self._head, size=SMALL, face=TEXT, colour=theme.palette.dim)

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Draw plates and graph; the selected or hovered system is highlighted, with its ancestors and descendants."""
        timeline, ui = scene.timeline, scene.ui
        if timeline is None:
            return []
        hovered = ui.hovered.number if ui.hovered is not None and ui.hovered.kind == "system" else -1
        hovered = hovered if hovered < len(self._exhibits) else -1
        self._chosen = ui.system if ui.system in self._names else MARK1
        dirty = self._tell(surface, timeline, hovered)
        lit = f"kind_{ui.kind or 'all'}"
        dirty += self.buttons.update(surface, scene, self._knobs, lambda name: name == lit) if self._knobs else []
        # A little beyond both ends, so that what lies near them is seen whole.
        self._offset = round(min(1.0, max(0.0, 1.2 * ui.strip_at - 0.1)) * self._most)
        key = (self._chosen, ui.beside, hovered, ui.kind, self._offset, timeline.ready, timeline.failed, timeline.told)
        if key == self._shown:
            return dirty
        self._shown = key
        # A sheet of its own cuts the plates that are scrolled half out of sight.
        sheet = surface.subsurface(self._area)
        sheet.fill(self.theme.palette.black)
        if not timeline.ready and not timeline.failed:
            self._draw_loading(sheet, timeline.told)
        chosen = self._names.index(self._chosen)
        about = self._names[hovered if hovered >= 0 else chosen]
        before, after = ancestors(self._exhibits, about), heirs(self._exhibits, about)
        self._draw_tree(sheet, about, before, after)
        if self.theme.profile.least:
            self._draw_years(sheet)
        for k, exhibit in enumerate(self._exhibits):
            shut = bool(ui.kind) and exhibit.kind != ui.kind
            kin = 0 if shut else 1 if exhibit.name in before else -1 if exhibit.name in after else 0
            self._draw_plate(sheet, k, exhibit, chosen=k == chosen, hovered=k == hovered, kin=kin, shut=shut,
                             beside=exhibit.name == ui.beside)  # fmt: skip
        return [*dirty, self._area]

    def _tell(self, surface: pygame.Surface, timeline: TimelineView, hovered: int) -> list[pygame.Rect]:
        """Describe in one line the system that is selected or hovered."""
        words = self.theme.words
        exhibit = timeline.exhibits[hovered] if hovered >= 0 else timeline.exhibit(self._chosen)
        if exhibit is None or not timeline.ready:
            return self._line.update(surface, loading(self.theme.words, timeline))
        shown = f"{exhibit.year}  {exhibit.label}"
        ports = " → ".join(words(f"exhibit.port_{port}") for port in (exhibit.accepts, exhibit.answers))
        parts = [shown, ports, exhibit.title]
        if exhibit.name != MARK1:
            authors = exhibit.authors
            score = (
                ""
                if exhibit.score is None
                else words(words.of_task("timeline.score", exhibit.task), score=f"{100 * exhibit.score:.1f}")
            )
            weights = words("timeline.weights", count=abbreviated(exhibit.parameters))
            parts = [shown, ports, score or words("timeline.untrained"), weights, exhibit.title, authors]
            if self.theme.width("   ".join(parts), SMALL) > self._line.rect.w:
                parts[-1] = f"{authors.split(', ')[0]} …" if ", " in authors else authors
        while len(parts) > 1 and self.theme.width("   ".join(parts), SMALL) > self._line.rect.w:
            last = parts.pop()
            room = self._line.rect.w - self.theme.width("   ".join([*parts, ""]), SMALL)
            if last == exhibit.title and room > self.theme.px(160):
                parts.append(cut(self.theme, last, room, SMALL))
                break
        return self._line.update(surface, "   ".join(parts))

    # -- drawing -------------------------------------------------------------------------------------------------------

    def _box(self, k: int) -> pygame.Rect:
        """Return where a plate lies in the window."""
        return pygame.Rect(self._laid.boxes[k]).move(self._plates.x - self._offset, self._plates.y)

    def _on_sheet(self, box: pygame.Rect) -> pygame.Rect:
        """Return a place of the window as one of the sheet that is drawn on."""
        return box.move(-self._area.x, -self._area.y)

    def _draw_loading(self, sheet: pygame.Surface, told: tuple[int, int]) -> None:
        """Draw how many systems have been read, as a bar in the place of the plates."""
        theme = self.theme
        track = pygame.Rect(0, 0, self._plates.w // 3, max(4, theme.px(6)))
        track.center = self._on_sheet(self._plates).center
        pygame.draw.rect(sheet, (52, 51, 47), track)
        share = told[0] / told[1] if told[1] else 0.0
        pygame.draw.rect(sheet, theme.palette.positive, (*track.topleft, round(track.w * share), track.h))

    def _draw_tree(self, sheet: pygame.Surface, about: str, before: frozenset[str], after: frozenset[str]) -> None:
        palette = self.theme.palette
        number = {name: k for k, name in enumerate(self._names)}
        lit: list[tuple[int, int, Colour]] = []
        for child in self._exhibits:
            for parent in child.parents:
                if parent not in number:
                    continue
                ends = (number[parent], number[child.name])
                if (child.name == about or child.name in before) and parent in before:
                    lit.append((*ends, palette.positive))
                elif (parent == about or parent in after) and child.name in after:
                    lit.append((*ends, palette.negative))
                else:
                    self._arc(sheet, *ends, FAINT, 1)
        for one, other, colour in lit:
            self._arc(sheet, one, other, colour, self.theme.line(1.4))

    def _arc(self, sheet: pygame.Surface, one: int, other: int, colour: Colour, width: int) -> None:
        """Draw an arc from a plate to another; to one in a lower row it goes on behind the plates above."""
        a, b, tree = (self._on_sheet(box) for box in (self._box(one), self._box(other), self._tree))
        foot = tree.bottom - 1 - (self.theme.row(SMALL) if self.theme.profile.least else 0)
        x1, x2 = a.x + a.w * 0.56, b.x + b.w * 0.44
        share = min(1.0, abs(x2 - x1) / (0.42 * tree.w)) ** 0.5
        high = (foot - tree.y - self.theme.px(3)) * max(0.22, share)
        points: list[tuple[float, float]] = [(x1, a.y)]
        for k in range(ARC_STEPS + 1):
            u = k / ARC_STEPS
            points.append((x1 + (x2 - x1) * u, foot - high * (1 - (2 * u - 1) ** 4) ** 0.8))
        points.append((x2, b.y))
        for dy in range(width):
            pygame.draw.aalines(sheet, colour, False, [(x, y + dy) for x, y in points])

    def _draw_years(self, sheet: pygame.Surface) -> None:
        """Letter the years above the rows, each where its first system begins, as far as they do not touch."""
        theme, row, tree = self.theme, self.theme.row(SMALL), self._on_sheet(self._tree)
        line = pygame.Rect(tree.x, tree.bottom - row, tree.w, row)
        pygame.draw.rect(sheet, theme.palette.black, line)
        free, last = line.x, 0
        for k, exhibit in enumerate(self._exhibits):
            box, text = self._on_sheet(self._box(k)), f"{exhibit.year}"
            wide = theme.width(text, SMALL, FIGURES)
            if exhibit.year != last and box.x >= free and box.x + wide <= line.right:
                place = pygame.Rect(box.x, line.y, wide, row)
                theme.write(sheet, text, place, size=SMALL, face=FIGURES, colour=theme.palette.dim)
                free, last = box.x + wide + theme.px(8), exhibit.year

    def _draw_plate(
        self, sheet: pygame.Surface, k: int, exhibit: Exhibit, *, chosen: bool, hovered: bool, kin: int, shut: bool,
        beside: bool,
    ) -> None:  # fmt: skip
        theme, px, palette = self.theme, self.theme.px, self.theme.palette
        box, size = self._box(k), self._laid.size
        if not box.colliderect(self._plates):
            return
        whole = self._plates.inflate(2, 0).contains(box)
        box = self._on_sheet(box)
        trained = exhibit.score is not None or exhibit.name == MARK1
        face = palette.focus if chosen else (92, 88, 76) if hovered else SHUT if shut else (52, 51, 47)
        pygame.draw.rect(sheet, face, box, border_radius=px(3))
        edge = palette.positive if kin > 0 else palette.negative if kin < 0 else None
        if edge:
            pygame.draw.rect(sheet, edge, box, max(2, theme.line(1.5)), border_radius=px(3))
        elif not trained:
            pygame.draw.rect(sheet, FAINT, box, 1, border_radius=px(3))
        if beside:
            pygame.draw.rect(sheet, palette.header, box.inflate(2, 2), max(2, theme.line(2)), border_radius=px(3))
        ink = palette.ink if chosen else palette.ivory if trained and not shut else palette.dim
        if shut and not (chosen or hovered):
            ink = (128, 124, 112)
        if not whole:
            return  # it is half out of sight: a plate without letters, rather than with letters that are cut
        high, low = row_heights(theme, size)
        inner = box.inflate(-2 * px(PAD), 0)
        if high:
            year = pygame.Rect(inner.x, box.y + px(1), inner.w, high)
            faint = palette.ink if chosen else (128, 124, 112) if shut and not hovered else palette.dim
            theme.write(sheet, f"{exhibit.year}", year, size=year_size(size), face=FIGURES, colour=faint)
            side = sign_side(theme, size)
            at = pygame.Rect(inner.right - side, year.centery - side // 2, side, side)
            draw_sign(sheet, exhibit.answers, at, faint)
            draw_sign(sheet, exhibit.accepts, at.move(-side - px(3), 0), faint)
        name = pygame.Rect(inner.x, box.y + high + px(1), inner.w + 2, low)
        text = plate_name(exhibit, short=self._laid.short)
        theme.write(sheet, text, name, size=size, face=TEXT, colour=ink, align="left" if high else "centre")

    # -- hands ---------------------------------------------------------------------------------------------------------

    def part_at(self, place: tuple[int, int]) -> Target | None:
        """Return the button or plate under a place."""
        button = self.buttons.part_at(place)
        if button is not None or not self._plates.collidepoint(place):
            return button
        found = (Target("system", k) for k in range(len(self._names)) if self._box(k).collidepoint(place))
        return next(found, None)

    def place_of(self, part: Target) -> pygame.Rect | None:
        """Return where a plate or button is; of a plate that is scrolled out of sight, nowhere."""
        if part.kind != "system":
            return self.buttons.place_of(part)
        if part.number >= len(self._names):
            return None
        place = self._box(part.number)
        return place if self._plates.inflate(4, 4).contains(place) else None

    def parts(self) -> list[Target]:
        """Return the selected plate, and the buttons."""
        return [Target("system", self._names.index(self._chosen)), *self.buttons.parts()]

    def name_of(self, number: int) -> str:
        """Return the name of the system on a plate."""
        return self._names[number] if 0 <= number < len(self._names) else ""


def loading(words: Words, timeline: TimelineView) -> str:
    """Return how far the timeline has been read, in words, or that it cannot be."""
    if timeline.failed:
        return words("timeline.none")
    read, of = timeline.told
    return words("timeline.loading_of", read=read, of=of) if of else words("timeline.loading")
