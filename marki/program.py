"""The program as it was called, for messages that say what to type."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path


def program() -> str:
    """Return the words before the arguments: ``python run_sim.py``, ``marki``, or ``python -m marki``."""
    path = Path(sys.argv[0] if sys.argv else "")
    if path.name == "run_sim.py":
        return shlex.join(["python", str(path)])
    return "marki" if path.stem == "marki" else "python -m marki"
