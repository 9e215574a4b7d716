"""Likeness: how like real pictures drawn ones are, as a set, by figures that neither copies nor a single good picture
can win.

Pictures are compared by what an earlier system, whose weights are shipped, sees in them: the outputs of its layer
before the last. No machine that draws learns from that system's gradient.

- *Precision* is the fraction of drawn pictures that lie among the real ones: no further from one of them than its third
  neighbour. *Recall* is the fraction of real ones that lie among the drawn ones. The score is their harmonic mean. A
  machine that draws one perfect picture has precision 1 and recall 0.
- *FD* is the Fréchet distance of two normal distributions with the means and covariances of the two sets; less is
  better. It falls with the number of pictures, so that only sets of one size compare.
- *Read* is the fraction of pictures that the reader takes for what was asked; *modes* the number of classes that it
  sees in more than 1 % of them.
- *Nearest* is the mean distance of a drawn picture from the nearest one that was learned from, as a multiple of that of
  real pictures that were not. Copies have 0. From 0.8 down the machine counts as one that copies.

References
----------
Kynkäänniemi et al. 2019, "Improved precision and recall metric for assessing generative models"; Heusel et al. 2017,
"GANs trained by a two time-scale update rule converge to a local Nash equilibrium" (FD).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from marki.errors import PortError
from marki.files import asset
from marki.io.frame import check_frames
from marki.reading import parse_json
from marki.registers import fingerprint
from successors.nn import weights_file
from successors.nn.hooks import watching
from successors.nn.network import Network
from successors.nn.tensor import Tensor, no_grad
from successors.timeline.y1998_lenet5 import LeNet5, LeNet5Config
from successors.timeline.y2015_resnet import ResNet, ResNetConfig

NEIGHBOUR = 3
"""Which neighbour's distance is the radius of a picture."""

MODE = 0.01
"""Fraction of the pictures that a class must exceed to count as drawn."""

COPIED = 0.8
"""`nearest` from which down a machine counts as one that copies."""

ROWS = 256
"""Pictures that a reader sees at a time."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Judge:
    """A trained reader whose weights do not change.

    Parameters
    ----------
    network : Network
    layer : str
        Path of its last layer, whose inputs are the features.
    """

    network: Network
    layer: str

    @property
    def digest(self) -> str:
        """Digest of its weights: figures by judges of different digests do not compare."""
        return fingerprint(self.network.state())

    def look(self, pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return what it sees in pictures, and what it takes them for.

        Parameters
        ----------
        pictures : ndarray, shape (n, 20, 20)
            Light from 0 to 1.

        Returns
        -------
        features : ndarray of float64, shape (n, k)
        classes : ndarray of int64, shape (n,)
        """
        pictures = check_frames(pictures, where="judge")
        features, classes = list[np.ndarray](), list[np.ndarray]()
        for k in range(0, len(pictures), ROWS):
            with no_grad(), watching(self.network) as seen:
                classes.append(self.network.decide(self.network(Tensor(pictures[k : k + ROWS])).data))
            features.append(seen.given[self.layer][-1].astype(np.float64))
        if not features:
            raise PortError("no pictures to judge", where="judge", remedy="Give one or more")
        return np.concatenate(features), np.concatenate(classes)


@lru_cache(maxsize=2)
def judge(subject: str) -> Judge:
    """Return the judge of a subject: LeNet-5 as shipped for digits, ResNet as shipped for letters.

    Raises
    ------
    StateError
        If its weights are missing or damaged.
    """
    if subject == "digits":
        network, layer = _trained("lenet5", LeNet5, LeNet5Config), "f6"
    else:
        network, layer = _trained("resnet", ResNet, ResNetConfig), "output"
    return Judge(network=network, layer=layer)


def _trained(name: str, network: type[Any], config: type[Any]) -> Network:
    """Return a network with the weights that are shipped for its own task."""
    path: Path = weights_file.packed_or_plain(asset(f"weights/{name}") / "weights.safetensors.xz")
    arrays, about = weights_file.load(path, system=name)
    made: Network = network(config.from_mapping(parse_json(about["settings"], where=path)), np.random.default_rng(0))
    made.load(arrays, where=path)
    return made


def distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the Euclidean distance of each row of `a` from each of `b`, (n, m) float64."""
    a, b = (np.asarray(x, np.float64).reshape(len(x), -1) for x in (a, b))
    square = (a * a).sum(1)[:, None] + (b * b).sum(1) - 2 * (a @ b.T)
    return np.sqrt(np.maximum(square, 0))


def radii(features: np.ndarray) -> np.ndarray:
    """Return the distance of each row from its third neighbour among the others, (n,); 0 if there are too few."""
    if len(features) <= NEIGHBOUR:
        return np.zeros(len(features))
    # The row itself, at distance 0, is the first of the sorted ones.
    own = distances(features, features)
    np.fill_diagonal(own, 0)
    return np.partition(own, NEIGHBOUR, axis=1)[:, NEIGHBOUR]


def among(drawn: np.ndarray, real: np.ndarray) -> np.ndarray:
    """Return whether each row of `drawn` lies within the radius of a row of `real`, (n,) bool."""
    return np.asarray((distances(drawn, real) <= radii(real)).any(axis=1))


def harmonic(precision: float, recall: float) -> float:
    """Return the harmonic mean of two fractions; 0 if both are."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def f_score(drawn: np.ndarray, real: np.ndarray) -> float:
    """Return the harmonic mean of precision and recall of features (n, k) against those of real pictures (m, k)."""
    return harmonic(float(among(drawn, real).mean()), float(among(real, drawn).mean()))


def frechet(a: np.ndarray, b: np.ndarray) -> float:
    """Return |μ - μ'|² + tr(Σ + Σ' - 2 (Σ Σ')^½) of two sets of features (n, k)."""
    mean, spread = a.mean(0) - b.mean(0), [np.cov(x, rowvar=False) for x in (a, b)]
    root = _root(spread[0])
    # (Σ Σ')^½ has the trace of (Σ^½ Σ' Σ^½)^½, which is symmetric.
    both = np.linalg.eigvalsh(root @ spread[1] @ root)
    return float(mean @ mean + np.trace(spread[0]) + np.trace(spread[1]) - 2 * np.sqrt(np.maximum(both, 0)).sum())


def _root(matrix: np.ndarray) -> np.ndarray:
    """Return the symmetric root of a symmetric matrix without negative eigenvalues but for rounding."""
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T


def modes(classes: np.ndarray, count: int) -> int:
    """Return how many of `count` classes are more than 1 % of those that were read, (n,)."""
    return int((np.bincount(classes, minlength=count)[:count] > MODE * len(classes)).sum())


def nearest(drawn: np.ndarray, learned: np.ndarray, other: np.ndarray) -> float:
    """Return the mean distance of pictures from the nearest that was learned from, over that of other real ones.

    Parameters
    ----------
    drawn, learned, other : ndarray, shape (n, 20, 20)
        Pictures that were drawn, that were learned from, and real ones that were not.
    """
    return _gap(drawn, learned) / _gap(other, learned)


def _gap(pictures: np.ndarray, learned: np.ndarray) -> float:
    """Return the mean distance of pictures from the nearest of those that were learned from."""
    parts = [distances(pictures[k : k + ROWS], learned).min(1) for k in range(0, len(pictures), ROWS)]
    return float(np.concatenate(parts).mean())


def figures(
    reader: Judge, drawn: np.ndarray, real: np.ndarray, learned: np.ndarray, *, asked: np.ndarray | None, classes: int
) -> Mapping[str, float]:
    """Return all figures but the score.

    Parameters
    ----------
    reader : Judge
    drawn, real : ndarray, shape (n, 20, 20)
        Pictures that were drawn, and real ones.
    learned : ndarray, shape (m, 20, 20)
        Real ones that were learned from.
    asked : ndarray of int, shape (n,), optional
        The class that was asked for; without, `read` is left out.
    classes : int
        Number of classes.

    Returns
    -------
    dict of str to float
        precision, recall, FD, modes, nearest, and read.
    """
    (seen, said), (wanted, _) = reader.look(drawn), reader.look(real)
    found = {
        "precision": float(among(seen, wanted).mean()),
        "recall": float(among(wanted, seen).mean()),
        "FD": frechet(seen, wanted),
        "modes": float(modes(said, classes)),
        "nearest": nearest(drawn, learned, real),
    }
    return found if asked is None else found | {"read": float((said == asked).mean())}
