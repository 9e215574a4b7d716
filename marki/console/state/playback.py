"""Playback: plays, steps and rewinds a session as the operator commands, and looks at it; knows no window."""

from __future__ import annotations

import time
from collections import deque

from marki.console.state.snapshot import Snapshot, take_snapshot
from marki.session import Session

SPEEDS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)
BUDGET_S = 0.007
FRAME_S = 1 / 60
RISE = ((2, 5.0), (6, 20.0), (26, 50.0), (52, 100.0))
"""The speed that rises by itself: up to so many trials, so fast; slow enough at first to see what a trial is."""

FINISH_SPEED = 500.0
RISEN, LEARNED = 200.0, 20.0  # the speed after that; and the one once a whole pass went without an error
SEARCH_TRIALS = 2600  # after so many right answers the search for a mistake gives up
SEARCH_PER_FRAME = 10  # in a run of a fixed number of frames, where no wall clock may decide


class Playback:
    """The operator's hand on the clock.

    Parameters
    ----------
    session : Session
    speed : float
        Simulated seconds a second.
    paused : bool
    fixed : bool
        Every frame lasts 1/60 s, whatever the wall clock says. Time that does not fit into a frame's budget is owed
        and not dropped; `settle` pays it.
    rising : bool
        The speed rises by itself, from 5× for the first cards, until somebody chooses one.
    """

    def __init__(
        self, session: Session, *, speed: float, paused: bool = False, fixed: bool = False, rising: bool = False
    ):
        self.session, self.speed, self.fixed, self.rising = session, speed, fixed, rising
        self._first = session.trial
        self._until_learned = 0  # number of trials at which to stop at the latest; 0 for not at all
        self._risen_at = -1  # the trial for which the rising speed was set last
        self.running, self.searching = not paused, 0
        self.budget_s = BUDGET_S  # wall time that the machine may take of a frame; the window sets it
        self.run_to: int | None = None  # number of trials at which to stop
        self.halt = ""  # "read": stop before each reading; "trial": stop after each trial
        self.held: Snapshot | None = None  # the last look at a lit retina whose response was judged
        self.message: tuple[str, dict] | None = None  # name and values of a string for the operator
        self._pace: deque[tuple[float, int]] = deque(maxlen=60)
        self.shown_time = 0.0
        self.simulated = 0
        self._owed = 0
        self._ticks = 0  # frames since the speed was set

    # -- time --------------------------------------------------------------------------------------------------------

    @property
    def fast(self) -> bool:
        """Whether a frame spans so much time that a single moment would mostly show a covered lens."""
        return bool(self.searching) or (self.running and self.speed * FRAME_S * 1e6 > self.seen_us())

    @property
    def got(self) -> float:
        """Speed reached of late, simulated seconds a second; 0 while time stands still."""
        seconds = sum(s for s, _ in self._pace)
        return sum(us for _, us in self._pace) / 1e6 / seconds if seconds else 0.0

    def tick(self, seconds: float) -> None:
        """Let time pass for one frame that lasts `seconds` on the wall clock."""
        seconds = FRAME_S if self.fixed else min(seconds, 0.25)
        deadline = time.perf_counter() + self.budget_s
        before = self.session.now
        if self.rising:
            self._rise()
        if self.searching:
            self._search(None if self.fixed else deadline)
        elif self.running:
            target = before + self._owed + self._grant(seconds)
            self._play(target, deadline)
            if self._arrived():
                self.running, self._owed, self.run_to, self._until_learned = False, 0, None, 0
            elif self.running:
                self._owed = target - self.session.now if self.fixed else 0
        else:
            return
        self._pace.append((seconds, self.session.now - before))
        self.shown_time += seconds
        self.simulated += self.session.now - before

    def _rise(self) -> None:
        """Take the speed that belongs to this trial: it follows from the run alone."""
        session = self.session
        if session.trial == self._risen_at:
            return
        self._risen_at = session.trial
        seen = max(0, session.trial - self._first)
        if seen >= session.world.size and self.learned():
            speed = LEARNED
        else:
            speed = next((speed for trials, speed in RISE if seen < trials), RISEN)
        if speed != self.speed:
            self._set_speed(speed)

    def _grant(self, seconds: float) -> int:
        """Return the simulated time of a frame, µs; in a fixed run, whole frames add up without a remainder."""
        if not self.fixed:
            return max(1, round(self.speed * seconds * 1e6))
        self._ticks += 1
        us = self.speed * FRAME_S * 1e6
        return round(self._ticks * us) - round((self._ticks - 1) * us)

    @property
    def owing(self) -> bool:
        """Whether simulated time is owed."""
        return self._owed > 0

    def settle(self) -> None:
        """Let the time pass that is still owed."""
        self._play(self.session.now + self._owed, None)
        self._owed = 0

    def _play(self, target: int, deadline: float | None) -> None:
        if self.halt:
            self._to_halt(target, deadline)
            return
        if not self.fast:
            self._slices(target, deadline)
            return
        while self.session.now < target and not self._arrived():
            self._through_trial(target)
            if _late(deadline):  # asked afterwards, so that a frame that begins late advances too
                return

    def _arrived(self) -> bool:
        """Return whether the trial at which to stop has been finished."""
        if not self.session.learner.idle:
            return False
        if self._until_learned and (self.learned() or self.session.trial >= self._until_learned):
            values = {"trials": f"{self.session.trial:,}", "count": f"{self.session.world.size:,}"}
            self.message = ("message.learned" if self.learned() else "message.not_learned"), values
            return True
        return self.run_to is not None and self.session.trial >= self.run_to

    def _to_halt(self, target: int, deadline: float | None) -> None:
        """Advance to the next moment at which the operator wants it to stop."""
        session, trial = self.session, self.session.trial
        while session.now < target:
            stop = self.before_reading()
            until = min(target, session.now + 100_000)
            if self.halt == "read" and session.now < stop:
                until = min(until, stop)
            seen = self._start() + self.seen_us()
            if session.now < seen:
                until = min(until, seen)
            session.advance(until, one=True)
            if session.now == seen and not session.learner.idle:
                self.held = take_snapshot(session)
            if self._arrived():
                return
            if session.trial > trial if self.halt == "trial" else session.now == stop:
                self.running, self._owed = False, 0
                return
            if _late(deadline):
                return

    def before_reading(self) -> int:
        """Return the last moment before the reading of the presentation under way, or of the next one, µs."""
        return self._start() + self.session.learner.config.sequencer.settle_us - 1

    def _start(self) -> int:
        """Return when the presentation under way began, or when the next one would, µs."""
        return self.session.now if self.session.learner.idle else self.session.began_us

    def _slices(self, target: int, deadline: float | None) -> None:
        """Advance in small slices; what is not reached within the budget is dropped."""
        while self.session.now < target and not self._arrived():
            self.session.advance(min(target, self.session.now + 100_000), one=True)
            if _late(deadline):
                return

    def _through_trial(self, target: int) -> None:
        """Advance to the end of the trial under way, or to `target`, with a look when the response is judged."""
        session, learner = self.session, self.session.learner
        if learner.idle or session.now - session.began_us < self.seen_us():
            start = self._start()
            session.advance(min(target, start + self.seen_us()))
            if session.now == start + self.seen_us():
                self.held = take_snapshot(session)
            return
        times = learner.config.sequencer
        end = session.began_us + self.seen_us() + times.pulse_us // 2 + times.rest_us + times.card_us
        session.advance(min(target, max(end, session.now + 100_000)), one=True)

    def seen_us(self) -> int:
        """Return the time from the opening of the lens to the middle of the reinforcement, when all is lit, µs."""
        times = self.session.learner.config.sequencer
        return times.settle_us + times.decide_us + times.pulse_us // 2

    def finish_trial(self) -> None:
        """Go on to the end of a trial, or through the next one, with a look on the way."""
        session = self.session
        at = self._start()
        if session.now < at + self.seen_us():
            session.advance(at + self.seen_us())
            self.held = take_snapshot(session)
        session.step("trial")

    def _search(self, deadline: float | None) -> None:
        most = SEARCH_PER_FRAME if deadline is None else SEARCH_TRIALS
        for _ in range(most):
            self.finish_trial()
            self.searching -= 1
            if self.session.records["wrong"][-1]:
                self.searching = 0
                self.message = "message.mistake", {"trial": f"{self.session.trial:,}"}
                return
            if not self.searching:
                self.message = "message.no_mistake", {"trials": f"{SEARCH_TRIALS:,}"}
                return
            if _late(deadline):
                return

    def snapshot(self) -> Snapshot:
        """Return what the window shall show: this moment, or when fast, the last moment at which all was lit."""
        here = take_snapshot(self.session)
        if here.answered and here.open:
            self.held = here
        return self.held if self.fast and self.held is not None else here

    # -- commands ----------------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """Stop, and look anew at whatever moment the session is put to."""
        self._pause()
        self.held = self.message = None

    def play(self) -> None:
        """Run, or stand still."""
        self.running, self.run_to, self._until_learned = not (self.running or self.searching), None, 0
        self._stop_search()

    def step_event(self) -> None:
        """Stop, and go on to the next event of any unit."""
        self._pause()
        self.session.step("event")

    def step_trial(self) -> None:
        """Stop, and go on to the end of the trial."""
        self._pause()
        self.finish_trial()

    def back_event(self) -> None:
        """Stop, and go back to the moment of the event before."""
        self._pause()
        self.held = None
        self.session.visit_event(self.session.now)

    def back_trial(self) -> None:
        """Stop, and go back by one trial."""
        self.go_to(max(0, self.session.trial - (1 if self.session.learner.idle else 0)))

    def to_start(self) -> None:
        """Stop, and go back to the beginning; what is known of the run stays known."""
        self.go_to(0)

    def to_end(self) -> None:
        """Stop, and go to the end of what is known of the run."""
        self.go_to(self.session.reached)

    def go_to(self, trial: int) -> None:
        """Stop, and go to the end of so many trials, back or forth, with a look at the last of them."""
        self._pause()
        self.held = None
        if trial:
            self.session.visit(trial - 1)
            self.finish_trial()
        self.session.visit(trial)

    def to_mistake(self) -> None:
        """Run as fast as possible until a response is wrong, then stop."""
        self._pause()
        self.searching = SEARCH_TRIALS

    def reset(self) -> None:
        """Begin the same run again."""
        self._stop_search()
        self.held = None
        self.session.reset()
        self.message = "message.same_run", {"seed": self.session.seed}

    def new_seed(self) -> None:
        """Begin a run with the next seed: other wiring, other order of cards."""
        self._stop_search()
        self.held = None
        self.session.new_seed(self.session.seed + 1)
        self.message = "message.new_machine", {"seed": self.session.seed}

    def run_until_learned(self) -> None:
        """Run fast, and stop when a whole pass went without an error, or after `SEARCH_TRIALS`."""
        self._pause()
        self.take_speed(FINISH_SPEED)
        self.running, self._until_learned = True, SEARCH_TRIALS + self.session.trial

    def take_speed(self, speed: float, *, rising: bool = False) -> None:
        """Take a speed, or one that rises by itself."""
        self.rising, self._risen_at = rising, -1
        self._set_speed(speed)

    def learned(self) -> bool:
        """Return whether the last whole pass went without an error."""
        size = self.session.world.size
        last = self.session.records[-size:]
        return len(last) == size and bool((last["item"] >= 0).all()) and not last["wrong"].any()

    def slower(self) -> None:
        """Take the next lower speed."""
        self.take_speed(max((s for s in SPEEDS if s < self.speed), default=SPEEDS[0]))

    def faster(self) -> None:
        """Take the next higher speed."""
        self.take_speed(min((s for s in SPEEDS if s > self.speed), default=SPEEDS[-1]))

    def _set_speed(self, speed: float) -> None:
        self.speed, self._ticks = speed, 0
        self._pace.clear()

    def _pause(self) -> None:
        self.running, self.run_to, self._until_learned = False, None, 0
        self._stop_search()

    def _stop_search(self) -> None:
        self.searching, self._owed = 0, 0
        self._pace.clear()


def _late(deadline: float | None) -> bool:
    return deadline is not None and time.perf_counter() > deadline
