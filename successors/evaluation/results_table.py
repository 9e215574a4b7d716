"""What is on record: a table of scores, claims and ablations, and pictures of the scores at a task or in a room."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from marki.errors import ConfigError
from marki.files import refuse_taken
from marki.intervals import span
from marki.io.rooms import Room
from marki.language import Words
from successors import registry, tasks
from successors.evaluation import estimates, plots

WORDS = Words("en")
HEAD = ("system", "on the retina", "claims", "without its mechanism")


OF_A_TRIAL = ("task", "label", "options", "metric", "value", "interval", "claims")
"""What the table needs of a trial on record; the rest is in the system's card."""


def rows() -> Iterator[dict[str, Any]]:
    """Yield what is on record of each trained system, in order of time: name, year, trials, measures and mechanism."""
    for system in registry.systems():
        found = registry.metrics(system.name)
        if found is not None:
            yield {
                "name": system.name,
                "year": system.year,
                "trials": [{key: trial[key] for key in OF_A_TRIAL} for trial in found["trials"]],
                "measures": found["measures"],
                "mechanism": found["mechanism"],
            }


def markdown() -> str:
    """Return the table of all trained systems, in order of time, in Markdown."""
    lines = [_line(HEAD), _line(["---"] * len(HEAD))]
    for row in rows():
        scores = [f"{told(trial)} {_share(trial)}" for trial in row["trials"]]
        cells = (f"`{row['name']}` {row['year']}", "; ".join(scores), "; ".join(_claims(row)), _mechanism(row))
        lines.append(_line(cells))
    return "\n".join(lines) + "\n"


def picture(path: Path, task: str) -> None:
    """Draw the scores at a task, each with the recipe of its own, in order of time and against what they cost.

    Parameters
    ----------
    path : Path
        PNG to write.
    task : str

    Raises
    ------
    OutputError
        If the file exists.
    """
    refuse_taken(path)
    about, found = tasks.find(task), list(scores(task))
    title = f"{about.title} ({_seeds(found)}, each by its own recipe)"
    plots.comparison(path, title, found, metric=about.metric, chance=about.chance)


def room_picture(path: Path, room: Room) -> None:
    """Draw what the systems of a room of the hall score at their own tasks, with their mechanisms and without.

    Parameters
    ----------
    path : Path
        PNG to write.
    room : Room

    Raises
    ------
    OutputError
        If the file exists.
    ConfigError
        If no system of the room is on record.
    """
    refuse_taken(path)
    found = list(standings(room))
    if not found:
        raise ConfigError("no system of it is on record", where=f"--room {room.name}", remedy="Name another room")
    title = WORDS(f"timeline.room.{room.name}")
    plots.standings(path, f"{title} ({_seeds(found)}, each by its own recipe)", found)


def standings(room: Room) -> Iterator[dict[str, Any]]:
    """Yield of each system of a room label, year, metric, score, low, high, seeds, and the score without its mechanism.

    The score is that of its first trial, of which its mechanism is taken away.
    """
    for system in registry.systems():
        entry, found = system.entry, registry.metrics(system.name)
        if found is not None and room.fits(entry.accepts, entry.answers, entry.kind):
            first = found["trials"][0]
            low, high = first["interval"] or (None, None)
            yield {
                "label": entry.label,
                "year": system.year,
                "metric": first["metric"],
                "score": first["value"],
                "low": low,
                "high": high,
                "seeds": len(first["seeds"]),
                "mechanism": found["mechanism"]["name"],
                "without": found["mechanism"]["without"],
            }


def _seeds(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return how many seeds there are, in words: of different numbers the least and the most."""
    counts = sorted({row["seeds"] for row in rows})
    return " to ".join(map(str, counts[:1] + counts[-1:] if len(counts) > 1 else counts)) + " seeds"


def scores(task: str) -> Iterator[dict[str, Any]]:
    """Yield name, year, score, seeds and cost of each system that has a trial of the task as it is."""
    for system in registry.systems():
        found = registry.metrics(system.name) or {"trials": ()}
        trial = next((t for t in found["trials"] if t["task"] == task and not t["options"]), None)
        if trial is not None:
            low, high = trial["interval"] or (None, None)
            # What is shown in training is on record for the first trial.
            shown = found["cost"]["shown"] if trial is found["trials"][0] else None
            yield {
                "name": system.name,
                "year": system.year,
                "recipe": "",
                "score": trial["value"],
                "low": low,
                "high": high,
                "seeds": len(trial["seeds"]),
                "parameters": trial["parameters"],
                "multiply_adds": trial["multiply_adds"],
                "shown": shown,
            }


def _line(cells: Any) -> str:
    return f"| {' | '.join(cells)} |"


def told(trial: Mapping[str, Any]) -> str:
    """Return the name of a trial: that of its label, or else of its task."""
    return WORDS.trial(trial["label"]) or WORDS(f"exhibit.task_{trial['task']}")


def _share(about: Mapping[str, Any]) -> str:
    low, high = about["interval"] or (None, None)
    return f"{100 * about['value']:.1f} % ({span(low, high)})"


def _claims(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield the claims on comparisons, each with its difference in points and its word."""
    for trial in found["trials"]:
        for claim in trial["claims"]:
            if claim["claim"] not in estimates.BOUNDS:
                claimed = f"{told(trial)} {claim['claim']} {WORDS.trial(claim['than'])}"
                yield f"{claimed}: {_difference(claim)} {_word(claim)}"
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
