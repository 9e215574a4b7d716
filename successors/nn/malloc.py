"""Memory: freed memory is kept for the next array, where the C library would return it to the system.

A network allocates and frees the same large arrays in every step. By default glibc maps and unmaps each of them, and
zeroing their pages again takes time away from the arithmetic.
"""

from __future__ import annotations

import ctypes
import sys

LARGEST = 1 << 25
"""Bytes of the largest array that is kept; glibc accepts no more."""
KEPT = 1 << 29
"""Free bytes that are kept at most before some are returned."""

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # malloc.h


def keep() -> bool:
    """Ask the C library to keep freed memory; return whether it does, which is possible only on Linux with glibc."""
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    # musl has a function of this name that does nothing and returns 0.
    return mallopt is not None and bool(mallopt(_MMAP_THRESHOLD, LARGEST)) and bool(mallopt(_TRIM_THRESHOLD, KEPT))
