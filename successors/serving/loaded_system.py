"""A loaded system: a learner with its weights, which answers one stimulus at a time."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

import numpy as np

from marki.errors import PortError
from marki.io.asked import check_asked
from marki.io.exhibits import ActivationView, Reply
from marki.io.frame import SIDE, check_frames
from marki.io.ports import Port
from marki.io.reels import check_reels
from marki.io.responses import check_lamps, nearest_class
from marki.registers import fingerprint
from successors import registry, tasks
from successors.model_card import Trial
from successors.nn.hooks import views as viewed
from successors.nn.hooks import watching
from successors.nn.learner import Successor
from successors.nn.network import Network
from successors.registry import System

OTHERS = 3
"""Number of classes reported besides the answer."""

FINGERPRINTED = 200_000
"""Parameters up to which the weights of a system are told with each answer."""


def one_frame(frame: np.ndarray, *, where: str) -> np.ndarray:
    """Return a frame (20, 20) as a batch of one, (1, 20, 20) float32.

    Raises
    ------
    PortError
        For a wrong shape or dtype, or light outside 0 to 1.
    """
    if np.ndim(frame) != 2:
        raise PortError(
            f"expected a frame of shape ({SIDE}, {SIDE}), got {np.shape(frame)}", where=where, remedy="Give one frame"
        )
    return check_frames(frame, where=where)


@dataclass(kw_only=True, eq=False)
class LoadedSystem:
    """A loaded system.

    Parameters
    ----------
    system : System
    trial : Trial
        The trial that it is trained on.
    learner : Successor
    """

    system: System
    trial: Trial
    learner: Successor[Network]
    classes: tuple[str, ...] = field(init=False)
    code: np.ndarray = field(init=False)
    first_noise: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.classes, self.code = registry.classes(self.trial), registry.code(self.trial)
        self.first_noise = self.learner.noise.copy()

    def answering(self) -> AbstractContextManager[None]:
        """Return the block in which the weights that answer are in place: their mean, if one is kept."""
        average = self.learner.average
        return nullcontext() if average is None else average.answering()

    def learner_answer(self, stimuli: np.ndarray, noise: np.ndarray) -> np.ndarray:
        """Return the network's answers to stimuli, given the noise of each."""
        network = self.learner.network
        return network.imagine(stimuli, noise) if network.noise else network.answer(stimuli)

    @property
    def subject(self) -> str:
        """What it learned to read or to draw, see `registry.subject`."""
        return registry.subject(self.system.entry, self.trial)

    @property
    def told(self) -> bool:
        """Whether it is told which class is wanted, where the lamps could tell it."""
        return bool(self.trial.options.get("asked", True))

    def imagined(self, number: int, stimulus: np.ndarray, wanted: str, *, again: int, views: bool = False) -> Reply:
        """Return the answer to one stimulus with other noise: the first for `again` 0, another for each above.

        Raises
        ------
        PortError
            If the stimulus is none that the system accepts.
        """
        self.learner.noise[:] = self.learner.noise_of(again, 1)[0] if again else self.first_noise
        return self.reply(number, stimulus, wanted, views=views)

    def one(self, stimulus: np.ndarray) -> np.ndarray:
        """Return a single stimulus as a batch of one.

        Raises
        ------
        PortError
            If it is none that the system accepts.
        """
        where = f"{self.system.name}'s {self.learner.accepts} port"
        a = np.asarray(stimulus)
        if self.learner.accepts is Port.TEXT:
            if a.ndim or a.dtype.kind != "U":
                raise PortError(f"expected one text, got {a.dtype}{a.shape}", where=where, remedy="Give one text")
            return a[None]
        if self.learner.accepts is Port.LAMPS:
            return check_lamps(a, 1, where=where)
        if self.learner.accepts is Port.ASKED:
            pair = check_asked(a, where=where)
            if len(pair) != 1:
                raise PortError(f"{len(pair)} pairs", where=where, remedy="Give one picture with one question")
            return pair
        if self.learner.accepts is Port.REEL:
            if a.ndim != 3:
                raise PortError(
                    f"expected a reel of shape (T, {SIDE}, {SIDE}), got {a.shape}", where=where, remedy="Give one reel"
                )
            return check_reels(a, where=where)
        return one_frame(a, where=where)

    def reply(
        self, number: int, stimulus: np.ndarray, wanted: str, *, views: bool, target: np.ndarray | None = None
    ) -> Reply:
        """Return the answer to one stimulus; `target` is the field wanted, if there is one.

        Raises
        ------
        PortError
            If it is none that the system accepts.
        """
        since = time.process_time()
        x = self.one(stimulus)
        shown: tuple[ActivationView, ...] = ()
        if views:
            network = self.learner.network
            with watching(network) as seen:
                answers, shares = self.learner.weigh(x)
            shown = viewed(self.system.entry.registers, seen, network, x)
        else:
            answers, shares = self.learner.weigh(x)
        said, confidence, lamps, field, judged = "", float("nan"), None, None, None
        others: tuple[tuple[str, float], ...] = ()
        if self.learner.answers is Port.LAMPS:
            lamps, classes = answers[0], self.classes
            kind = nearest_class(lamps, self.code)
            said = classes[kind] if kind >= 0 else ""
            if shares.shape[1] and np.isfinite(shares).all():
                confidence = float(shares[0, kind])
                best = [k for k in np.argsort(-shares[0], kind="stable").tolist() if k != kind][:OTHERS]
                others = tuple((classes[k], float(shares[0, k])) for k in best)
        elif self.learner.answers is Port.FIELD:
            field = np.asarray(answers[0], np.float32)
        else:
            said = str(answers[0])
            judge = tasks.find(self.trial.task).judge
            if wanted and judge is not None:
                judged = bool(judge(answers, np.array([wanted]))[0])
        return Reply(
            name=self.system.name,
            number=number,
            stimulus=x[0],
            wanted=wanted,
            said=said,
            confidence=confidence,
            others=others,
            lamps=lamps,
            field=field,
            views=shown,
            seconds=time.process_time() - since,
            task=self.trial.task,
            target=target,
            judged=judged,
            weights=self._digest(),
        )

    def _digest(self) -> str:
        """Return the digest of the network's weights as they are now, of a small system that reads text."""
        if self.learner.accepts is not Port.TEXT or self.learner.network.count() > FINGERPRINTED:
            return ""
        return fingerprint(self.learner.network.state())[:16]
