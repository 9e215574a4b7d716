"""Text as it goes over the teleprinter: lines of printable characters. The real machine had none (*modern*)."""

from __future__ import annotations

import re

import numpy as np

from marki.errors import PortError

_CHINESE = re.compile(r"[\u3400-\u9fff]")

LONGEST = 6_000
"""Characters that a message may have: ten programs of the pen language, or 108 captions to choose from."""


def language_of(text: str) -> str:
    """Return the language of a text: Chinese, "zh", if it has a Chinese sign, else "en"."""
    return "zh" if _CHINESE.search(text) else "en"


def check_text(texts: np.ndarray, *, where: object = "text port") -> np.ndarray:
    """Return messages as an array of str, (n,), or refuse them.

    Parameters
    ----------
    texts : array_like of str
        One message, or (n,) of them; printable characters and line feeds, at most `LONGEST` of them.

    Raises
    ------
    PortError
        For what is no text, another shape, a message too long, or characters that cannot be printed.
    """
    a = np.atleast_1d(np.asarray(texts))
    if a.dtype.kind != "U" or a.ndim != 1:
        raise PortError(
            f"expected text of shape (n,), got {a.dtype} of shape {a.shape}",
            where=where,
            remedy="Give an array of texts",
        )
    for number, text in enumerate(a.tolist()):
        if len(text) > LONGEST:
            raise PortError(
                f"message {number} has {len(text):,} characters", where=where, remedy=f"Send at most {LONGEST:,}"
            )
        if not text.replace("\n", "").isprintable():
            odd = next(c for c in text if c != "\n" and not c.isprintable())
            raise PortError(
                f"message {number} has the character {odd!r}, which cannot be printed",
                where=where,
                remedy="Send printable characters",
            )
    return a
