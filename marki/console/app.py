"""The window's loop: input, time, one look, draw what changed, show it."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path

import pygame

from marki import savefile
from marki.console import capture
from marki.console.controls import ControlBar, command_of
from marki.console.layout import SMALLEST, lay_out, unit_of
from marki.console.panel import Panel
from marki.console.panels import help as help_page
from marki.console.panels.association import AssociationPanel
from marki.console.panels.curve import CurvePanel
from marki.console.panels.response import ResponsePanel
from marki.console.panels.retina import RetinaPanel, StimulusPanel
from marki.console.panels.status import FooterPanel, HeaderPanel, RunPanel
from marki.console.panels.store import StorePanel
from marki.console.panels.trainer import TrainerPanel
from marki.console.scene import Observer, Scene
from marki.console.theme import ROOM, Theme
from marki.console.transport import FRAME_S, Transport
from marki.errors import MarkIError
from marki.files import write_json
from marki.session import Session

PANELS: dict[str, type[Panel]] = {
    "header": HeaderPanel,
    "stimulus": StimulusPanel,
    "retina": RetinaPanel,
    "association": AssociationPanel,
    "store": StorePanel,
    "response": ResponsePanel,
    "trainer": TrainerPanel,
    "curve": CurvePanel,
    "run": RunPanel,
    "transport": ControlBar,
    "footer": FooterPanel,
}
MESSAGE_FRAMES = 360


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How the window was asked for; see `command.add_arguments`."""

    size: tuple[int, int] = (1280, 800)
    scale: float = 1.0
    speed: float = 20.0
    frames: int | None = None
    paused: bool = False
    fullscreen: bool = False
    screenshot: str | None = None
    report: str | None = None
    out: str = "out"
    began: float = 0.0


class App:
    """The operator's window on one session.

    Parameters
    ----------
    session : Session
    settings : Settings
    """

    def __init__(self, session: Session, settings: Settings):
        self.session, self.settings = session, settings
        self.transport = Transport(
            session, speed=settings.speed, paused=settings.paused, fixed=settings.frames is not None
        )
        self.observer = Observer(session, self.transport)
        pygame.display.init()
        pygame.font.init()
        pygame.display.set_caption("Mark I Perceptron")
        flags = pygame.FULLSCREEN if settings.fullscreen else pygame.RESIZABLE
        pygame.display.set_mode((0, 0) if settings.fullscreen else settings.size, flags)
        self.helping, self.open, self.as_cabinet = False, True, False
        self.frames = 0
        self.first_frame_s = 0.0
        self.times: deque[float] = deque(maxlen=100_000)
        self._message_left = 0
        self._key: tuple | None = None  # what the panels were dressed for
        self.scene: Scene | None = None

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
            wall = time.perf_counter() - started
            if self.transport.owing:
                self.transport.settle()
                self.scene = self.observer.scene()
                self.draw()
            if self.settings.screenshot:
                capture.save_picture(pygame.display.get_surface(), self.settings.screenshot)
            if self.settings.report:
                write_json(self.settings.report, self.report(wall))
        finally:
            pygame.quit()
        return 0

    def frame(self, seconds: float = FRAME_S) -> None:
        """Draw one frame, `seconds` after the last."""
        for event in pygame.event.get():
            self._take(event)
        try:
            self.transport.tick(seconds)
        except MarkIError as error:
            self.transport.running, self.transport.searching = False, 0
            self.say(str(error), alarm=True)
        if self.transport.message:
            self.say(self.transport.message)
            self.transport.message = ""
        self.scene = self.observer.scene()
        self.draw()
        self.frames += 1
        if self.frames == 1:
            self.first_frame_s = time.perf_counter() - self.settings.began

    def say(self, message: str, *, alarm: bool = False) -> None:
        """Show a line at the foot of the window for some seconds."""
        self.footer_message = (message, alarm)
        self._message_left = MESSAGE_FRAMES

    footer_message: tuple[str, bool] = ("", False)

    # -- drawing -----------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        """Draw what has changed, and show it."""
        surface = pygame.display.get_surface()
        if self._message_left:
            self._message_left -= 1
        elif self.footer_message[0]:
            self.footer_message = ("", False)
        key = (surface.get_size(), id(surface), self.helping, self.as_cabinet, self.scene.units, self.session.course)
        if key != self._key:
            self._dress(surface)
            self._key = key
            self._update(surface)
            if self.helping:
                help_page.draw(surface, self.theme)
            pygame.display.flip()
        elif not self.helping:
            pygame.display.update(self._update(surface))

    def _dress(self, surface: pygame.Surface) -> None:
        size = tuple(max(a, b) for a, b in zip(surface.get_size(), SMALLEST, strict=True))
        self.theme = Theme(unit_of(size, self.settings.scale))
        boxes = lay_out(size, self.settings.scale)
        before = getattr(self, "panels", {})
        self.panels = {name: kind(boxes[name], self.theme) for name, kind in PANELS.items()}
        self.panels["store"].as_cabinet = self.as_cabinet
        self.panels["response"].store_room = self.panels["store"].room
        if before:
            self.bar.focus, self.bar.hovered = before["transport"].focus, before["transport"].hovered
        surface.fill(ROOM)
        canvas = surface
        if size != surface.get_size():
            canvas = pygame.Surface(size).convert()
            canvas.fill(ROOM)
        self._canvas = canvas
        for panel in self.panels.values():
            panel.dress(canvas, self.scene)

    def _update(self, surface: pygame.Surface) -> list[pygame.Rect]:
        footer = self.panels["footer"]
        footer.message, footer.alarm = self.footer_message
        dirty = [rect for panel in self.panels.values() for rect in panel.update(self._canvas, self.scene)]
        if self._canvas is not surface:
            surface.blit(self._canvas, (0, 0))
            return [surface.get_rect()]
        return dirty

    @property
    def bar(self) -> ControlBar:
        """The row of buttons."""
        return self.panels["transport"]

    # -- input -------------------------------------------------------------------------------------------------------

    def _take(self, event: pygame.event.Event) -> None:
        if event.type == pygame.QUIT:
            self.open = False
        elif event.type in (pygame.VIDEOEXPOSE, pygame.WINDOWRESTORED):
            self._key = None  # what was covered may be lost: draw all of it
        elif event.type == pygame.KEYDOWN:
            command = command_of(event.key, getattr(event, "unicode", ""))
            if command == "focus":
                self._move_focus(-1 if getattr(event, "mod", 0) & pygame.KMOD_SHIFT else 1)
            elif command:
                self.obey(command)
        elif event.type in (pygame.MOUSEMOTION, pygame.MOUSEBUTTONDOWN, pygame.MOUSEBUTTONUP):
            self._point(event)

    def _point(self, event: pygame.event.Event) -> None:
        """Move the mouse, or press or let go a button with it."""
        if self._key is None or self.helping:
            if self.helping and event.type == pygame.MOUSEBUTTONUP:
                self.obey("leave")
            return
        bar, here = self.bar, self.bar.hit(event.pos)
        bar.hovered = here
        if event.type == pygame.MOUSEBUTTONDOWN and event.button == 1:
            bar.held = here
        elif event.type == pygame.MOUSEBUTTONUP and event.button == 1:
            held, bar.held = bar.held, None
            if held is not None and held == here:
                self.obey(bar.bindings[held].command)

    def _move_focus(self, step: int) -> None:
        if self._key is None:
            return
        count, focus = len(self.bar.bindings), self.bar.focus
        self.bar.focus = (0 if step > 0 else count - 1) if focus is None else (focus + step) % count

    def obey(self, command: str) -> None:
        """Carry out a command of the table; what cannot be done is said at the foot of the window."""
        try:
            match command:
                case "help":
                    self.helping = not self.helping
                case "arrange":
                    self.as_cabinet = not self.as_cabinet
                case "leave":
                    if not self.helping and self._key is not None:
                        self.bar.focus = None
                    self.helping = False
                case "quit":
                    self.open = False
                case "press":
                    if self._key is not None and self.bar.focus is not None:
                        self.obey(self.bar.bindings[self.bar.focus].command)
                case "save":
                    path = self._file("npz")
                    savefile.save(self.session, path)
                    self.say(f"Saved {path}")
                case "picture":
                    path = self._file("png")
                    capture.save_picture(pygame.display.get_surface(), path)
                    self.say(f"Saved {path}")
                case _:
                    getattr(self.transport, command)()
        except MarkIError as error:
            self.say(str(error), alarm=True)

    def _file(self, kind: str) -> Path:
        return Path(self.settings.out) / f"mark1_seed{self.session.seed}_trial{self.session.trial:06d}.{kind}"

    # -- results -----------------------------------------------------------------------------------------------------

    def report(self, wall_s: float) -> dict:
        """Return what `--report` writes; the speed got is what the frames themselves had time for."""
        transport, session = self.transport, self.session
        driven = transport.shown_time
        return {
            "fps": round(self.frames / wall_s, 2) if wall_s else 0.0,
            "frame_ms": capture.frame_times(list(self.times)),
            "first_frame_s": round(self.first_frame_s, 3),
            "asked_speed": transport.speed,
            "got_speed": round(transport.simulated / 1e6 / driven, 3) if driven else 0.0,
            "digest": session.digest,
            "trial": session.trial,
            "simulated_seconds": session.now / 1e6,
            "seed": session.seed,
            "size": list(pygame.display.get_surface().get_size()),
            "frames": self.frames,
        }
