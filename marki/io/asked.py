"""A picture and a question about it, given together: one array whose elements have both."""

from __future__ import annotations

import numpy as np

from marki.errors import PortError
from marki.io.frame import SIDE, check_frames
from marki.io.text import check_text


def asked(frames: np.ndarray, texts: np.ndarray) -> np.ndarray:
    """Return pictures and questions as one array (n,) with the fields ``frame`` and ``text``.

    Parameters
    ----------
    frames : array_like, shape (n, 20, 20)
        Light levels, 0…1.
    texts : array_like of str, shape (n,)

    Raises
    ------
    PortError
        As of `check_asked`, and if there are more of the one than of the other.
    """
    light, words = check_frames(frames, where="asked port"), check_text(texts, where="asked port")
    if len(light) != len(words):
        raise PortError(
            f"{len(words)} questions about {len(light)} pictures", where="asked port", remedy="Give one for each",
            code="port.asked_count", texts=len(words), frames=len(light),
        )  # fmt: skip
    pairs = np.zeros(len(light), [("frame", np.float32, (SIDE, SIDE)), ("text", words.dtype)])
    pairs["frame"], pairs["text"] = light, words
    return pairs


def check_asked(pairs: np.ndarray, *, where: object = "asked port") -> np.ndarray:
    """Return pictures with questions as an array (n,) with the fields ``frame`` and ``text``, or refuse them.

    Parameters
    ----------
    pairs : ndarray
        One pair, or (n,) of them, with a field ``frame`` of numbers (20, 20) and a field ``text`` of str.

    Raises
    ------
    PortError
        For what has not these fields, another shape, and light or text that `check_frames` or `check_text` refuse.
    """
    a = np.atleast_1d(np.asarray(pairs))
    if a.ndim != 1 or a.dtype.names is None or set(a.dtype.names) != {"frame", "text"}:
        raise PortError(
            f"expected pictures with questions of shape (n,), got {a.dtype} of shape {a.shape}",
            where=where, remedy="Give an array with the fields frame and text", code="port.asked",
            found=f"{a.dtype}{a.shape}",
        )  # fmt: skip
    light = check_frames(a["frame"], where=where)
    words = check_text(a["text"], where=where)
    checked = np.zeros(len(a), [("frame", np.float32, (SIDE, SIDE)), ("text", words.dtype)])
    checked["frame"], checked["text"] = light, words
    return checked
