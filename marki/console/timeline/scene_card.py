"""The card of the room in which a scene is spoken of, and its buttons."""

from __future__ import annotations

import numpy as np

from marki.console.state.scene import Scene
from marki.console.timeline.hall_panel import HallCard, PenPanel
from marki.io.frame import SIDE
from marki.io.rooms import TASK


class SceneCard(HallCard):
    """A scene of the room's own, or a card that is drawn."""

    def light(self, scene: Scene) -> np.ndarray:
        """Return the light of the card that is spoken of, (20, 20), 0…1."""
        if scene.ui.draft is not None:
            return scene.ui.draft / 255
        told = None if scene.timeline is None else scene.timeline.hall.get(TASK)
        return np.zeros((SIDE, SIDE)) if told is None or told.field is None else told.field

    def names(self, scene: Scene) -> tuple[str, ...]:
        """Return the forms of what the card is called."""
        if scene.ui.draft is not None:
            return self.theme.words.forms("card.draft")
        return self.theme.words.forms("timeline.scene_number", number=scene.ui.studio.item + 1)


class ScenePanel(PenPanel):
    """Buttons for the pens, for other scenes, and to ask a question of one's own."""

    always = True

    def names(self) -> list[str]:
        """Return the buttons."""
        pens = ["wide", "eraser", "clear"] if self.theme.profile.least else ["wide", "thin", "eraser", "clear"]
        return [*pens, "scene_before", "next_scene", "ask_scene"]
