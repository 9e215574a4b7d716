"""Memory: what is freed is kept for the next array, where the C library would give it back to the system.

A network makes and frees the same large arrays in every step. By default glibc maps and unmaps each of them, and to
have its pages filled with zeros again takes time that the arithmetic could have.
"""

from __future__ import annotations

import ctypes
import sys

LARGEST = 1 << 25
"""Bytes of the largest array that is kept; glibc takes no more."""
KEPT = 1 << 29
"""Bytes that are kept free at the most before some are given back."""

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # malloc.h


def keep() -> bool:
    """Ask the C library to keep what is freed; return whether it does, which it can on Linux with glibc alone."""
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    # musl has a function of this name that does nothing and returns 0.
    return mallopt is not None and bool(mallopt(_MMAP_THRESHOLD, LARGEST)) and bool(mallopt(_TRIM_THRESHOLD, KEPT))
