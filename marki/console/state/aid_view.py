"""The help in the editor, as the window shows it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class AidView:
    """What there is to see of the help in the editor.

    Attributes
    ----------
    known : bool
        Whether it is known who has weights.
    untrained : tuple of str
        Labels of those who would help and have none.
    offer : str
        What is offered behind the cursor, "" for nothing.
    sure, ms : float
        Its probability, and the time from the key to the offer.
    shown, taken, saved : int
        Offers so far, those that were taken, and the keys that this saved.
    """

    known: bool = False
    untrained: tuple[str, ...] = ()
    offer: str = ""
    sure: float = 0.0
    ms: float = 0.0
    shown: int = 0
    taken: int = 0
    saved: int = 0
