"""The window: its loop of input, time, one look, drawing what changed; and what only a window can do."""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import Any

import pygame

from marki import savefile
from marki.console.actions.command_table import COMMANDS
from marki.console.actions.lessons import watch
from marki.console.actions.operator import Operator
from marki.console.actions.systems import catch_up
from marki.console.actions.welcome import pass_time
from marki.console.arrange import PLAIN_COVER, set_stage
from marki.console.drawing import layout, overlay
from marki.console.drawing.layout import BASE, unit_of
from marki.console.drawing.theme import DESK, PROJECTOR, Profile, Theme
from marki.console.export import capture
from marki.console.export.background import Exports, make_film, make_report
from marki.console.export.report_order import parts
from marki.console.export.sound import Sound
from marki.console.input import clipboard, fingers
from marki.console.input.keyboard import Keyboard
from marki.console.input.mouse_keyboard import InputHandler, rings
from marki.console.observer import Observer
from marki.console.pages import blocks
from marki.console.pages.context import Context
from marki.console.panels.page_panel import PagePanel
from marki.console.state import first_minute
from marki.console.state.playback import FRAME_S, RISE, Playback
from marki.console.state.scene import Scene
from marki.console.state.ui_state import UIState
from marki.console.timeline import arrangement as rooms
from marki.console.timeline import startup
from marki.console.timeline.controller import TimelineController
from marki.console.window_settings import WindowSettings
from marki.errors import MarkIError
from marki.files import write_json, write_new, write_text
from marki.interruption import asked_to_end
from marki.io.exhibits import MARK1, Timeline
from marki.language import Words
from marki.session import Session
from marki.tables import registers_csv
from marki.ticks import LIMIT_US

MESSAGE_FRAMES = 420
PAGE_EVERY = 8  # frames between two readings of a page, so that it can be read
FRAME_BUDGET_S, LEAST_S, MOST_S = 0.0098, 0.002, 0.009  # of wall time: a frame, and the machine's share of it
IDLE_S = 90  # in a kiosk, the time after which the window begins again
LONGEST_US = LIMIT_US // 64  # the machine's time after which it does as well
LULL_S = 10  # if nobody has touched it for so long


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
            Playback(
                session,
                speed=RISE[0][1] if settings.speed is None else settings.speed,
                paused=settings.paused,
                fixed=settings.frames is not None,
                rising=settings.speed is None,
            ),
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
        self.keyboard = Keyboard(self.operator, self.handler)
        self.fingers = fingers.Fingers()
        pygame.display.init()
        pygame.font.init()
        pygame.display.set_caption("Mark I Perceptron")
        pygame.key.set_repeat(0)  # the keyboard gives again what is meant to be, see `Keyboard.held`
        flags = pygame.FULLSCREEN if settings.fullscreen else pygame.RESIZABLE
        pygame.display.set_mode((0, 0) if settings.fullscreen else self._opening_size(), flags)
        self.profile = PROJECTOR if settings.projector else DESK
        self.still = settings.still
        self.ui.still, self.ui.projector = settings.still, settings.projector
        self._themed = self._theme_key()
        self.theme = self._make_theme()
        self.helping, self.open = False, True
        self.frames = 0
        self.first_frame_s = 0.0
        self.times: deque[float] = deque(maxlen=100_000)
        self.sound = Sound()
        self.film: capture.Film | None = capture.Film() if settings.film else None
        self.exports = Exports()
        self._wall = 0.0  # s that the frames took
        self._progress = ""  # what was said last of how far they are
        self._message: tuple[str, int] = ("", 0)  # what is said, and for how many frames still
        self._key: tuple | None = None  # what the panels were dressed for
        self._canvas = self.surface  # what the panels draw on: larger than the window, if that is very small
        self._frames = overlay.Frames()
        self._places: dict[bool, pygame.Rect] = {}
        self._idle = 0.0
        self._eager = True  # whether the page is read anew at the next look
        self._drawing: deque[float] = deque([0.004], maxlen=40)
        seen = settings.kiosk or settings.frames is not None or first_minute.was_put_away()
        self.ui.welcome = settings.welcome or not seen
        if self.timeline is not None:
            startup.hang(self.timeline, settings, self.surface.get_size())
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

    def _opening_size(self) -> tuple[int, int]:
        """Return the size that was asked for, or what the screen has room for."""
        if self.settings.size is not None:
            return self.settings.size
        return BASE if self.settings.frames is not None else layout.opening(pygame.display.get_desktop_sizes()[0])

    # -- the loop ----------------------------------------------------------------------------------------------------

    def run(self) -> int:
        """Run until the window is closed or the frames are drawn, and write what was asked for."""
        whole = False
        try:
            with asked_to_end() as ended:
                self._loop(ended)
                if not ended.is_set():
                    self._write()
                    whole = True
        finally:
            if self.timeline is not None:
                self.timeline.close()
            pygame.quit()
            self._end_exports(finish=whole)
        return 0

    def _loop(self, ended: threading.Event) -> None:
        """Draw frames until the window is closed, all are drawn, or the program is asked to end."""
        clock = pygame.time.Clock()
        started = time.perf_counter()
        seconds = FRAME_S
        while self.open and not ended.is_set() and self.frames != self.settings.frames:
            begun = time.perf_counter()
            self.frame(seconds)
            self.times.append(time.perf_counter() - begun)
            if self.settings.frames is None:
                seconds = clock.tick(60) / 1e3
            elif self.frames == 2:
                self._wait()
        self._wall = time.perf_counter() - started

    def _write(self) -> None:
        """Write what was asked for."""
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

            path, told = Path(self.settings.lab_report), self.ui.tally
            pictures = {"window": self.surface}
            lab_report(self.session, path, words=self.words, pictures=pictures, tally=told, form=self.settings.csv)
        if self.settings.report:
            write_json(self.settings.report, self.report(self._wall))

    def _end_exports(self, *, finish: bool) -> None:
        """Finish the films and reports that are being made, or stop them; say which are lost."""
        if not self.exports.under_way:
            return
        try:
            if not finish:
                self.exports.close()
                return
            names = ", ".join(self.words(f"export.{export.name}") for export in self.exports.under_way)
            print(self.words("export.finishing", name=names), file=sys.stderr)
            for export in self.exports.finish():
                if export.error is not None:
                    print(self.words.error(export.error), file=sys.stderr)
        except KeyboardInterrupt:
            self.exports.close()
            raise

    def _wait(self) -> None:
        """Where nobody watches, wait for the answers of the timeline, for the picture."""
        if self.timeline is not None and self.settings.frames is not None:
            startup.wait(self.timeline, self.session, self._look)
            self.draw()

    def frame(self, seconds: float = FRAME_S) -> None:
        """Draw one frame, `seconds` after the last."""
        for event in pygame.event.get():
            self._take(event)
        self.keyboard.held(seconds)
        self.keyboard.listen(self.handler.panels["footer"].rect if self.handler.panels else self.surface.get_rect())
        self._rest(seconds)
        self.playback.budget_s = min(MOST_S, max(LEAST_S, FRAME_BUDGET_S - max(self._drawing)))
        try:
            self.playback.tick(seconds)
            watch(self.operator)
            catch_up(self.operator)
            pass_time(self.operator, seconds)
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
        self._exported()
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

    def _exported(self) -> None:
        """Say how far films and reports are, where nothing else is said, and which are written."""
        for export in self.exports.poll():
            if export.paths:
                self.operator.tell("message.saved", path=", ".join(map(str, export.paths)))
                if export.name == "film":
                    self.film = None  # only now: one that could not be written is not lost
            elif export.error is not None:
                self.operator.say(self.words.error(export.error), alarm=True)
            else:
                self.operator.tell("export.stopped")
        if self.ui.message in ("", self._progress):
            told = [
                self.words(
                    "export.making",
                    name=self.words(f"export.{export.name}"),
                    share=f"{100 * export.share:.0f}",
                    key=self.operator.commands[export.name].keys[0].upper(),
                )
                for export in self.exports.under_way
            ]
            self._progress = " · ".join(told)
            if told:
                self.operator.say(self._progress)

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
        """In a kiosk, begin again when nobody has touched anything for a while, and long before the clock ends."""
        if not self.settings.kiosk:
            return
        self._idle += seconds
        long = self.session.now > LONGEST_US and (self._idle > LULL_S or self.session.now > LIMIT_US // 2)
        if self._idle > IDLE_S or long:
            self._begin_again()

    def _begin_again(self) -> None:
        """Begin anew, for the next visitor: what the last one has changed is not asked about."""
        self._idle = 0.0
        self.helping, self.ui.question = False, None
        try:
            if self.settings.lesson:
                self.operator.carry_out("lesson", name=self.settings.lesson)
            else:
                self.operator.carry_out("reset")
                self.operator.turn_to("")
        except MarkIError as error:
            self.operator.say(self.words.error(error), alarm=True)
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
            self._update(scene)
            if self.helping:
                overlay.key_map(self._canvas, self.theme, scene.commands)
            elif ui.question is not None:
                self._places = overlay.ask(self._canvas, self.theme, ui.question.text)
            self._present(surface)
            pygame.display.flip()
        elif not self.helping and ui.question is None:
            dirty = self._update(scene)
            pygame.display.update(self._present(surface) if self._canvas is not surface else dirty)

    def _present(self, surface: pygame.Surface) -> pygame.Rect:
        """Show the canvas in the window, smaller if the window is very small; return where."""
        if self._canvas is not surface:
            pygame.transform.smoothscale(self._canvas, surface.get_size(), surface)
        return surface.get_rect()

    def _size(self) -> tuple[int, int]:
        """Return the size of what is drawn."""
        return layout.canvas(self.surface.get_size())

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
        self._canvas = self.theme.sheet = canvas
        for panel in self.handler.panels.values():
            panel.dress(canvas, scene)

    def _update(self, scene: Scene) -> list[pygame.Rect]:
        ui, canvas = self.ui, self._canvas
        dirty = self._frames.lift(canvas)
        dirty += [rect for panel in self.handler.panels.values() for rect in panel.update(canvas, scene)]
        frames = [(self.handler.panels[n].rect.inflate(-8, -8), "watched") for n in self._watched(scene)]
        picked = ui.picked if ui.page == "inspect" else None
        frames += [(place, "picked") for place in rings([picked], self.handler)]
        frames += [(place, "focus") for place in rings([ui.focus], self.handler)]
        dirty += self._frames.lay(canvas, self.theme, frames)
        return dirty

    def _watched(self, scene: Scene) -> list[str]:
        """Return the panels that the tour or the lesson asks to watch, under their names in this view."""
        if scene.ui.tour >= 0:
            return [n for n in (first_minute.STEPS[scene.ui.tour],) if n in self.handler.panels]
        names = [PLAIN_COVER.get(n, n) if self.ui.view == "front" else n for n in sorted(self.ui.watched)]
        return [n for n in names if n in self.handler.panels]

    # -- input -------------------------------------------------------------------------------------------------------

    def _take(self, made: pygame.event.Event) -> None:
        event = self.fingers.as_mouse(made, self.surface.get_size())
        if event is None:
            return
        if event.type in (pygame.KEYDOWN, pygame.MOUSEBUTTONDOWN, pygame.MOUSEMOTION, pygame.DROPFILE):
            self._idle = 0.0
        if event.type in (pygame.KEYDOWN, pygame.MOUSEBUTTONDOWN, pygame.MOUSEBUTTONUP, pygame.MOUSEWHEEL):
            self._eager = True
        if event.type == pygame.QUIT:
            self._leave()
        elif event.type in (pygame.VIDEOEXPOSE, pygame.WINDOWRESTORED):
            self._key = None  # what was covered may be lost: draw all of it
        elif event.type == pygame.DROPFILE:
            if not self.settings.kiosk:
                self.operator.obey("dropped", path=event.file)
        elif event.type == pygame.KEYDOWN and self.helping:
            self.helping = False
        elif event.type in (pygame.MOUSEMOTION, pygame.MOUSEBUTTONDOWN, pygame.MOUSEBUTTONUP, pygame.MOUSEWHEEL):
            self._point(event)
        else:
            self.keyboard.take(event)

    def _leave(self) -> None:
        """Close the window, as its frame or the system asks; a run worth it is asked about once."""
        asked = self.ui.question is not None and self.ui.question.command == "quit"
        if self.settings.kiosk:
            self.open = self.settings.fullscreen
        elif asked:
            self.open = False
        else:
            self.operator.obey("quit")

    def _point(self, event: pygame.event.Event) -> None:
        """Give what the mouse does to whatever lies on top."""
        if self._key is None:
            return
        if self._canvas is not self.surface and event.type != pygame.MOUSEWHEEL:
            (w, h), (wide, high) = self.surface.get_size(), self._canvas.get_size()
            place = event.pos[0] * wide // w, event.pos[1] * high // h
            event = pygame.event.Event(event.type, {**event.dict, "pos": place})
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
        self.handler.let_go()
        self._key = None

    def save_screenshot(self, path: Path) -> Path:
        """Write what is shown to a PNG file of that name or the next that is free; return its path."""
        return write_new(path, capture.png(self.surface))

    def toggle_film(self, path: Path) -> None:
        """Begin a film; or end it and write it beside the loop to a GIF file of that name or the next that is free."""
        if self.exports.stop("film"):
            return
        if self.film is None or self.settings.film:
            self.film = capture.Film()
            self.operator.tell("message.film_on")
            return
        taken = self.film.taken()
        taken.demand_some()
        self.film.full = True  # it takes no more, and is kept until it is written
        self.operator.say("")  # in its place stands how far it is
        self.exports.begin("film", make_film, capture.parts(path, taken))

    def write_report(self, path: Path) -> None:
        """Write lab report and page of the run beside the loop; while they are made, stop that."""
        if self.exports.stop("report"):
            return
        run, shown = savefile.copied(self.session), self.surface.copy()
        tally, form = self.ui.tally.to_csv(form=self.settings.csv), self.settings.csv
        given = parts(run, {"window": shown}, path, language=self.words.language, tally=tally, form=form)
        self.exports.begin("report", make_report, given)

    def toggle_sound(self) -> bool:
        """Switch the sound on or off; return whether it is on."""
        on = self.sound.switch()
        if not on and self.sound.trouble is not None:
            raise self.sound.trouble
        return on

    def toggle_projector(self) -> bool:
        """Go over to the projector's profile, or back; return whether it is on."""
        self.profile = DESK if self.profile is PROJECTOR else PROJECTOR
        self.ui.projector = self.profile is PROJECTOR
        return self.ui.projector

    def toggle_still(self) -> bool:
        """Take motion out of the picture, or let it back in; return whether it is out."""
        self.still = self.ui.still = not self.still
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

    def pasted(self) -> str:
        """Return the text of the clipboard, "" if there is none."""
        return clipboard.pasted()

    def copy(self, text: str) -> bool:
        """Put a text on the clipboard; return whether it is there."""
        return clipboard.copy(text)

    def text_pointed_at(self) -> tuple[str, bool]:
        """Return the text under the mouse, or at the focus, and whether it lies there exactly and not only near."""
        ui = self.ui
        at_focus = self.handler.place_of(ui.focus) if ui.hovered is None and ui.focus is not None else None
        place = self.handler.place if at_focus is None else at_focus.center
        panel = next((p.rect for p in self.handler.panels.values() if p.rect.collidepoint(place)), None)
        self.theme.written, self._key = [], None
        self.draw()  # all of it, to see what stands where
        written, self.theme.written = self.theme.written, None
        return clipboard.text_at([(text, box) for text, box, _ in written], place, panel)

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
