"""Parts that are answered on the lamps: the classes of the stimuli, coded in binary."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from marki.io.responses import binary_code, lamps
from successors.tasks.deck import Reels, Split


def coded(classes: int, parts: Mapping[str, tuple[np.ndarray | Reels, np.ndarray]]) -> dict[str, Split]:
    """Return parts whose targets are classes on the lamps; two classes use one lamp.

    Parameters
    ----------
    classes : int
        Number of classes.
    parts : mapping of str to (stimuli, kinds)
        The stimuli of each part, and the class of each.
    """
    code = lamps(binary_code(classes))
    found: dict[str, Split] = {}
    for name, (stimuli, kinds) in parts.items():
        kinds = np.asarray(kinds, np.int16)
        found[name] = Split(stimuli=stimuli, targets=code[kinds], kinds=kinds)
    return found
