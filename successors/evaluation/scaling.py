"""Scaling: many sizes trained at equal computing, the best size at each budget, and the law that is fitted to them.

Approach 2 of Hoffmann et al. 2022: a parabola through the losses of one budget, over the logarithm of the weights, has
its least at the best size. Approach 3: E + A / N^alpha + B / D^beta is fitted to all runs at once, here by relative
least squares over a grid of alpha and beta; with E free, and with E held at the entropy of the documents, which of no
corpus of real text is known. What is told of the law is its mean over the seeds with a 95 % interval.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from marki.errors import ConfigError
from marki.files import csv_text, write_json, write_text
from marki.intervals import Interval, interval
from marki.jobs.folders import claimed
from marki.jobs.identity import Identity
from marki.jobs.options import RunOptions
from marki.jobs.runner import Job, demand, run_jobs
from marki.pictures import can_draw
from marki.versions import versions
from successors import registry, tasks
from successors.evaluation import plots
from successors.model_card import Scaling
from successors.nn.language_model import LanguageModel
from successors.nn.learner import ByGradient
from successors.nn.tensor import no_grad
from successors.training import loop

HELD_OUT = 1_000
"""Documents by which all runs are judged; none of them is read."""
ROWS = 250
"""Documents judged at a time."""
NEAR = 5
"""Sizes about the least loss through which a parabola is laid."""

COLUMNS = ("operations", "width", "seed", "parameters", "tokens", "loss", "gap")
"""Columns of the CSV: loss in nats a token, and how far it is above the entropy of the documents."""


def identity(name: str) -> Identity:
    """Return the identity of a system's scaling runs; budgets and seeds may be added to it."""
    return Identity(kind=f"scaling of {name}")


def run_scaling(
    name: str, options: RunOptions, *, budgets: Sequence[float] = (), seeds: Sequence[int] = (0, 1, 2)
) -> dict[str, Any]:
    """Train a system in its sizes at equal computing.

    Parameters
    ----------
    name : str
    options : RunOptions
        Its output folder receives ``scaling.csv``, ``scaling.json``, ``scaling.png`` and the runs.
    budgets : sequence of float
        Some of the system's budgets, in operations; all if left out.
    seeds : sequence of int

    Returns
    -------
    dict
        ``rows``, keys as in `COLUMNS`; ``optima``, of each budget; ``law``, the exponents and E, each a mean with its
        interval over the seeds; ``entropy``.

    Raises
    ------
    UnknownName
        For a system that does not exist.
    ConfigError
        For one that has no such runs, or a budget that is not among them.
    OutputError, StateError
        If the folder is taken.
    """
    about = scaling_of(name)
    for budget in budgets:
        if budget not in about.budgets:
            raise ConfigError(
                f"a budget of {budget:g}",
                where="scaling",
                remedy=f"Choose among {', '.join(f'{b:g}' for b in about.budgets)}",
            )
    chosen = {budget: about.budgets[budget] for budget in budgets or about.budgets}
    out = options.folder()
    with claimed(out, identity(name), resume=options.resume):
        points = [(c, width, seed) for c, widths in chosen.items() for width in widths for seed in seeds]
        jobs = [_job(name, *point, out / "runs") for point in points]
        found = run_jobs(jobs, options, name="scaling", unit="runs", note=_note)
        rows = [{key: run[key] for key in COLUMNS} for run in found]
        result = {"name": name, "task": about.task, "entropy": about.entropy, **fitted(rows, about.entropy)}
        write_json(out / "scaling.json", result | {"versions": versions(), "rows": rows})
        write_text(out / "scaling.csv", csv_text(COLUMNS, [list(row.values()) for row in rows], options.csv))
        if can_draw():
            plots.scaling(out / "scaling.png", f"{registry.find(name).entry.label}: {len(rows)} runs", rows, result)
    return result | {"rows": rows}


def scaling_of(name: str) -> Scaling:
    """Return the scaling runs of a system, or refuse a system without any."""
    found = registry.find(name).entry.scaling
    if found is None:
        having = ", ".join(s.name for s in registry.systems() if s.entry.scaling)
        raise ConfigError(f"{name} has no runs at equal computing", where="scaling", remedy=f"Choose {having}")
    return found


_SHAPE: dict[str, tuple[type, ...]] = dict.fromkeys(COLUMNS, (int, float))


def _job(name: str, operations: float, width: int, seed: int, folder: Path) -> Job:
    settings = {"system": name, "operations": operations, "width": width}
    order = Identity(kind="scaling run", settings=settings, seed=seed, inputs=registry.own_inputs(name))
    return Job(
        identity=order,
        work=partial(train_one, name, operations, width, seed),
        file=folder.absolute() / f"{name}-{operations:.0e}-{width}-{seed:03d}.json",
        check=lambda result: demand(result, _SHAPE),
    )


def _note(run: Mapping[str, Any]) -> str:
    return f"{run['operations']:.0e} operations, {run['parameters']:,} weights: {run['gap']:.3f} above the entropy"


def train_one(
    name: str, operations: float, width: int, seed: int, *, resume: bool = False, quiet: bool = True
) -> dict[str, Any]:
    """Train one size with one budget, in this process; return a row with the keys of `COLUMNS`.

    Parameters
    ----------
    name : str
    operations : float
    width : int
    seed : int
    resume, quiet : bool
        A run is too short to be resumed, and says nothing.
    """
    system, about = registry.find(name), scaling_of(name)
    learner = system.entry.create(seed=seed, changes=about.plan(width, operations))
    if not (isinstance(learner, ByGradient) and isinstance(learner.network, LanguageModel)):
        raise ConfigError(f"{name} reads no documents", where="scaling", remedy="Choose a language model")
    recipe = learner.recipe
    wanted = recipe.batch * recipe.pretrain_steps
    # As many as are read, so that none is read twice, and those by which all runs are judged before them.
    few: dict[str, Any] = {"train": 1, "valid": 1, "test": 1}
    texts = tasks.load(about.task, cache=False, documents=HELD_OUT + wanted, **few).corpus
    held_out, read = texts[:HELD_OUT], texts[HELD_OUT:]
    order = loop.batches(wanted, recipe.batch, seed)
    for _ in range(recipe.pretrain_steps):
        learner.pretrain(read[next(order)])
    loss = surprise(learner.network, held_out)
    tokens = sum(len(learner.network.encoding.encode(text)) for text in read.tolist())
    found = {"operations": operations, "width": width, "seed": seed, "parameters": learner.network.count()}
    return found | {"tokens": tokens, "loss": loss, "gap": loss - about.entropy}


def surprise(network: LanguageModel, texts: np.ndarray) -> float:
    """Return the loss of texts in nats a token, that of their ends included."""
    total, tokens = 0.0, 0
    with no_grad():
        for k in range(0, len(texts), ROWS):
            part = texts[k : k + ROWS]
            signs = sum(len(network.encoding.encode(text)) for text in part.tolist())
            total += network.pretrain(part).item() * (signs + len(part))
            tokens += signs
    return total / tokens


# -- fits ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class LawFit:
    """E + A / N^alpha + B / D^beta, as fitted.

    Parameters
    ----------
    floor, a, alpha, b, beta : float
    off : float
        Root mean square of the relative residuals.
    """

    floor: float
    a: float
    alpha: float
    b: float
    beta: float
    off: float

    @property
    def exponent(self) -> float:
        """With what power of the operations the best number of weights grows."""
        return self.beta / (self.alpha + self.beta)


def fit_law(weights: np.ndarray, tokens: np.ndarray, losses: np.ndarray, *, floor: float | None = None) -> LawFit:
    """Fit the law by relative least squares; none of E, A and B is below 0.

    Parameters
    ----------
    weights, tokens, losses : ndarray, shape (n,)
    floor : float, optional
        E, where it is known.
    """
    alphas, betas = np.arange(0.05, 2.01, 0.05), np.arange(0.05, 2.01, 0.05)
    step = 0.05
    best = _on_grid(weights, tokens, losses, alphas, betas, floor)
    for _ in range(3):
        step /= 5
        around = step * np.arange(-5, 6)
        best = _on_grid(weights, tokens, losses, best.alpha + around, best.beta + around, floor)
    return best


def _on_grid(
    weights: np.ndarray,
    tokens: np.ndarray,
    losses: np.ndarray,
    alphas: np.ndarray,
    betas: np.ndarray,
    floor: float | None,
) -> LawFit:
    """Return the best of all pairs of exponents above 0."""
    alpha, beta = (a.ravel() for a in np.meshgrid(alphas[alphas > 0], betas[betas > 0], indexing="ij"))
    # Scaled to the mean, so that the columns of the least squares are of one size.
    n, d = weights / np.exp(np.log(weights).mean()), tokens / np.exp(np.log(tokens).mean())
    columns = np.stack([n ** -alpha[:, None], d ** -beta[:, None], np.ones((len(alpha), len(n)))], -1)
    wanted = losses
    if floor is not None:
        columns, wanted = columns[..., :2], losses - floor
    columns, wanted = columns / losses[:, None], wanted / losses
    squares, found = _not_negative(columns, wanted)
    at = int(squares.argmin())
    a, b, *free = found[at].tolist()
    return LawFit(
        floor=free[0] if free else floor or 0.0,
        a=a * float(np.exp(alpha[at] * np.log(weights).mean())),
        alpha=float(alpha[at]),
        b=b * float(np.exp(beta[at] * np.log(tokens).mean())),
        beta=float(beta[at]),
        off=float(np.sqrt(squares[at] / len(losses))),
    )


def _not_negative(columns: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the least squares (m,) and coefficients (m, k) of columns (m, n, k), none of them negative.

    The best of all choices of columns whose plain least squares has no negative coefficient.
    """
    m, _, k = columns.shape
    squares, best = np.full(m, (wanted**2).sum()), np.zeros((m, k))
    for count in range(1, k + 1):
        for some in map(list, itertools.combinations(range(k), count)):
            own = columns[..., some]
            normal = np.einsum("mni,mnj->mij", own, own) + 1e-12 * np.eye(count)
            found = np.linalg.solve(normal, np.einsum("mni,n->mi", own, wanted)[..., None])[..., 0]
            left = ((np.einsum("mni,mi->mn", own, found) - wanted) ** 2).sum(1)
            better = (found >= 0).all(1) & (left < squares)
            squares[better] = left[better]
            best[better] = 0
            best[np.ix_(better, some)] = found[better]
    return squares, best


def least(weights: np.ndarray, losses: np.ndarray) -> tuple[float, float, bool]:
    """Return the best number of weights and its loss, by a parabola over the logarithm, and whether it lies between.

    Through the `NEAR` sizes about the least loss; a curve that is steeper on one side moves the vertex a little.

    Parameters
    ----------
    weights, losses : ndarray, shape (n,)
        Of the sizes of one budget, at least three.
    """
    order = np.argsort(weights)
    x, y = np.log(weights[order]), losses[order]
    first = int(np.clip(y.argmin() - NEAR // 2, 0, max(0, len(x) - NEAR)))
    x, y = x[first : first + NEAR], y[first : first + NEAR]
    square, slope, _ = np.polyfit(x, y, 2)
    if square <= 0:
        return float(np.exp(x[y.argmin()])), float(y.min()), False
    at = -slope / (2 * square)
    inside = bool(x[0] < at < x[-1])
    at = float(np.clip(at, x[0], x[-1]))
    return float(np.exp(at)), float(np.polyval(np.polyfit(x, y, 2), at)), inside


def fitted(rows: Sequence[Mapping[str, Any]], entropy: float) -> dict[str, Any]:
    """Return what follows from rows with the keys of `COLUMNS`, each figure as its mean and interval over the seeds.

    ``optima``: of each budget, operations, weights, tokens, gap and inside (the share of seeds whose least lies between
    the sizes). ``law``: exponent of approach 2, with two budgets or more; alpha, beta, exponent and E of approach 3
    with E free, and the same but E with E held at the entropy.
    """
    seeds = sorted({row["seed"] for row in rows})
    budgets = sorted({row["operations"] for row in rows})
    optima: list[dict[str, Any]] = []
    best = np.zeros((len(seeds), len(budgets)))
    for k, operations in enumerate(budgets):
        found = [least(*_columns(rows, seed, operations, "parameters", "loss")) for seed in seeds]
        best[:, k] = [weights for weights, _, _ in found]
        tokens = [operations / 6 / weights for weights, _, _ in found]
        optima.append({
            "operations": operations,
            "weights": _listed(interval(best[:, k].tolist())),
            "tokens": _listed(interval(tokens)),
            "gap": _listed(interval([loss - entropy for _, loss, _ in found])),
            "inside": float(np.mean([inside for _, _, inside in found])),
        })  # fmt: skip
    law: dict[str, Any] = {}
    if len(budgets) > 1:
        slopes = [np.polyfit(np.log(budgets), np.log(row), 1)[0] for row in best]
        law["exponent by parabolas"] = _listed(interval(slopes))
        for name, floor in (("E free", None), ("E known", entropy)):
            fits = [fit_law(*_columns(rows, seed, None, "parameters", "tokens", "loss"), floor=floor) for seed in seeds]
            figures: dict[str, Callable[[LawFit], float]] = {
                "alpha": lambda f: f.alpha, "beta": lambda f: f.beta, "exponent": lambda f: f.exponent,
                "E": lambda f: f.floor, "residual": lambda f: f.off,
            }  # fmt: skip
            if floor is not None:
                del figures["E"]
            law[name] = {key: _listed(interval([figure(fit) for fit in fits])) for key, figure in figures.items()}
    return {"seeds": seeds, "optima": optima, "law": law}


def _columns(rows: Sequence[Mapping[str, Any]], seed: int, operations: float | None, *names: str) -> list[np.ndarray]:
    """Return columns of the rows of a seed, and of a budget."""
    own = [row for row in rows if row["seed"] == seed and operations in (None, row["operations"])]
    return [np.array([row[name] for row in own], float) for name in names]


def _listed(found: Interval) -> list[float | None]:
    return [None if value is None else float(value) for value in found]


# -- words -----------------------------------------------------------------------------------------------------------


def as_text(result: Mapping[str, Any]) -> str:
    """Format what was found as a table, and the law under it."""
    lines = [f"{'operations':>11}{'best size, weights':>34}{'tokens':>12}{'tokens a weight':>17}{'above entropy':>15}"]
    for row in result["optima"]:
        weights, tokens = row["weights"][0], row["tokens"][0]
        lines.append(
            f"{row['operations']:>11.0e}{_told(row['weights'], ',.0f'):>34}{tokens:>12,.0f}{tokens / weights:>17.0f}"
            f"{row['gap'][0]:>15.3f}" + ("" if row["inside"] == 1 else "  at the edge of the sizes")
        )
    law = result["law"]
    if law:
        lines.append(
            f"weights grow with the power {_told(law['exponent by parabolas'], '.2f')} of the operations (parabolas)"
        )
        for name in ("E free", "E known"):
            fit = law[name]
            lines.append(
                f"law, {name}: alpha {_told(fit['alpha'], '.2f')}, beta {_told(fit['beta'], '.2f')}, "
                f"power {_told(fit['exponent'], '.2f')}, {100 * fit['residual'][0]:.1f} % off"
            )
        lines.append(
            f"E as fitted {_told(law['E free']['E'], '.3f')}, the entropy of the documents {result['entropy']:.3f} nats"
        )
    return "\n".join(lines)


def _told(found: Sequence[float | None], form: str) -> str:
    mean, low, high = found
    return f"{mean:{form}}" if low is None or high is None else f"{mean:{form}} ({low:{form}} to {high:{form}})"
