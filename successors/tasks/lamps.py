"""Decks that are answered on the lamps: the classes of the stimuli, coded in binary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from marki.io.ports import Port
from marki.io.responses import binary_code, lamps
from successors.tasks.deck import PARTS, Deck, Reels, Split


def lamps_deck(task: str, classes: Sequence[str], parts: Mapping[str, tuple[np.ndarray | Reels, np.ndarray]]) -> Deck:
    """Return the deck of stimuli whose classes are wanted on the lamps.

    Parameters
    ----------
    task : str
        Name of the task.
    classes : sequence of str
        Names of the classes; two of them use one lamp.
    parts : mapping of str to (stimuli, kinds)
        For train, valid and test, the stimuli and the class of each.
    """
    code = lamps(binary_code(len(classes)))
    made = {}
    for name in PARTS:
        stimuli, kinds = parts[name]
        kinds = np.asarray(kinds, np.int16)
        made[name] = Split(stimuli=stimuli, targets=code[kinds], kinds=kinds)
    accepts = Port.REEL if isinstance(made["train"].stimuli, Reels) else Port.FRAME
    return Deck(task=task, accepts=accepts, answers=Port.LAMPS, classes=tuple(classes), code=code, **made)
