"""The timeline strip: a plate for each system in order of time, and over them the graph of who is built of whom."""

from __future__ import annotations

import pygame

from marki.console.drawing.layout import Box
from marki.console.drawing.panel import Panel
from marki.console.drawing.theme import FIGURES, SMALL, TEXT, Colour, Theme
from marki.console.state.scene import Scene
from marki.console.state.targets import Target
from marki.console.state.timeline_view import TimelineView, ancestors, heirs
from marki.console.timeline import timeline_layout
from marki.console.timeline.counts import abbreviated
from marki.io.exhibits import MARK1, Exhibit

ARC_STEPS = 20
FAINT = (96, 92, 82)


class StripPanel(Panel):
    """Every system of the timeline; a click selects it."""

    dark = True

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        px = theme.px
        row = max(px(20), theme.row(SMALL))
        area = self.rect.inflate(-2 * px(10), -2 * px(4))
        self._head = pygame.Rect(area.x, area.y, area.w, row)
        lines = 1 if theme.profile.least else 2
        high = lines * row
        self._plates = pygame.Rect(area.x, area.bottom - high, area.w, high)
        self._tree = pygame.Rect(area.x, self._head.bottom, area.w, self._plates.y - self._head.bottom)
        wide = theme.width(theme.words("timeline.timeline"), SMALL) + px(14)
        line = pygame.Rect(self._head.x + wide, self._head.y, self._head.w - wide, row)
        self._line = self.readout(line, size=SMALL, face=TEXT, colour=theme.palette.ivory)
        self._shown: tuple[tuple[str, ...], str, str, int, bool] | None = None
        self._boxes: list[Box] = []
        self._named: list[bool] = []
        self._names: tuple[str, ...] = ()

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
        exhibits = timeline.exhibits
        hovered = ui.hovered.number if ui.hovered is not None and ui.hovered.kind == "system" else -1
        hovered = hovered if hovered < len(exhibits) else -1
        key = (tuple(e.name for e in exhibits), ui.system, ui.beside, hovered, timeline.ready)
        dirty = self._tell(surface, timeline, ui.system, hovered)
        if key == self._shown:
            return dirty
        self._shown = key
        self._names = key[0]
        chosen = self._names.index(ui.system) if ui.system in self._names else 0
        self._lay_out(exhibits, chosen)
        area = self._tree.union(self._plates).inflate(self.theme.px(4), 0)
        pygame.draw.rect(surface, self.theme.palette.black, area)
        about = self._names[hovered if hovered >= 0 else chosen]
        before, after = ancestors(exhibits, about), heirs(exhibits, about)
        self._draw_tree(surface, exhibits, about, before, after)
        for k, exhibit in enumerate(exhibits):
            kin = 1 if exhibit.name in before else -1 if exhibit.name in after else 0
            self._draw_plate(surface, k, exhibit, chosen=k == chosen, hovered=k == hovered, kin=kin,
                             beside=exhibit.name == ui.beside)  # fmt: skip
        return [*dirty, area]

    def _lay_out(self, exhibits: tuple[Exhibit, ...], chosen: int) -> None:
        theme = self.theme
        pad = theme.px(10)
        year = theme.width("0000", SMALL, FIGURES) + pad
        names = [max(year, theme.width(e.label, SMALL) + pad) for e in exhibits]
        if theme.profile.least:
            names = [year] * len(exhibits)
        small = theme.width("00", SMALL, FIGURES) + theme.px(6)
        self._boxes, self._named = timeline_layout.shares(Box(*self._plates), names, chosen, small)

    def _tell(self, surface: pygame.Surface, timeline: TimelineView, system: str, hovered: int) -> list[pygame.Rect]:
        """Describe in one line the system that is selected or hovered."""
        words = self.theme.words
        exhibit = timeline.exhibits[hovered] if hovered >= 0 else timeline.exhibit(system)
        if exhibit is None or not timeline.ready:
            return self._line.update(surface, words("timeline.loading"))
        shown = f"{exhibit.year}  {exhibit.label}"
        if exhibit.name == MARK1:
            parts = [shown, exhibit.title]
        else:
            score = "" if exhibit.score is None else words("timeline.score", score=f"{100 * exhibit.score:.1f}")
            weights = words("timeline.weights", count=abbreviated(exhibit.parameters))
            parts = [shown, exhibit.title, exhibit.authors, weights]
            parts += [score] if score else [words("timeline.untrained")]
            if self.theme.width("   ".join(parts), SMALL) > self._line.rect.w:
                parts[2] = f"{exhibit.authors.split(', ')[0]} …" if ", " in exhibit.authors else exhibit.authors
        while len(parts) > 1 and self.theme.width("   ".join(parts), SMALL) > self._line.rect.w:
            del parts[1 if len(parts) > 3 else -1]
        return self._line.update(surface, "   ".join(parts))

    # -- drawing -------------------------------------------------------------------------------------------------------

    def _draw_tree(
        self, surface: pygame.Surface, exhibits: tuple[Exhibit, ...], about: str, before: frozenset[str],
        after: frozenset[str],
    ) -> None:  # fmt: skip
        palette = self.theme.palette
        number = {e.name: k for k, e in enumerate(exhibits)}
        lit: list[tuple[int, int, Colour]] = []
        surface.set_clip(self._tree)
        for child in exhibits:
            for parent in child.parents:
                if parent not in number:
                    continue
                ends = (number[parent], number[child.name])
                if (child.name == about or child.name in before) and parent in before:
                    lit.append((*ends, palette.positive))
                elif (parent == about or parent in after) and child.name in after:
                    lit.append((*ends, palette.negative))
                else:
                    self._arc(surface, *ends, FAINT, 1)
        for one, other, colour in lit:
            self._arc(surface, one, other, colour, self.theme.line(1.4))
        surface.set_clip(None)

    def _arc(self, surface: pygame.Surface, one: int, other: int, colour: Colour, width: int) -> None:
        a, b = self._boxes[one], self._boxes[other]
        x1, x2, foot = a.x + a.w * 0.56, b.x + b.w * 0.44, self._tree.bottom - 1
        share = min(1.0, abs(x2 - x1) / (0.42 * self._tree.w)) ** 0.5
        high = (self._tree.h - self.theme.px(4)) * max(0.22, share)
        points: list[tuple[float, float]] = []
        for k in range(ARC_STEPS + 1):
            u = k / ARC_STEPS
            points.append((x1 + (x2 - x1) * u, foot - high * (1 - (2 * u - 1) ** 4) ** 0.8))
        for dy in range(width):
            pygame.draw.aalines(surface, colour, False, [(x, y + dy) for x, y in points])

    def _draw_plate(
        self, surface: pygame.Surface, k: int, exhibit: Exhibit, *, chosen: bool, hovered: bool, kin: int, beside: bool
    ) -> None:
        theme, px, palette = self.theme, self.theme.px, self.theme.palette
        box = pygame.Rect(self._boxes[k]).inflate(-max(2, px(3)), 0)
        trained = exhibit.score is not None or exhibit.name == MARK1
        face = palette.focus if chosen else (92, 88, 76) if hovered else (52, 51, 47)
        pygame.draw.rect(surface, face, box, border_radius=px(3))
        edge = palette.positive if kin > 0 else palette.negative if kin < 0 else None
        if edge:
            pygame.draw.rect(surface, edge, box, max(2, theme.line(1.5)), border_radius=px(3))
        elif not trained:
            pygame.draw.rect(surface, FAINT, box, 1, border_radius=px(3))
        if beside:
            pygame.draw.rect(surface, palette.header, box.inflate(2, 2), max(2, theme.line(2)), border_radius=px(3))
        ink = palette.ink if chosen else palette.ivory if trained or hovered or kin else palette.dim
        lines = 1 if theme.profile.least else 2
        high = box.h // lines
        year = pygame.Rect(box.x, box.y, box.w, high)
        text = f"{exhibit.year}"
        if theme.width(text, SMALL, FIGURES) > box.w - 2:
            text = text[2:]
        if theme.width(text, SMALL, FIGURES) > box.w:
            pygame.draw.rect(surface, ink, (box.centerx - 1, box.y + box.h // 3, 2, box.h // 3))
            return
        theme.write(surface, text, year, size=SMALL, face=FIGURES, colour=ink, align="centre")
        if lines == 2 and self._named[k]:
            name = pygame.Rect(box.x + px(2), box.y + high, box.w - px(4), high)
            theme.write(surface, exhibit.label, name, size=SMALL, face=TEXT, colour=ink, align="centre")
        elif lines == 2:
            pygame.draw.circle(surface, ink if trained else FAINT, (box.centerx, box.y + high * 3 // 2), max(1, px(2)))

    # -- hands ---------------------------------------------------------------------------------------------------------

    def part_at(self, place: tuple[int, int]) -> Target | None:
        """Return the plate under a place; the graph over it belongs to it too."""
        if not self._plates.union(self._tree).collidepoint(place):
            return None
        return next((Target("system", k) for k, b in enumerate(self._boxes) if b.x <= place[0] < b.right), None)

    def place_of(self, part: Target) -> pygame.Rect | None:
        """Return where a plate is."""
        if part.kind != "system" or part.number >= len(self._boxes):
            return None
        return pygame.Rect(self._boxes[part.number])

    def parts(self) -> list[Target]:
        """Return the selected plate."""
        chosen = self._shown[1] if self._shown else MARK1
        return [Target("system", self._names.index(chosen) if chosen in self._names else 0)]

    def name_of(self, number: int) -> str:
        """Return the name of the system on a plate."""
        return self._names[number] if 0 <= number < len(self._names) else ""
