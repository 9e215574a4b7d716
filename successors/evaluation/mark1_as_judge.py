"""The Mark I as judge of machines that draw: it learns from drawings, and is examined on real cards.

What a machine draws may look right to people and to a network, and still teach nothing, or something else. Here a
Mark I learns from drawings, with what was asked for as the right answer, and another, with the same plugboard, from as
many real cards of the same classes in the same order. Both are then shown the same real cards, which neither has seen
and no machine has learned from. Nobody who learns from drawings sees a real card before that: when to stop is decided
by drawings too.

The seeds vary the Mark I, the real cards that are chosen, and the noise of the drawings; the weights of the machine
that draws are one and the same.

References
----------
Ravuri and Vinyals 2019, "Classification accuracy score for conditional generative models", with a residual network
where the Mark I is here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from marki.config import check
from marki.errors import ConfigError, unknown
from marki.files import csv_text, write_json, write_text
from marki.io.ports import Port
from marki.jobs.folders import claimed
from marki.jobs.identity import Identity, content_hash
from marki.jobs.options import RunOptions
from marki.jobs.runner import Job, demand, run_jobs
from marki.seeding import generator
from marki.versions import versions
from successors import registry, tasks
from successors.evaluation import estimates
from successors.serving import artists
from successors.serving import picture_drawing as drawing
from successors.serving.artists import Artist
from successors.serving.picture_drawing import Order
from successors.tasks import Deck
from successors.tasks.imitate import SUBJECTS
from successors.tasks.lamps import coded
from successors.training import loop
from successors.training.participants import MACHINE_RECIPE, Machine

CARDS, MOST_CARDS = 1_000, 10_000
"""Cards that are learned from, if it is not said, and the most."""

HELD_OUT = 200
"""Further ones by which it is decided when to stop."""

EXAMINED = 2_000
"""Real cards of the examination."""

SLACK = 0.05
"""By how much less is learned from drawings at most, as is claimed; written before the first run."""

REAL, DRAWN = "real cards", "drawings"
"""What is learned from."""

COLUMNS = ("learned_from", "score", "low", "high", "seeds", "cards", "shown")
"""Columns of the CSV: the share of the real cards that are read rightly with its 95 % interval, cards that were learned
from, and presentations until the learner stood as it was examined, on the mean."""


def identity(name: str, *, subject: str = "", cards: int = CARDS, weights: Path | None = None) -> Identity:
    """Return the identity of the judgement of a system; seeds may be added to it."""
    artist, path = _entered(name, subject, weights)
    settings = {"subject": artist.subject, "cards": cards}
    return Identity(kind=f"judgement of {name}", settings=settings, inputs={"weights": content_hash(path)})


def _entered(name: str, subject: str, weights: Path | None) -> tuple[Artist, Path]:
    """Return a system that is told what to draw, and the file of its weights."""
    if not artists.is_told(artists.find(name).entry):
        raise ConfigError(
            f"{name} is not told what it draws, so that nothing can be learned from it", where="NAME",
            remedy=f"Choose among {', '.join(artists.names(artists.is_told))}",
        )  # fmt: skip
    if subject not in ("", *SUBJECTS):
        raise unknown("subject", subject, SUBJECTS, where="--subject")
    artist = artists.engage(name, SUBJECTS[subject][0] if subject else "", weights=weights)
    path = weights or artists.weights_of(artist.system, artist.trial)
    assert path is not None, "it has been engaged with them"
    return artist, path


def judge(
    name: str,
    options: RunOptions,
    *,
    machine: Machine,
    subject: str = "",
    cards: int = CARDS,
    seeds: Sequence[int] = range(5),
    weights: Path | None = None,
) -> dict[str, Any]:
    """Let Mark Is learn from drawings and from real cards, and examine both on real cards.

    Parameters
    ----------
    name : str
        A system that draws what it is asked for.
    options : RunOptions
        Its output folder receives ``judge.json``, ``judge.csv`` and the runs.
    machine : callable
        Makes the Mark I.
    subject : str
        "digits" or "letters"; empty: what the system learned first.
    cards : int
    seeds : sequence of int
    weights : Path, optional
        Weights to draw with instead of the shipped ones.

    Returns
    -------
    dict
        name, subject, weights (digest), cards, examined, seeds; ``rows``, keys as in `COLUMNS`; ``claim``: claim, than,
        wanted, value and interval of the difference, and the word.

    Raises
    ------
    UnknownName, ConfigError, StateError
        As of `artists.engage`, and for a system that is not told what to draw.
    OutputError, StateError
        If the folder is taken.
    """
    check("--cards", cards, int, {"low": 10, "high": MOST_CARDS})
    artist, path = _entered(name, subject, weights)
    out = options.folder()
    with claimed(out, identity(name, subject=subject, cards=cards, weights=weights), resume=options.resume):
        _real(artist.trial.options)  # made before several processes want it
        jobs = [
            _job(name, path, source, cards, seed, out / "runs", machine) for source in (REAL, DRAWN) for seed in seeds
        ]
        found = run_jobs(jobs, options, name=f"judge {name}", unit="runs", note=_note)
        real, drawn = found[: len(seeds)], found[len(seeds) :]
        apart = estimates.lead(drawn, real)
        result = {
            "name": name, "subject": artist.subject, "weights": artist.weights, "cards": cards,
            "examined": EXAMINED, "seeds": list(seeds),
            "rows": [_row(source, cards, runs) for source, runs in ((REAL, real), (DRAWN, drawn))],
            "claim": {
                "claim": estimates.NOT_BELOW, "than": REAL, "wanted": -SLACK, **apart.as_mapping(),
                "word": apart.above(-SLACK),
            },
        }  # fmt: skip
        write_json(out / "judge.json", result | {"versions": versions()})
        write_text(out / "judge.csv", csv_text(COLUMNS, [list(row.values()) for row in result["rows"]], options.csv))
    return result


def _row(source: str, cards: int, runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    about = estimates.share(runs)
    shown = sum(run["shown"] for run in runs) / len(runs)
    row = {"learned_from": source, "score": about.value, "low": about.low, "high": about.high}
    return row | {"seeds": len(runs), "cards": cards, "shown": shown}


_SHAPE: dict[str, type | tuple[type, ...]] = {"score": (int, float), "right": str, "shown": int}


def _job(name: str, weights: Path, source: str, cards: int, seed: int, folder: Path, machine: Machine) -> Job:
    inputs = {"weights": content_hash(weights), **registry.own_inputs(name)} if source == DRAWN else {}
    # `options` is what a table of answers is told folds by; here all are examined on the same cards.
    settings = {"system": name, "learned from": source, "cards": cards, "options": {}}
    return Job(
        identity=Identity(kind="Mark I as judge", settings=settings, seed=seed, inputs=inputs),
        work=partial(learn, name, weights.absolute(), source, cards, seed, machine),
        file=folder.absolute() / f"{source.replace(' ', '_')}-{seed:03d}.json",
        check=lambda result: demand(result, _SHAPE),
    )


def _note(run: Mapping[str, Any]) -> str:
    return f"from {run['order']['settings']['learned from']}: {100 * run['score']:.1f} %"


def _real(options: Mapping[str, Any]) -> Deck:
    """Return the real cards of a trial, in the order of the lamps and pictures of `imitate`."""
    changed: dict[str, Any] = dict(options) | {"test": EXAMINED}
    return tasks.load("imitate", **changed)


def deck_for(artist: Artist, source: str, cards: int, seed: int) -> Deck:
    """Return what a Mark I learns from, and is examined on.

    Parameters
    ----------
    artist : Artist
        Its noise has the seed.
    source : {"real cards", "drawings"}
    cards, seed : int
    """
    real, subject = _real(artist.trial.options), artist.subject
    chosen = generator(seed, "judge.cards").permutation(len(real.train))[: cards + HELD_OUT]
    pictures, kinds = real.train.targets[chosen], real.train.kinds[chosen]
    if source == DRAWN:
        pictures = _drawings(artist, kinds)
    parts = {"train": (pictures[:cards], kinds[:cards]), "valid": (pictures[cards:], kinds[cards:])}
    parts["test"] = real.test.targets.copy(), real.test.kinds.copy()
    split = coded(len(real.classes), parts)
    code = tasks.find(subject).code(tasks.find(subject).config())
    return Deck(
        task=subject, accepts=Port.FRAME, answers=Port.LAMPS, classes=real.classes, code=code, train=split["train"],
        valid=split["valid"], test=split["test"],
    )  # fmt: skip


def _drawings(artist: Artist, kinds: np.ndarray) -> np.ndarray:
    """Return a drawing of each of some classes (n,), (n, 20, 20) float32."""
    code, found = artist.asking("".join(artist.classes), 1), list[np.ndarray]()
    for k in range(0, len(kinds), drawing.ROWS):
        part = kinds[k : k + drawing.ROWS]
        *_, drawn = drawing.moments(artist, Order(), code[part], range(k, k + len(part)), whole=False)
        found.append(drawn)
    return np.concatenate(found)


def learn(
    name: str,
    weights: Path,
    source: str,
    cards: int,
    seed: int,
    machine: Machine,
    *,
    resume: bool = False,
    quiet: bool = True,
) -> dict[str, Any]:
    """Let one Mark I learn and be examined; return score, right (a 0 or 1 for each card), shown, valid.

    Parameters
    ----------
    name : str
    weights : Path
    source : {"real cards", "drawings"}
    cards, seed : int
    machine : callable
    resume, quiet : bool
        A run is too short to be resumed, and says nothing.
    """
    artist = artists.engage(name, seed=seed, weights=weights)
    deck = deck_for(artist, source, cards, seed)
    pupil = machine(deck.lamps_used, seed)
    record = loop.train(pupil, deck, MACHINE_RECIPE, seed=seed)
    exam = loop.examine(pupil, deck, deck.test)
    right = "".join("01"[hit] for hit in exam.right.tolist())
    shown = record.best_step * MACHINE_RECIPE.batch
    return {"score": exam.score, "right": right, "shown": shown, "valid": record.best}


def as_text(result: Mapping[str, Any]) -> str:
    """Format a judgement: a line for each thing that was learned from, and one for the claim."""
    lines = [f"{'a Mark I that learned from':<34}{'reads rightly':>14}   of {result['examined']:,} real cards"]
    for row in result["rows"]:
        source = f"{row['cards']:,} {row['learned_from']}" + (
            f" of {result['name']}" if row["learned_from"] == DRAWN else ""
        )
        interval = None if row["low"] is None else [row["low"], row["high"]]
        lines.append(f"{source:<34}{estimates.as_text({'value': row['score'], 'interval': interval})}")
    claim = result["claim"]
    apart = estimates.as_text(claim, difference=True)
    lines.append(f"difference {apart}; at most {100 * SLACK:g} points below {REAL}: {claim['word']}")
    return "\n".join(lines)
