"""The window's loop: input, time, one look, draw what changed, show it."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import replace
from pathlib import Path

import pygame

from marki.console.actions.operator import Operator
from marki.console.arrange import PLAIN_COVER, set_stage
from marki.console.command import WindowSettings
from marki.console.drawing import overlay
from marki.console.drawing.layout import SMALLEST, unit_of
from marki.console.drawing.theme import DESK, PROJECTOR, Theme
from marki.console.export import capture
from marki.console.export.sound import Sound
from marki.console.input.mouse_keyboard import InputHandler, rings
from marki.console.pages import Context, blocks
from marki.console.panels.page_panel import PagePanel
from marki.console.state.playback import FRAME_S, Playback
from marki.console.state.scene import Observer, Scene
from marki.console.state.timeline_view import MARK1, TimelineView
from marki.console.state.ui_state import UIState
from marki.console.timeline import arrangement as rooms
from marki.console.timeline import startup
from marki.console.timeline.controller import TimelineController
from marki.errors import MarkIError
from marki.files import write_json, write_text
from marki.io.exhibits import Timeline
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
        self.words = Words(settings.language)
        self.profile = PROJECTOR if settings.projector else DESK
        self.still = settings.still
        self._connect(session, settings.speed, settings.paused)
        pygame.display.init()
        pygame.font.init()
        pygame.display.set_caption("Mark I Perceptron")
        pygame.key.set_repeat(350, 45)
        flags = pygame.FULLSCREEN if settings.fullscreen else pygame.RESIZABLE
        pygame.display.set_mode((0, 0) if settings.fullscreen else settings.size, flags)
        self.helping, self.open = False, True
        self.frames = 0
        self.first_frame_s = 0.0
        self.times: deque[float] = deque(maxlen=100_000)
        self.sound = Sound()
        self.film: capture.Film | None = capture.Film() if settings.film else None
        self._message: tuple[str, int] = ("", 0)  # what is said, and for how many frames still
        self._key: tuple | None = None  # what the panels were dressed for
        self._frames = overlay.Frames()
        self._places: dict[bool, pygame.Rect] = {}
        self._idle = 0.0
        self._drawing: deque[float] = deque([0.004], maxlen=40)
        self.scene: Scene | None = None
        if self.timeline is not None:
            startup.hang(self.timeline, session, settings)
        if settings.lesson:
            self.operator.do("lesson", settings.lesson)
        if settings.page:
            self.operator.turn_to(settings.page)

    def _connect(self, session: Session, speed: float, paused: bool) -> None:
        """Put the window before a session."""
        self.session = session
        self.playback = Playback(session, speed=speed, paused=paused, fixed=self.settings.frames is not None)
        self.observer = Observer(session, self.playback, self.ui, self.timeline)
        self.operator = Operator(
            session, self.playback, self.ui, self.words, Path(self.settings.out), self.settings.kiosk, self.timeline
        )
        self.operator.hooks = {
            "replace": self._replace, "picture": self._picture, "film": self._film, "report": self._report,
            "sound": self._sound, "projector": self._projector, "still": self._still, "fullscreen": self._fullscreen,
            "help": self._help, "quit": self._quit, "language": self._language,
        }  # fmt: skip
        self.handler = InputHandler(self.operator)

    def _replace(self, session: Session) -> None:
        """Go over to another session, as a lesson does; pages and hands stay."""
        ui, old = self.ui, self.operator
        ui.covered = ui.predicting = ui.hand = False
        ui.draft = ui.picked = ui.turning = ui.before = None
        ui.tool = "look"
        self._connect(session, self.playback.speed, paused=True)
        # The operator that is acting goes on with the new session too.
        old.session, old.playback, old.opponent, old.changes = session, self.playback, None, 0
        self.operator = old
        self.handler.operator = old
        self._key = None

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
                capture.save_picture(pygame.display.get_surface(), self.settings.screenshot)
            if self.settings.film:
                self.film.save(self.settings.film)
            if self.settings.table:
                write_text(self.settings.table, registers_csv(self.session))
            if self.settings.lab_report:
                self._write_report(self.settings.lab_report)
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
            startup.wait(self.timeline, self._look)
            self.draw()

    def frame(self, seconds: float = FRAME_S) -> None:
        """Draw one frame, `seconds` after the last."""
        for event in pygame.event.get():
            self._take(event)
        self._rest(seconds)
        self.playback.budget_s = min(MOST_S, max(LEAST_S, FRAME_BUDGET_S - max(self._drawing)))
        try:
            self.playback.tick(seconds)
            self.operator.do("watch")
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
                self.operator.say(self.words.error(MarkIError(text)), alarm=True)
        self._fade()
        self._look()
        self.sound.hear(self.scene.brightness, self.playback.running or bool(self.playback.searching), seconds)
        self.draw()
        if self.film is not None:
            self.film.add(pygame.display.get_surface(), seconds)
        self._drawing.append(time.perf_counter() - begun)
        self.frames += 1
        if self.frames == 1:
            self.first_frame_s = time.perf_counter() - self.settings.began

    def _look(self) -> TimelineView | None:
        self.scene = self.observer.scene()
        if self.timeline is not None:
            self.timeline.follow(self.session, self.scene.timeline)
        page = self._page()
        if page is not None and (self.frames % PAGE_EVERY == 0 or page.name != self.ui.page or self._eager):
            page.name = self.ui.page
            context = Context(scene=self.scene, session=self.session, operator=self.operator, words=self.words)
            page.blocks = blocks(context)
            self._eager = False
        return self.scene.timeline

    _eager = True

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
                self.operator.act("lesson", self.settings.lesson)
            else:
                self.operator.obey("reset")
                self.operator.turn_to("")
            self.ui.hall, self.ui.system, self.ui.beside = False, MARK1, ""
            self.playback.running = True

    # -- drawing -----------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        """Draw what has changed, and show it."""
        surface, ui, scene = pygame.display.get_surface(), self.ui, self.scene
        key = (
            surface.get_size(), id(surface), self.helping, ui.question is not None, ui.view, bool(ui.page),
            scene.units, scene.source_set.tobytes(), self.session.course, self.words.language, self.profile, self.still,
            ui.hidden, ui.bay, rooms.key(scene),
        )  # fmt: skip
        if key != self._key:
            self._frames = overlay.Frames()
            self._dress(surface)
            self._key = key
            if ui.page:
                self._eager = True
                self._look()
            self._update(surface)
            if self.helping:
                overlay.key_map(surface, self.theme)
            elif ui.question is not None:
                self._places = overlay.ask(surface, self.theme, ui.question.text)
            pygame.display.flip()
        elif not self.helping and ui.question is None:
            pygame.display.update(self._update(surface))

    def _dress(self, surface: pygame.Surface) -> None:
        size = tuple(max(a, b) for a, b in zip(surface.get_size(), SMALLEST, strict=True))
        unit = unit_of(size, self.settings.scale)
        wanted = (unit, self.words.language, self.profile, self.still, size[1])
        if getattr(self, "_themed", None) != wanted:
            self._themed = wanted
            self.theme = Theme(unit, self.words, replace(self.profile, still=self.still), size[1])
        self.handler.unit = unit
        self.handler.panels = set_stage(size, self.settings.scale, self.theme, self.scene)
        surface.fill(self.theme.palette.room)
        canvas = surface
        if size != surface.get_size():
            canvas = pygame.Surface(size).convert()
            canvas.fill(self.theme.palette.room)
        self._canvas = canvas
        for panel in self.handler.panels.values():
            panel.dress(canvas, self.scene)

    def _update(self, surface: pygame.Surface) -> list[pygame.Rect]:
        ui, canvas = self.ui, self._canvas
        dirty = self._frames.lift(canvas)
        dirty += [rect for panel in self.handler.panels.values() for rect in panel.update(canvas, self.scene)]
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
                self.operator.act("dropped", event.file)
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
                        self.operator.act("answer", yes)
        else:
            self.handler.point(event)

    def obey(self, command: str) -> None:
        """Carry out a command of the table."""
        self.operator.obey(command)

    # -- what only the window can do ---------------------------------------------------------------------------------

    def _help(self) -> None:
        self.helping = not self.helping

    def _quit(self) -> None:
        self.open = False

    def _language(self) -> None:
        self.operator.do("language")
        self.words = self.operator.words

    def _projector(self) -> None:
        self.profile = DESK if self.profile is PROJECTOR else PROJECTOR
        self.operator.tell("message.projector_on" if self.profile is PROJECTOR else "message.projector_off")

    def _still(self) -> None:
        self.still = not self.still
        self.operator.tell("message.still_on" if self.still else "message.still_off")

    def _fullscreen(self) -> None:
        pygame.display.toggle_fullscreen()
        self._key = None

    def _sound(self) -> None:
        on = self.sound.switch()
        if not on and self.sound.trouble is not None:
            raise self.sound.trouble
        self.operator.tell("message.sound_on" if on else "message.sound_off")

    def _picture(self) -> None:
        path = self.operator.file("window", "png")
        capture.save_picture(pygame.display.get_surface(), path)
        self.operator.tell("message.saved", path=path)

    def _film(self) -> None:
        """Begin an animation, or end and write it."""
        if self.film is None or self.settings.film:
            self.film = capture.Film()
            self.operator.tell("message.film_on")
            return
        film, self.film = self.film, None
        path = self.operator.file("film", "gif")
        film.save(path)
        self.operator.tell("message.saved", path=path)

    def _report(self) -> None:
        """Write the lab report."""
        path = self.operator.file("report", "zip")
        self._write_report(path)
        self.operator.tell("message.saved", path=path)

    def _write_report(self, path: Path | str) -> None:
        from marki.console.export.lab_report import lab_report

        pictures = {"window": pygame.display.get_surface()}
        lab_report(self.session, path, words=self.words, pictures=pictures, tally=self.ui.tally)

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
            "size": list(pygame.display.get_surface().get_size()),
            "frames": self.frames,
        }
