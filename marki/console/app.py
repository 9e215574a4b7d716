"""The window: its loop of input, time, one look, drawing; and what only a window can do."""

from __future__ import annotations

import threading
import time
from collections import deque
from pathlib import Path
from typing import Any

import pygame

from marki.console.actions.charts import OPENED_BY, follow_book
from marki.console.actions.command_table import COMMANDS
from marki.console.actions.lessons import watch
from marki.console.actions.operator import Operator
from marki.console.actions.studio_commands import play_film
from marki.console.actions.systems import catch_up
from marki.console.actions.welcome import pass_time
from marki.console.drawing import layout
from marki.console.drawing.layout import BASE
from marki.console.editor.program_panel import ProgramPanel
from marki.console.export import capture
from marki.console.export.sound import Sound
from marki.console.input import clipboard, fingers
from marki.console.input.keyboard import Keyboard
from marki.console.input.mouse_keyboard import InputHandler
from marki.console.kiosk import Kiosk
from marki.console.observer import Observer
from marki.console.pages import blocks
from marki.console.pages.context import Context
from marki.console.panels.page_panel import PagePanel
from marki.console.recorder import Recorder
from marki.console.renderer import Renderer
from marki.console.state import first_minute
from marki.console.state.playback import FRAME_S, RISE, Playback
from marki.console.state.scene import Scene
from marki.console.state.ui_state import UIState
from marki.console.timeline import startup
from marki.console.timeline.controller import TimelineController
from marki.console.window_settings import WindowSettings
from marki.errors import MarkIError
from marki.files import write_new
from marki.interruption import asked_to_end
from marki.io.exhibits import Timeline
from marki.language import Words
from marki.session import Session

MESSAGE_FRAMES = 420
PAGE_EVERY = 8  # frames between two readings of a page, so that it can be read
FRAME_BUDGET_S, LEAST_S, MOST_S = 0.0098, 0.002, 0.009  # of wall time: a frame, and the machine's share of it


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
        self.ui = UIState(view=settings.view, still=settings.still, projector=settings.projector)
        self.timeline = TimelineController(timeline, self.ui, settings.language) if timeline is not None else None
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
        self.observer = Observer(session, self.playback, self.ui, self.timeline, Path(settings.out))
        self.handler = InputHandler(self.operator)
        self.keyboard = Keyboard(self.operator, self.handler)
        self.fingers = fingers.Fingers()
        pygame.display.init()
        pygame.font.init()
        pygame.display.set_caption("Mark I Perceptron")
        pygame.key.set_repeat(0)  # the keyboard gives again what is meant to be, see `Keyboard.held`
        flags = pygame.FULLSCREEN if settings.fullscreen else pygame.RESIZABLE
        pygame.display.set_mode((0, 0) if settings.fullscreen else self._opening_size(), flags)
        self.renderer = Renderer(settings.scale, self.ui, self.words)
        self.recorder = Recorder(self.operator, settings)
        self.kiosk = Kiosk(self.operator, settings) if settings.kiosk else None
        self.open = True
        self.frames = 0
        self.first_frame_s = 0.0
        self.times: deque[float] = deque(maxlen=100_000)
        self.sound = Sound()
        self._wall = 0.0  # s that the frames took
        self._message: tuple[str, int] = ("", 0)  # what is said, and for how many frames still
        self._eager = True  # whether the page is read anew at the next look
        self._drawing: deque[float] = deque([0.004], maxlen=40)
        seen = settings.kiosk or settings.frames is not None or first_minute.was_put_away()
        self.ui.welcome = settings.welcome or not seen
        self._scene: Scene | None = None
        self._set_up()

    def _set_up(self) -> None:
        """Put up what was asked for: of the timeline, a program, a lesson, a page."""
        settings, give = self.settings, self.operator.carry_out
        if self.timeline is not None:
            startup.hang(self.timeline, settings, self.renderer.surface.get_size())
        if settings.chart:
            give(OPENED_BY[settings.chart])
        if settings.program:
            give("open_program", path=settings.program)
        if settings.lesson:
            give("lesson", name=settings.lesson)
        if settings.page:
            give("page", name=settings.page)

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
            self.recorder.close(finish=whole)
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
        """Write what was asked for, of the moment that the last frame was to show."""
        if self.playback.owing:
            self.playback.settle()
            self._look()
            self.draw()
        self._wait()
        self.recorder.write(self.renderer.surface, self.report(self._wall))

    def _wait(self) -> None:
        """Where nobody watches, wait for the answers of the timeline, for the picture."""
        if self.timeline is not None and self.settings.frames is not None:
            if self.timeline.pending:
                self.timeline.wake(wait=True)
                catch_up(self.operator)
            startup.wait(self.timeline, self.session, self._look_on)
            self.draw()

    def _look_on(self) -> None:
        """Look, and take the code book that has come."""
        self._look()
        if self.operator.timeline is not None:
            follow_book(self.operator)

    def frame(self, seconds: float = FRAME_S) -> None:
        """Draw one frame, `seconds` after the last."""
        for event in pygame.event.get():
            self._take(event)
        self.keyboard.held(seconds)
        self.keyboard.listen(self._typed_at())
        self.playback.budget_s = min(MOST_S, max(LEAST_S, FRAME_BUDGET_S - max(self._drawing)))
        try:
            if self.kiosk is not None and self.kiosk.pass_time(seconds):
                self._set_up()
                if self.sound.on:
                    self.sound.switch()
            self.playback.tick(seconds)
            watch(self.operator)
            catch_up(self.operator)
            follow_book(self.operator)
            play_film(self.operator, seconds)
            pass_time(self.operator, seconds)
            self.ui.desk.pass_time(seconds)
        except MarkIError as error:
            self.playback.running, self.playback.searching = False, 0
            self.operator.say(self.words.error(error), alarm=True)
        if self.playback.message:
            name, values = self.playback.message
            self.operator.tell(name, **values)
            self.playback.message = None
        begun = time.perf_counter()
        if self.timeline is not None:
            for told in self.timeline.poll():
                unknown = isinstance(told, str)
                said = self.words("message.refused", text=told) if unknown else self.words.error(told)
                self.operator.say(said, alarm=True)
        self.recorder.poll()
        self._fade()
        scene = self._look()
        self.sound.hear(scene.brightness, self.playback.running or bool(self.playback.searching), seconds)
        self.draw()
        self.recorder.take(self.renderer.surface, seconds)
        self._drawing.append(time.perf_counter() - begun)
        self.frames += 1
        if self.frames == 1:
            self.first_frame_s = time.perf_counter() - self.settings.began

    def _typed_at(self) -> pygame.Rect:
        """Return where what is typed is seen, for an input method."""
        panels = self.renderer.panels
        sheet, foot = panels.get("program"), panels.get("footer")
        if isinstance(sheet, ProgramPanel) and self.ui.typing is None:
            return self.renderer.in_window(sheet.caret_place)
        return self.renderer.surface.get_rect() if foot is None else self.renderer.in_window(foot.rect)

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

    # -- drawing -----------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        """Draw what has changed, and show it."""
        if self.renderer.arrange(self.scene, self.words, self.session.course):
            self.handler.panels, self.handler.unit = self.renderer.panels, self.renderer.theme.unit
            if self.ui.page:
                self._eager = True
                self._look()
        self.renderer.draw(self.scene)

    # -- input -------------------------------------------------------------------------------------------------------

    def _take(self, made: pygame.event.Event) -> None:
        event = self.fingers.as_mouse(made, self.renderer.surface.get_size())
        if event is None:
            return
        touched = (pygame.KEYDOWN, pygame.MOUSEBUTTONDOWN, pygame.MOUSEMOTION, pygame.MOUSEWHEEL, pygame.DROPFILE)
        if self.kiosk is not None and event.type in touched:
            self.kiosk.touched()
        if event.type in (pygame.KEYDOWN, pygame.MOUSEBUTTONDOWN, pygame.MOUSEBUTTONUP, pygame.MOUSEWHEEL):
            self._eager = True
        if event.type == pygame.QUIT:
            self._leave()
        elif event.type in (pygame.VIDEOEXPOSE, pygame.WINDOWRESTORED):
            self.renderer.invalidate()  # what was covered may be lost
        elif event.type == pygame.DROPFILE:
            if not self.settings.kiosk:
                self.operator.obey("dropped", path=event.file)
        elif event.type == pygame.KEYDOWN and self.ui.helping:
            self.ui.helping = False
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
        if not self.renderer.drawn:
            return
        if event.type != pygame.MOUSEWHEEL:
            event = pygame.event.Event(event.type, {**event.dict, "pos": self.renderer.on_canvas(event.pos)})
        if self.ui.helping:
            if event.type == pygame.MOUSEBUTTONUP:
                self.ui.helping = False
        elif self.ui.question is not None:
            if event.type == pygame.MOUSEBUTTONUP and (yes := self.renderer.answer_at(event.pos)) is not None:
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
        self.renderer.invalidate()

    def save_screenshot(self, path: Path) -> Path:
        """Write what is shown to a PNG file of that name or the next that is free; return its path."""
        return write_new(path, capture.png(self.renderer.surface))

    def toggle_film(self, path: Path) -> None:
        """Begin a film; or end it and write it beside the loop to a GIF file of that name or the next that is free."""
        self.recorder.toggle_film(path)

    def write_report(self, path: Path) -> None:
        """Write lab report and page of the run beside the loop; while they are made, stop that."""
        self.recorder.write_report(path, self.renderer.surface)

    def toggle_sound(self) -> bool:
        """Switch the sound on or off; return whether it is on."""
        on = self.sound.switch()
        if not on and self.sound.trouble is not None:
            raise self.sound.trouble
        return on

    def toggle_fullscreen(self) -> None:
        """Fill the screen, or no longer."""
        pygame.display.toggle_fullscreen()
        self.renderer.invalidate()

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
        theme = self.renderer.theme
        theme.written = []
        self.renderer.invalidate()
        self.draw()  # all of it, to see what stands where
        written, theme.written = theme.written, None
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
            "size": list(self.renderer.surface.get_size()),
            "frames": self.frames,
        }
