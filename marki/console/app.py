"""The window: its loop of input, time, one look, drawing what changed; and what only a window can do."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import Any

import pygame

from marki.console.actions.command_table import COMMANDS
from marki.console.actions.lessons import watch
from marki.console.actions.operator import Operator
from marki.console.actions.systems import catch_up
from marki.console.arrange import PLAIN_COVER, set_stage
from marki.console.drawing import overlay
from marki.console.drawing.layout import SMALLEST, unit_of
from marki.console.drawing.theme import DESK, PROJECTOR, Profile, Theme
from marki.console.export import capture
from marki.console.export.sound import Sound
from marki.console.input.mouse_keyboard import InputHandler, rings
from marki.console.observer import Observer
from marki.console.pages import blocks
from marki.console.pages.context import Context
from marki.console.panels.page_panel import PagePanel
from marki.console.state.playback import FRAME_S, Playback
from marki.console.state.scene import Scene
from marki.console.state.ui_state import UIState
from marki.console.timeline import arrangement as rooms
from marki.console.timeline import startup
from marki.console.timeline.controller import TimelineController
from marki.console.window_settings import WindowSettings
from marki.errors import MarkIError
from marki.files import write_json, write_new, write_text
from marki.io.exhibits import MARK1, Timeline
from marki.language import Words
from marki.session import Session
from marki.tables import registers_csv

MESSAGE_FRAMES = 420
PAGE_EVERY = 8  # frames between two readings of a page, so that it can be read
FRAME_BUDGET_S, LEAST_S, MOST_S = 0.0098, 0.002, 0.009  # of wall time: a frame, and the machine's share of it
IDLE_S = 90  # in a kiosk, the time after which the window begins again


class App:
    """The operator's window on one session.

    Parameters
    ----------
    session : Session
    settings : WindowSettings
    timeline : Timeline, optional
        The successors, if somebody lends them.
    """

    def __init__(self, session: Session, settings: WindowSettings, timeline: Timeline | None = None):
        self.settings = settings
        self.ui = UIState(view=settings.view)
        self.timeline = TimelineController(timeline, self.ui) if timeline is not None else None
        self.operator = Operator(
            session,
            Playback(session, speed=settings.speed, paused=settings.paused, fixed=settings.frames is not None),
            self.ui,
            Words(settings.language),
            commands=COMMANDS,
            window=self,
            out=Path(settings.out),
            kiosk=settings.kiosk,
            csv=settings.csv,
            timeline=self.timeline,
        )
        self.observer = Observer(session, self.playback, self.ui, self.timeline)
        self.handler = InputHandler(self.operator)
        pygame.display.init()
        pygame.font.init()
        pygame.display.set_caption("Mark I Perceptron")
        pygame.key.set_repeat(350, 45)
        flags = pygame.FULLSCREEN if settings.fullscreen else pygame.RESIZABLE
        pygame.display.set_mode((0, 0) if settings.fullscreen else settings.size, flags)
        self.profile = PROJECTOR if settings.projector else DESK
        self.still = settings.still
        self._themed = self._theme_key()
        self.theme = self._make_theme()
        self.helping, self.open = False, True
        self.frames = 0
        self.first_frame_s = 0.0
        self.times: deque[float] = deque(maxlen=100_000)
        self.sound = Sound()
        self.film: capture.Film | None = capture.Film() if settings.film else None
        self._message: tuple[str, int] = ("", 0)  # what is said, and for how many frames still
        self._key: tuple | None = None  # what the panels were dressed for
        self._canvas = self.surface  # what the panels draw on: larger than the window, if that is very small
        self._frames = overlay.Frames()
        self._places: dict[bool, pygame.Rect] = {}
        self._idle = 0.0
        self._eager = True  # whether the page is read anew at the next look
        self._drawing: deque[float] = deque([0.004], maxlen=40)
        if self.timeline is not None:
            startup.hang(self.timeline, settings)
        if settings.lesson:
            self.operator.give("lesson", name=settings.lesson)
        if settings.page:
            self.operator.give("page", name=settings.page)
        self._scene: Scene | None = None

    @property
    def session(self) -> Session:
        """The session that the window stands before."""
        return self.operator.session

    @property
    def playback(self) -> Playback:
        """What plays it."""
        return self.operator.playback

    @property
    def words(self) -> Words:
        """The language that is spoken."""
        return self.operator.words

    @property
    def scene(self) -> Scene:
        """The scene that is shown."""
        return self._scene or self._look()

    @property
    def surface(self) -> pygame.Surface:
        """The window's own surface."""
        surface = pygame.display.get_surface()
        assert surface is not None, "the display is set in __init__"
        return surface

    # -- the loop ----------------------------------------------------------------------------------------------------

    def run(self) -> int:
        """Run until the window is closed or the frames are drawn, and write what was asked for."""
        clock = pygame.time.Clock()
        started = time.perf_counter()
        seconds = FRAME_S
        try:
            while self.open and self.frames != self.settings.frames:
                begun = time.perf_counter()
                self.frame(seconds)
                self.times.append(time.perf_counter() - begun)
                if self.settings.frames is None:
                    seconds = clock.tick(60) / 1e3
                elif self.frames == 2:
                    self._wait()
            wall = time.perf_counter() - started
            if self.playback.owing:
                self.playback.settle()
                self._look()
                self.draw()
            self._wait()
            if self.settings.screenshot:
                capture.save_picture(self.surface, self.settings.screenshot)
            if self.settings.film and self.film is not None:
                self.film.save(self.settings.film)
            if self.settings.table:
                write_text(self.settings.table, registers_csv(self.session, self.settings.csv))
            if self.settings.lab_report:
                from marki.console.export.lab_report import lab_report

                lab_report(self.session, Path(self.settings.lab_report), **self._reported())
            if self.settings.report:
                write_json(self.settings.report, self.report(wall))
        finally:
            if self.timeline is not None:
                self.timeline.close()
            pygame.quit()
        return 0

    def _wait(self) -> None:
        """Where nobody watches, wait for the answers of the timeline, for the picture."""
        if self.timeline is not None and self.settings.frames is not None:
            startup.wait(self.timeline, self.session, self._look)
            self.draw()

    def frame(self, seconds: float = FRAME_S) -> None:
        """Draw one frame, `seconds` after the last."""
        for event in pygame.event.get():
            self._take(event)
        self._rest(seconds)
        self.playback.budget_s = min(MOST_S, max(LEAST_S, FRAME_BUDGET_S - max(self._drawing)))
        try:
            self.playback.tick(seconds)
            watch(self.operator)
            catch_up(self.operator)
        except MarkIError as error:
            self.playback.running, self.playback.searching = False, 0
            self.operator.say(self.words.error(error), alarm=True)
        if self.playback.message:
            name, values = self.playback.message
            self.operator.tell(name, **values)
            self.playback.message = None
        begun = time.perf_counter()
        if self.timeline is not None:
            for text in self.timeline.poll():
                self.operator.say(self.words("message.refused", text=text), alarm=True)
        self._fade()
        scene = self._look()
        self.sound.hear(scene.brightness, self.playback.running or bool(self.playback.searching), seconds)
        self.draw()
        if self.film is not None:
            self.film.add(self.surface, seconds)
        self._drawing.append(time.perf_counter() - begun)
        self.frames += 1
        if self.frames == 1:
            self.first_frame_s = time.perf_counter() - self.settings.began

    def _look(self) -> Scene:
        self._scene = scene = self.observer.scene()
        if self.timeline is not None and scene.timeline is not None:
            self.timeline.follow(self.session, scene.timeline)
        page = self._page()
        if page is not None and (self.frames % PAGE_EVERY == 0 or page.name != self.ui.page or self._eager):
            page.name = self.ui.page
            page.blocks = blocks(Context(scene=scene, session=self.session, operator=self.operator, words=self.words))
            self._eager = False
        return scene

    def _page(self) -> PagePanel | None:
        page = self.handler.panels.get("page")
        return page if isinstance(page, PagePanel) and self.ui.page else None

    def _fade(self) -> None:
        """Take a message away after some seconds."""
        text, left = self._message
        if self.ui.message != text:
            self._message = (self.ui.message, MESSAGE_FRAMES)
        elif text and left <= 0:
            self.ui.message, self.ui.alarm = "", False
            self._message = ("", 0)
        else:
            self._message = (text, left - 1)

    def _rest(self, seconds: float) -> None:
        """In a kiosk, begin again when nobody has touched anything for a while."""
        if not self.settings.kiosk:
            return
        self._idle += seconds
        if self._idle > IDLE_S:
            self._idle = 0.0
            self.helping = False
            if self.settings.lesson:
                self.operator.obey("lesson", name=self.settings.lesson)
            else:
                self.operator.obey("reset")
                self.operator.turn_to("")
            self.ui.hall, self.ui.system, self.ui.beside = False, MARK1, ""
            self.playback.running = True

    # -- drawing -----------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        """Draw what has changed, and show it."""
        surface, ui, scene = self.surface, self.ui, self.scene
        key = (
            surface.get_size(), id(surface), self.helping, ui.question is not None, ui.view, bool(ui.page),
            scene.units, scene.source_set.tobytes(), self.session.course, self.words.language, self.profile, self.still,
            ui.hidden, ui.bay, rooms.key(scene),
        )  # fmt: skip
        if key != self._key:
            self._frames = overlay.Frames()
            self._dress(surface, scene)
            self._key = key
            if ui.page:
                self._eager = True
                scene = self._look()
            self._update(surface, scene)
            if self.helping:
                overlay.key_map(surface, self.theme, scene.commands)
            elif ui.question is not None:
                self._places = overlay.ask(surface, self.theme, ui.question.text)
            pygame.display.flip()
        elif not self.helping and ui.question is None:
            pygame.display.update(self._update(surface, scene))

    def _size(self) -> tuple[int, int]:
        """Return the size of what is drawn: that of the window, but never below the smallest."""
        wide, high = self.surface.get_size()
        return max(wide, SMALLEST[0]), max(high, SMALLEST[1])

    def _theme_key(self) -> tuple[float, str, Profile, int]:
        """Return what the theme follows from: unit, language, profile, height."""
        size = self._size()
        return unit_of(size, self.settings.scale), self.words.language, replace(self.profile, still=self.still), size[1]

    def _make_theme(self) -> Theme:
        unit, _, profile, height = self._themed
        return Theme(unit, self.words, profile, height)

    def _dress(self, surface: pygame.Surface, scene: Scene) -> None:
        if self._themed != (wanted := self._theme_key()):
            self._themed = wanted
            self.theme = self._make_theme()
        size = self._size()
        self.handler.unit = self.theme.unit
        self.handler.panels = set_stage(size, self.settings.scale, self.theme, scene)
        surface.fill(self.theme.palette.room)
        canvas = surface
        if size != surface.get_size():
            canvas = pygame.Surface(size).convert()
            canvas.fill(self.theme.palette.room)
        self._canvas = canvas
        for panel in self.handler.panels.values():
            panel.dress(canvas, scene)

    def _update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        ui, canvas = self.ui, self._canvas
        dirty = self._frames.lift(canvas)
        dirty += [rect for panel in self.handler.panels.values() for rect in panel.update(canvas, scene)]
        frames = [(self.handler.panels[n].rect.inflate(-8, -8), "watched") for n in self._watched()]
        picked = ui.picked if ui.page == "inspect" else None
        frames += [(place, "picked") for place in rings([picked], self.handler)]
        frames += [(place, "focus") for place in rings([ui.focus], self.handler)]
        dirty += self._frames.lay(canvas, self.theme, frames)
        if canvas is not surface:
            surface.blit(canvas, (0, 0))
            return [surface.get_rect()]
        return dirty

    def _watched(self) -> list[str]:
        """Return the panels that the lesson asks to watch, under their names in this view."""
        names = [PLAIN_COVER.get(n, n) if self.ui.view == "front" else n for n in sorted(self.ui.watched)]
        return [n for n in names if n in self.handler.panels]

    # -- input -------------------------------------------------------------------------------------------------------

    def _take(self, event: pygame.event.Event) -> None:
        if event.type in (pygame.KEYDOWN, pygame.MOUSEBUTTONDOWN, pygame.MOUSEMOTION, pygame.DROPFILE):
            self._idle = 0.0
        if event.type in (pygame.KEYDOWN, pygame.MOUSEBUTTONDOWN, pygame.MOUSEBUTTONUP, pygame.MOUSEWHEEL):
            self._eager = True
        if event.type == pygame.QUIT:
            self.open = self.settings.kiosk and self.settings.fullscreen
        elif event.type in (pygame.VIDEOEXPOSE, pygame.WINDOWRESTORED):
            self._key = None  # what was covered may be lost: draw all of it
        elif event.type == pygame.DROPFILE:
            if not self.settings.kiosk:
                self.operator.obey("dropped", path=event.file)
        elif event.type == pygame.KEYDOWN:
            if self.helping:
                self.helping = False
            else:
                self.handler.key(event)
        elif event.type in (pygame.MOUSEMOTION, pygame.MOUSEBUTTONDOWN, pygame.MOUSEBUTTONUP, pygame.MOUSEWHEEL):
            self._point(event)

    def _point(self, event: pygame.event.Event) -> None:
        """Give what the mouse does to whatever lies on top."""
        if self._key is None:
            return
        if self.helping:
            if event.type == pygame.MOUSEBUTTONUP:
                self.helping = False
        elif self.ui.question is not None:
            if event.type == pygame.MOUSEBUTTONUP:
                for yes, place in self._places.items():
                    if place.collidepoint(event.pos):
                        self.operator.obey("answer", yes=yes)
        else:
            self.handler.point(event)

    def obey(self, name: str, /, **arguments: Any) -> None:
        """Give the operator a command; a refusal is said at the foot of the window."""
        self.operator.obey(name, **arguments)

    # -- what only the window can do, see `Window` -------------------------------------------------------------------

    def session_changed(self) -> None:
        """Take the operator's new session and playback."""
        self.observer = Observer(self.session, self.playback, self.ui, self.timeline)
        self.handler = InputHandler(self.operator)
        self._key = None

    def save_screenshot(self, path: Path) -> Path:
        """Write what is shown to a PNG file of that name or the next that is free; return its path."""
        return write_new(path, capture.png(self.surface))

    def toggle_film(self, path: Path) -> Path | None:
        """Begin a film; or end it, write it to a GIF file as `save_screenshot` does, and return its path."""
        if self.film is None or self.settings.film:
            self.film = capture.Film()
            return None
        saved = write_new(path, self.film.gif())
        self.film = None  # only now: one that could not be written is not lost
        return saved

    def write_report(self, path: Path) -> Path:
        """Write the lab report to a zip file, as `save_screenshot` does; return its path."""
        from marki.console.export.lab_report import zipped

        return write_new(path, lambda free: zipped(self.session, free, **self._reported()))

    def _reported(self) -> dict[str, Any]:
        """Return what the lab report holds of the window."""
        pictures = {"window": self.surface}
        return {"words": self.words, "pictures": pictures, "tally": self.ui.tally, "form": self.settings.csv}

    def toggle_sound(self) -> bool:
        """Switch the sound on or off; return whether it is on."""
        on = self.sound.switch()
        if not on and self.sound.trouble is not None:
            raise self.sound.trouble
        return on

    def toggle_projector(self) -> bool:
        """Go over to the projector's profile, or back; return whether it is on."""
        self.profile = DESK if self.profile is PROJECTOR else PROJECTOR
        return self.profile is PROJECTOR

    def toggle_still(self) -> bool:
        """Take motion out of the picture, or let it back in; return whether it is out."""
        self.still = not self.still
        return self.still

    def toggle_fullscreen(self) -> None:
        """Fill the screen, or no longer."""
        pygame.display.toggle_fullscreen()
        self._key = None

    def toggle_help(self) -> None:
        """Lay the key map over the window, or take it away."""
        self.helping = not self.helping

    def move_focus(self, step: int) -> None:
        """Go to the next part at which the keyboard's focus stops, or with -1 to the one before."""
        self.handler.move_focus(step)

    def press_focus(self) -> None:
        """Press the part that has the focus."""
        self.handler.press_focus()

    def leave_focus(self) -> None:
        """Let the focus go; without one, close the page, or put the tool away."""
        self.handler.leave_focus()

    def close(self) -> None:
        """Close the window."""
        self.open = False

    # -- results -----------------------------------------------------------------------------------------------------

    def report(self, wall_s: float) -> dict:
        """Return what `--report` writes; the speed got is what the frames themselves had time for."""
        playback, session = self.playback, self.session
        driven = playback.shown_time
        return {
            "fps": round(self.frames / wall_s, 2) if wall_s else 0.0,
            "frame_ms": capture.frame_times(list(self.times)),
            "first_frame_s": round(self.first_frame_s, 3),
            "asked_speed": playback.speed,
            "got_speed": round(playback.simulated / 1e6 / driven, 3) if driven else 0.0,
            "digest": session.digest,
            "trial": session.trial,
            "simulated_seconds": session.now / 1e6,
            "seed": session.seed,
            "size": list(self.surface.get_size()),
            "frames": self.frames,
        }
