"""The covered state: what the class is to predict is taken out of the scene, so that no panel can show it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from marki.console.state.scene import Scene
from marki.console.state.snapshot import Snapshot
from marki.console.state.timeline_view import SystemView, TimelineView
from marki.console.state.ui_state import UIState
from marki.io.rooms import Asks

TELLING = frozenset({"table", "report", "save", "narration"})
"""Commands that write files in which the answer could be read; they wait until it is revealed."""


def is_covered(ui: UIState, snapshot: Snapshot) -> bool:
    """Return whether the answer to what is seen is to be predicted first.

    It is so while votes are open. While the class is predicting it is so before that too, from the moment at which the
    lens opens or a card is drawn: the systems of the timeline answer at once, and would give the answer away.
    """
    seen = snapshot.presentation is not None and not snapshot.answered
    return ui.covered or (ui.predicting and (seen or ui.draft is not None))


def without_answer(scene: Scene) -> Scene:
    """Return a scene without the answer to the card that is seen, and without what is known of the future."""
    return replace(
        scene,
        snapshot=_unread(scene.snapshot),
        held=None if scene.held is None else _unread(scene.held),
        draft_answer=None,
        brightness=replace(scene.brightness, r=np.zeros_like(scene.brightness.r)),
        # A run that was gone through before, or begun again, has the mistake at this card already.
        coming=scene.coming[:0],
        before=None if scene.before is None else scene.before[: len(scene.errors)],
        mistakes=scene.mistakes[scene.mistakes < scene.trial],
        timeline=None if scene.timeline is None else _silent(scene.timeline),
        covered=True,
    )


def _unread(snapshot: Snapshot) -> Snapshot:
    """Return a look at the machine whose R-units have not been read."""
    view = snapshot.view
    dark = replace(view, r=np.zeros_like(view.r), u_r=np.zeros_like(view.u_r))
    return replace(snapshot, view=dark, answered=False)


def _silent(timeline: TimelineView) -> TimelineView:
    """Return a view of the timeline in which nobody has answered to the card."""
    second = timeline.second
    return replace(
        timeline,
        first=_hushed(timeline.first),
        second=None if second is None else _hushed(second),
        hall={} if timeline.room.asks is Asks.CARD else timeline.hall,
        covered=True,
    )


def _hushed(system_view: SystemView) -> SystemView:
    """Return a system that has not answered; one that is shown an example of its own task goes on."""
    return replace(system_view, reply=None, right=0, judged=0, covered=True) if system_view.live else system_view
