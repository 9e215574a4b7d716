"""The recorder: films and reports made beside the loop, and the files that are written when the window ends."""

from __future__ import annotations

import sys
from pathlib import Path

import pygame

from marki import savefile
from marki.console.actions.operator import Operator
from marki.console.export import capture
from marki.console.export.background import Exports, make_film, make_report
from marki.console.export.report_order import parts
from marki.console.window_settings import WindowSettings
from marki.files import write_json, write_text
from marki.tables import registers_csv


class Recorder:
    """Takes films, has films and reports made, says how far they are, and writes files.

    Parameters
    ----------
    operator : Operator
        Told what is written, and asked what of.
    settings : WindowSettings

    Attributes
    ----------
    film : Film or None
        What is being taken.
    exports : Exports
        What is being made.
    """

    def __init__(self, operator: Operator, settings: WindowSettings):
        self.operator, self.settings = operator, settings
        self.film: capture.Film | None = capture.Film(settings.film_fps) if settings.film else None
        self.exports = Exports()
        self._progress = ""  # what was said last of how far they are

    # -- while the window runs ---------------------------------------------------------------------------------------

    def take(self, surface: pygame.Surface, seconds: float) -> None:
        """Take the window as it is for the next `seconds`, if it is filmed."""
        if self.film is not None:
            self.film.add(surface, seconds)

    def poll(self) -> None:
        """Say how far films and reports are, where nothing else is said, and which are written; once a frame."""
        op = self.operator
        for export in self.exports.poll():
            if export.paths:
                op.tell("message.saved", path=", ".join(map(str, export.paths)))
                if export.name == "film":
                    self.film = None  # only now: one that could not be written is not lost
            elif export.error is not None:
                op.say(op.words.error(export.error), alarm=True)
            else:
                op.tell("export.stopped")
        if op.ui.message in ("", self._progress):
            told = [
                op.words(
                    "export.making",
                    name=op.words(f"export.{export.name}"),
                    share=f"{100 * export.share:.0f}",
                    key=op.commands[export.name].keys[0].upper(),
                )
                for export in self.exports.under_way
            ]
            self._progress = " · ".join(told)
            if told:
                op.say(self._progress)

    def toggle_film(self, path: Path) -> None:
        """Begin a film; or end it and write it beside the loop to a GIF file of that name or the next that is free."""
        op = self.operator
        if self.exports.stop("film"):
            return
        if self.film is None or self.settings.film:
            self.film = capture.Film(self.settings.film_fps)
            op.tell("message.film_on")
            return
        taken = self.film.taken()
        taken.demand_some()
        self.film.full = True  # it takes no more, and is kept until it is written
        op.say("")  # in its place stands how far it is
        self.exports.begin("film", make_film, capture.parts(path, taken))

    def write_report(self, path: Path, surface: pygame.Surface) -> None:
        """Write lab report and page of the run beside the loop; while they are made, stop that."""
        if self.exports.stop("report"):
            return
        op, form = self.operator, self.settings.csv
        run, shown, tally = savefile.copied(op.session), surface.copy(), op.ui.tally.to_csv(form=form)
        given = parts(run, {"window": shown}, path, language=op.words.language, tally=tally, form=form)
        self.exports.begin("report", make_report, given)

    # -- in the end --------------------------------------------------------------------------------------------------

    def write(self, surface: pygame.Surface, figures: dict) -> None:
        """Write what was asked for.

        Parameters
        ----------
        surface : pygame.Surface
            The window, as it stands in the end.
        figures : dict
            What `--report` is to hold.
        """
        settings, op = self.settings, self.operator
        if settings.screenshot:
            capture.save_picture(surface, settings.screenshot)
        if settings.film and self.film is not None:
            self.film.save(settings.film)
        if settings.table:
            write_text(settings.table, registers_csv(op.session, settings.csv))
        if settings.lab_report:
            from marki.console.export.lab_report import lab_report

            path, pictures = Path(settings.lab_report), {"window": surface}
            lab_report(op.session, path, words=op.words, pictures=pictures, tally=op.ui.tally, form=settings.csv)
        if settings.report:
            write_json(settings.report, figures)

    def close(self, *, finish: bool) -> None:
        """Finish the films and reports that are being made, or stop them; say which are lost."""
        if not self.exports.under_way:
            return
        words = self.operator.words
        try:
            if not finish:
                self.exports.close()
                return
            names = ", ".join(words(f"export.{export.name}") for export in self.exports.under_way)
            print(words("export.finishing", name=names), file=sys.stderr)
            for export in self.exports.finish():
                if export.error is not None:
                    print(words.error(export.error), file=sys.stderr)
        except KeyboardInterrupt:
            self.exports.close()
            raise
