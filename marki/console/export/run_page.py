"""A run as one page of HTML that needs nothing else: a film of the registers that can be scrubbed, in any browser."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Iterable, Sequence
from html import escape
from string import Template
from typing import Any

import numpy as np

from marki.config import Config
from marki.console.export.recorded_run import GREYS, RecordedRun
from marki.experiments.lab import learning_curve
from marki.files import asset
from marki.language import Words, table
from marki.session import Session
from marki.ticks import clock_face
from marki.versions import versions

SCALE_QUANTILE = 0.98
"""Share of the wipers that the potentiometers' scale has room for; the others stand at its end."""


def run_page(session: Session, run: RecordedRun, words: Words, command: str | None) -> str:
    """Return the page of a run.

    Parameters
    ----------
    session : Session
        It stands where the recording ended.
    run : RecordedRun
    words : Words
    command : str or None
        The command line that repeats the run, if there is one.
    """
    style, script = (asset(f"run_page/page.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    parts = _words(words) | {
        "title": words("share.title", seed=session.seed),
        "heading": words("share.heading"),
        "about": words("report.run", seed=session.seed, trial=f"{run.trials:,}", time=clock_face(session.now)),
        "chosen": words("share.chosen", count=f"{len(run.number):,}", trials=f"{run.trials:,}")
        if len(run.number) < run.trials
        else "",
        "digest": session.digest,
        "command": command or "",
        "command_is": words("report.repeat", trial=f"{run.trials:,}") if command else words("report.no_repeat"),
        "digest_is": words("share.digest_is"),
        "versions": ", ".join(f"{name} {number}" for name, number in versions().items()),
    }
    texts = {name: escape(text) for name, text in parts.items()}
    texts |= {
        "language": words.language,
        "policy": "default-src 'none'; "
        f"style-src '{_hashed(style)}'; script-src '{_hashed(script)}'; base-uri 'none'; form-action 'none'",
        "style": style,
        "script": script,
        "settings": _settings(session, words),
        "head": _json(_head(session, run, words)),
        "registers": base64.b64encode(packed(run)).decode(),
    }
    template = asset("run_page/page.html").read_text(encoding="utf-8")
    return Template(template).substitute(texts)


def _words(words: Words) -> dict[str, str]:
    """Return the words of the page and of its script, the room ``share`` of the table."""
    room = "share."
    return {name.removeprefix(room): text for name, text in table(words.language).items() if name.startswith(room)}


def _hashed(text: str) -> str:
    """Return the name under which the page's policy lets a style or script run."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _json(content: Any) -> str:
    """Return JSON that can stand inside an element of a page: nothing in it ends the element or begins another."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _head(session: Session, run: RecordedRun, words: Words) -> dict[str, Any]:
    """Return what the script needs besides the registers."""
    curve = learning_curve(session)
    learned = np.flatnonzero(run.learned)
    ends = [int(learned[int(n) - 1]) + 1 for n in curve["trials"]]
    angles = np.abs(run.after)
    scale = int(np.quantile(angles[-1], SCALE_QUANTILE)) if angles.size else 0
    return {
        "trials": run.trials,
        "shown": len(run.number),
        "classes": [[words.class_name(name) for name in world.classes] for world in session.worlds],
        "greys": GREYS,
        "scale": max(scale, 100),
        "curve": {"trials": ends, "errors": curve["errors"]},
        "layout": [[name, str(array.dtype), list(array.shape), how] for name, array, how in _arrays(run)],
        "words": _words(words),
    }


# -- the registers -----------------------------------------------------------------------------------------------------


def packed(run: RecordedRun) -> bytes:
    """Return the registers of a run, deflated: the arrays of `_arrays`, one after another, low byte first.

    ``bits`` are packed by rows, eight to a byte, the first the highest. ``steps`` are the differences from row to row,
    all low bytes first, then all next bytes, and so on: most of these are zero.
    """
    pieces: list[bytes] = []
    for _, array, how in _arrays(run):
        if how == "bits":
            array = np.packbits(array, axis=-1)
        elif how == "steps":
            array = np.diff(array, axis=0, prepend=np.zeros_like(array[:1]))
        low_first = array.astype(array.dtype.newbyteorder("<"))
        if how == "steps":
            low_first = low_first.reshape(-1, 1).view(np.uint8).T
        pieces.append(low_first.tobytes())
    return zlib.compress(b"".join(pieces), 9)


def _arrays(run: RecordedRun) -> list[tuple[str, np.ndarray, str]]:
    """Return name and content of each array, and how it is packed; the widest types first, so that all are aligned."""
    told = np.frombuffer("\0".join(run.told).encode(), np.uint8)
    turned = run.before[1:] - run.after[:-1]  # by what lies between two recorded trials
    start = run.before[:1] if len(run.before) else np.zeros((0, run.before.shape[1]), np.int32)
    return [
        ("number", run.number, "steps"),
        ("frame", run.frame, "plain"),
        ("sums", run.sums, "steps"),
        ("after", run.after, "steps"),
        ("between", np.concatenate([start, turned]).astype(np.int32), "plain"),
        ("shown", run.shown, "plain"),
        ("answer", run.answer, "plain"),
        ("frames", run.frames, "plain"),
        ("r", run.r, "plain"),
        ("reason", run.reason, "plain"),
        ("wanted", run.wanted, "plain"),
        ("course", run.course, "plain"),
        ("units", run.units, "plain"),
        ("source", run.source, "steps"),
        ("s", run.s, "bits"),
        ("a", run.a, "bits"),
        ("wrong", run.wrong, "bits"),
        ("learned", run.learned, "bits"),
        ("told", told, "plain"),
    ]


# -- the settings ------------------------------------------------------------------------------------------------------


def _settings(session: Session, words: Words) -> str:
    """Return the rows of the table of settings; those that are not the usual ones are marked."""
    rows: list[str] = []
    worlds: Iterable[tuple[str, Config]] = session.configs.items()
    rooms: Sequence[tuple[str, Config]] = [("machine", session.learner.config), *((f"world {n}", w) for n, w in worlds)]
    for room, config in rooms:
        usual = {name: value for name, value, _ in type(config)().items()}
        for name, value, _ in config.items():
            label = words.get(f"setting.{room.partition(' ')[0]}.{name}", name)
            shown = json.dumps(value, ensure_ascii=False)
            kind = ' class="changed"' if value != usual[name] else ""
            mark = f" ({escape(words('share.changed'))})" if kind else ""
            place = escape(f"{room}.{name}")
            cells = f"<th scope='row'>{escape(label)}</th><td>{escape(shown[:400])}{mark}</td><td>{place}</td>"
            rows.append(f"<tr{kind}>{cells}</tr>")
    return "\n".join(rows)
