"""The renderer: draws scenes in the window, and of each only what has changed."""

from __future__ import annotations

from dataclasses import replace

import pygame

from marki.console.arrange import PLAIN_COVER, set_stage
from marki.console.drawing import layout, overlay
from marki.console.drawing.layout import unit_of
from marki.console.drawing.panel import Panel, place_of
from marki.console.drawing.theme import DESK, PROJECTOR, Profile, Theme
from marki.console.state import first_minute
from marki.console.state.scene import Scene
from marki.console.state.ui_state import UIState
from marki.console.timeline import arrangement as rooms
from marki.language import Words

Place = tuple[int, int]


class Renderer:
    """Draws scenes in the window: its panels, the frames about parts of them, and what lies over all.

    Panels draw on a canvas, which is the window itself, or larger if the window is very small.

    Parameters
    ----------
    scale : float
        Of lettering and frames.
    ui : UIState
    words : Words

    Attributes
    ----------
    theme : Theme
    panels : dict of str to Panel
        What stands in the window, by name; nothing before the first scene.
    """

    def __init__(self, scale: float, ui: UIState, words: Words):
        self.scale = scale
        self.panels: dict[str, Panel] = {}
        self._themed = self._theme_key(ui, words)
        self.theme = self._make_theme(words)
        self._key: tuple | None = None  # what the panels were dressed for
        self._whole = True  # whether all is drawn at the next scene
        self._canvas = self.surface
        self._frames = overlay.Frames()
        self._answers: dict[bool, pygame.Rect] = {}

    @property
    def surface(self) -> pygame.Surface:
        """The window's own surface."""
        surface = pygame.display.get_surface()
        assert surface is not None, "the display is set before the renderer is made"
        return surface

    @property
    def drawn(self) -> bool:
        """Whether the window shows what was given to it last, so that places in it mean something."""
        return self._key is not None

    def invalidate(self) -> None:
        """Let all of the window be drawn anew at the next scene."""
        self._key = None

    # -- drawing -----------------------------------------------------------------------------------------------------

    def arrange(self, scene: Scene, words: Words, course: int) -> bool:
        """Make the panels anew if the window is another than before; return whether it is.

        Parameters
        ----------
        scene : Scene
        words : Words
        course : int
            Number of the world that is learned in.
        """
        ui, surface = scene.ui, self.surface
        key = (
            surface.get_size(), id(surface), ui.helping, ui.question is not None, ui.view, bool(ui.page), scene.units,
            scene.source_set.tobytes(), course, words.language, ui.projector, ui.still, ui.hidden, ui.bay,
            ui.editing, rooms.key(scene),
        )  # fmt: skip
        if key == self._key:
            return False
        self._key, self._whole = key, True
        self._frames = overlay.Frames()
        self._dress(surface, scene, words)
        return True

    def draw(self, scene: Scene) -> None:
        """Draw what has changed in a scene, and show it."""
        surface, ui = self.surface, scene.ui
        if self._whole:
            self._whole = False
            self._update(scene)
            if ui.helping:
                overlay.key_map(self._canvas, self.theme, scene.commands)
            elif ui.question is not None:
                self._answers = overlay.ask(self._canvas, self.theme, ui.question.text)
            self._present(surface)
            pygame.display.flip()
        elif not ui.helping and ui.question is None:
            dirty = self._update(scene)
            pygame.display.update(self._present(surface) if self._scaled else dirty)

    @property
    def _scaled(self) -> bool:
        return self._canvas is not self.surface

    def _present(self, surface: pygame.Surface) -> pygame.Rect:
        """Show the canvas in the window, smaller if the window is very small; return where."""
        if self._scaled:
            pygame.transform.smoothscale(self._canvas, surface.get_size(), surface)
        return surface.get_rect()

    def _theme_key(self, ui: UIState, words: Words) -> tuple[float, str, Profile, int]:
        """Return what the theme follows from: unit, language, profile, height."""
        size = layout.canvas(self.surface.get_size())
        profile = replace(PROJECTOR if ui.projector else DESK, still=ui.still)
        return unit_of(size, self.scale), words.language, profile, size[1]

    def _make_theme(self, words: Words) -> Theme:
        unit, _, profile, height = self._themed
        return Theme(unit, words, profile, height)

    def _dress(self, surface: pygame.Surface, scene: Scene, words: Words) -> None:
        if self._themed != (wanted := self._theme_key(scene.ui, words)):
            self._themed = wanted
            self.theme = self._make_theme(words)
        size = layout.canvas(surface.get_size())
        self.panels = set_stage(size, self.scale, self.theme, scene)
        surface.fill(self.theme.palette.room)
        canvas = surface
        if size != surface.get_size():
            canvas = pygame.Surface(size).convert()
            canvas.fill(self.theme.palette.room)
        self._canvas = self.theme.sheet = canvas
        for panel in self.panels.values():
            panel.dress(canvas, scene)

    def _update(self, scene: Scene) -> list[pygame.Rect]:
        ui, canvas = scene.ui, self._canvas
        dirty = self._frames.lift(canvas)
        dirty += [rect for panel in self.panels.values() for rect in panel.update(canvas, scene)]
        frames = [(self.panels[n].rect.inflate(-8, -8), "watched") for n in self.watched(scene)]
        picked = ui.picked if ui.page == "inspect" else None
        for part, style in ((picked, "picked"), (ui.focus, "focus")):
            place = None if part is None else place_of(part, self.panels.values())
            frames += [] if place is None else [(place, style)]
        dirty += self._frames.lay(canvas, self.theme, frames)
        return dirty

    def watched(self, scene: Scene) -> list[str]:
        """Return the panels that the tour or the lesson asks to watch, under their names in this view."""
        ui = scene.ui
        if ui.tour >= 0:
            names = [first_minute.STEPS[ui.tour]]
        else:
            names = [PLAIN_COVER.get(n, n) if ui.view == "front" else n for n in sorted(ui.watched)]
        return [n for n in names if n in self.panels]

    # -- places in the window ------------------------------------------------------------------------------------------

    def on_canvas(self, place: Place) -> Place:
        """Return the place on the canvas that is shown at a place of the window."""
        (w, h), (wide, high) = self.surface.get_size(), self._canvas.get_size()
        return place[0] * wide // w, place[1] * high // h

    def in_window(self, box: pygame.Rect) -> pygame.Rect:
        """Return where the window shows a rectangle of the canvas."""
        (w, h), (wide, high) = self.surface.get_size(), self._canvas.get_size()
        return pygame.Rect(box.x * w // wide, box.y * h // high, box.w * w // wide, box.h * h // high)

    def answer_at(self, place: Place) -> bool | None:
        """Return the answer to the question whose button lies at a place of the canvas; None if none does."""
        return next((yes for yes, box in self._answers.items() if box.collidepoint(place)), None)
