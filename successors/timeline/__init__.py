"""The timeline: one file for each system, named by its year; a file may import only the engine, what it needs
of `marki`, and earlier years.

Folders of one's own, with files of the same kind, join it by the environment variable ``MARKI_TIMELINE``, so that
processes which are started here know them too; several are parted as in ``PATH``.
"""

import importlib
import os
from pathlib import Path

VARIABLE = "MARKI_TIMELINE"

_OURS = __path__[0]


def own_folders() -> list[Path]:
    """Return the folders that the environment names, each joined to this package."""
    named = [str(Path(folder).absolute()) for folder in os.environ.get(VARIABLE, "").split(os.pathsep) if folder]
    if __path__[1:] != named:
        __path__[:] = [_OURS, *named]
        importlib.invalidate_caches()
    return [Path(folder) for folder in named]


own_folders()
