"""The table of results: a line for each system, with its scores, its claims and what it loses without its mechanism."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from marki.intervals import span
from successors import registry
from successors.evaluation import estimates

HEAD = ("system", "on the retina", "claims", "without its mechanism")


def markdown() -> str:
    """Return the table of all trained systems, in order of time, in Markdown."""
    lines = [_line(HEAD), _line(["---"] * len(HEAD))]
    for system in registry.systems():
        found = registry.metrics(system.name)
        if found is not None:
            scores = [f"{told(trial)} {_share(trial)}" for trial in found["trials"]]
            cells = (f"`{system.name}` {system.year}", "; ".join(scores), "; ".join(_claims(found)), _mechanism(found))
            lines.append(_line(cells))
    return "\n".join(lines) + "\n"


def _line(cells: Any) -> str:
    return f"| {' | '.join(cells)} |"


def told(trial: Mapping[str, Any]) -> str:
    """Return the name of a trial: its label, or else its task."""
    return trial["label"] or trial["task"]


def _share(about: Mapping[str, Any]) -> str:
    low, high = about["interval"] or (None, None)
    return f"{100 * about['value']:.1f} % ({span(low, high)})"


def _claims(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield the claims on comparisons, each with its difference in points and its word."""
    for trial in found["trials"]:
        for claim in trial["claims"]:
            if claim["claim"] not in estimates.BOUNDS:
                yield f"{told(trial)} {estimates.claim_text(claim)}: {_difference(claim)} {_word(claim)}"
    for measure in found["measures"]:
        yield f"{measure['claim']}: {_word(measure)}"


def _difference(about: Mapping[str, Any]) -> str:
    low, high = about["interval"] or (None, None)
    return f"{100 * about['value']:+.1f} ({span(low, high, sign='+')})"


def _word(about: Mapping[str, Any]) -> str:
    return about["word"] if about["word"] == estimates.HOLDS else f"**{about['word']}**"


def _mechanism(found: Mapping[str, Any]) -> str:
    mechanism = found["mechanism"]
    lost = _difference(mechanism["difference"])
    return f"{100 * mechanism['without']:.1f} % ({mechanism['name']}): {lost} needed: {_word(mechanism)}"
