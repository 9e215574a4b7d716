"""A kiosk: the window begins again for the next visitor, and long before the machine's clock ends."""

from __future__ import annotations

from marki.console.actions.operator import Operator
from marki.console.state.playback import RISE
from marki.console.window_settings import WindowSettings
from marki.language import Words
from marki.ticks import LIMIT_US

IDLE_S = 90
"""Time without a touch after which the window begins again."""

LONGEST_US = LIMIT_US // 64
"""The machine's time after which it does as well, if nobody has touched it for `LULL_S`."""

LULL_S = 10


class Kiosk:
    """Knows when nobody is there any more, and then takes away all that the last visitor has left.

    Parameters
    ----------
    operator : Operator
        Before its session, as launched.
    settings : WindowSettings
    """

    def __init__(self, operator: Operator, settings: WindowSettings):
        self.operator, self.settings = operator, settings
        self._session, self._seed = operator.session, operator.session.seed
        self._idle_s = 0.0

    def touched(self) -> None:
        """Take note that somebody is there."""
        self._idle_s = 0.0

    def pass_time(self, seconds: float) -> bool:
        """Let wall time pass; return whether everything was begun anew."""
        self._idle_s += seconds
        now = self.operator.session.now
        long = now > LONGEST_US and (self._idle_s > LULL_S or now > LIMIT_US // 2)
        if self._idle_s <= IDLE_S and not long:
            return False
        self._idle_s = 0.0
        self.begin_anew()
        return True

    def begin_anew(self) -> None:
        """Begin the run that was launched anew, shown as at first; nothing is asked, and nothing kept for undo."""
        op, settings = self.operator, self.settings
        op.ui.begin_anew(
            view=settings.view, still=settings.still, projector=settings.projector, welcome=settings.welcome
        )
        op.words = Words(settings.language)
        if self._session.seed == self._seed:
            self._session.reset()
        else:
            self._session.new_seed(self._seed)
        op.go_over(self._session)
        op.runs.clear()
        if op.timeline is not None:
            op.timeline.begin_anew()
        op.playback.take_speed(RISE[0][1] if settings.speed is None else settings.speed, rising=settings.speed is None)
        op.playback.running = True
