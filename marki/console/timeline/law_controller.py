"""The controller of the runs at equal computing: looks every now and then, aside, which of them have ended."""

from __future__ import annotations

import threading
from pathlib import Path

from marki.errors import MarkIError
from marki.io.exhibits import Timeline
from marki.io.scaling_record import ScalingRecord

EVERY = 60
"""Frames from one look to the next."""

PATIENCE_S = 20.0


class LawController:
    """The runs at equal computing in the window.

    Parameters
    ----------
    timeline : Timeline
    """

    def __init__(self, timeline: Timeline):
        self.timeline = timeline
        self.trouble = ""
        self._record: ScalingRecord | None = None
        self._looked = False
        self._left = 0
        self._thread: threading.Thread | None = None

    @property
    def looked(self) -> bool:
        """Whether it is known what there is."""
        return self._looked

    def view(self, folder: Path) -> ScalingRecord | None:
        """Return the runs that have ended, as they were at the last look; look again if that was a while ago.

        Parameters
        ----------
        folder : Path
            Into which this window and the commands write.
        """
        self._left -= 1
        if self._left <= 0 and (self._thread is None or not self._thread.is_alive()):
            self._left = EVERY
            self._thread = threading.Thread(target=self._look, args=(folder,), daemon=True)
            self._thread.start()
        return self._record

    def wait(self) -> None:
        """Wait until a look that is under way has ended, or for some seconds."""
        if self._thread is not None:
            self._thread.join(PATIENCE_S)

    def _look(self, folder: Path) -> None:
        try:
            self._record, self.trouble = self.timeline.scaling(folder), ""
        except MarkIError as error:
            self.trouble = str(error)
        self._looked = True
