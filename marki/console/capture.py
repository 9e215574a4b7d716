"""Pictures and reports of a window's run, written whole or not at all."""

from __future__ import annotations

import io
import os
import time
from pathlib import Path

import numpy as np
import pygame

from marki.files import writing

_IMPORTED = time.time()


def process_age() -> float:
    """Return the seconds since this process started, or where that cannot be known, since this module's import."""
    try:
        started = int(Path("/proc/self/stat").read_text().rsplit(")", 1)[1].split()[19]) / os.sysconf("SC_CLK_TCK")
        return float(Path("/proc/uptime").read_text().split()[0]) - started
    except (OSError, ValueError, IndexError):
        return time.time() - _IMPORTED


def save_picture(surface: pygame.Surface, path: Path | str) -> None:
    """Write a surface as PNG."""
    memory = io.BytesIO()
    pygame.image.save(surface, memory, "PNG")
    with writing(path) as file:
        file.write(memory.getvalue())


def frame_times(seconds: list[float]) -> dict[str, float]:
    """Return median, 99th percentile and longest of frame times, ms."""
    ms = np.array(seconds or [0.0]) * 1e3
    return {
        "p50": round(float(np.percentile(ms, 50)), 3),
        "p99": round(float(np.percentile(ms, 99)), 3),
        "max": round(float(ms.max()), 3),
    }
