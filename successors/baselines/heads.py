"""Heads on backbones: systems that learned letters, with a small head for a task in which every cell counts.

A head sees the maps of a backbone after each of its stages: a linear layer spreads each place of a map over the cells
that it stands for, all are summed, and another one says of each cell which kinds of shape it belongs to (segment), or
whether the middle of a shape of a kind is there (locate). The backbone begins with the weights of letters. Frozen, it
stays as it is; tuned, it goes on learning.

ViT and the mixer have a single scale, residual and convolutional networks and Swin have several. As in feature
pyramids (Lin et al. 2017) and UPerNet (Xiao et al. 2018), which the papers of Swin and ConvNeXt use, all are read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from marki.config import setting
from marki.io.frame import SIDE
from successors.model_card import Entry
from successors.nn.layers import Linear
from successors.nn.losses import binary_cross_entropy
from successors.nn.module import evaluating
from successors.nn.network import Network
from successors.nn.recipe import NetworkConfig, Recipe
from successors.nn.tensor import Parameter, Tensor, no_grad
from successors.timeline import y2015_resnet, y2020_vit, y2021_mlp_mixer, y2021_swin, y2022_convnext

BACKBONES: dict[str, Entry] = {
    "resnet": y2015_resnet.ENTRY,
    "vit": y2020_vit.ENTRY,
    "mlp_mixer": y2021_mlp_mixer.ENTRY,
    "swin": y2021_swin.ENTRY,
    "convnext": y2022_convnext.ENTRY,
}
TASKS = ("segment", "locate")
KINDS = {
    "en": ("square", "circle", "diamond", "triangle", "bar", "cross"),
    "zh": ("方块", "圆", "菱形", "三角形", "竖条", "十字"),
}
"""The kinds of shape, by language, in the order of the outputs."""


@runtime_checkable
class Levelled(Protocol):
    """A network that shows its maps."""

    def levels(self, x: Tensor) -> list[Tensor]:
        """Return the maps after each stage, (n, c, h, w) each."""
        ...


@dataclass(frozen=True, kw_only=True)
class HeadConfig(NetworkConfig):
    """Settings of a head on a backbone."""

    backbone: str = setting("resnet", "What it stands on", choices=tuple(BACKBONES))
    task: str = setting("segment", "What it is for", choices=TASKS)
    language: str = setting("en", "Language in which it says what is where", choices=tuple(KINDS))
    tuned: bool = setting(False, "Whether the backbone goes on learning")
    width: int = setting(16, "Numbers of a cell in which the maps meet", low=1)
    recipe: Recipe = setting(
        Recipe(
            batch=64, steps=1_500, eval_every=500, stop_at_score=2.0, optimiser="adam", rate=0.002, decay=0.02,
            schedule="cosine", warm_up=50, final_lr_fraction=0.02, clip=1.0, stages=(1.0,),
        ),
        "How it is trained",
    )  # fmt: skip


class Head(Network):
    """A backbone, which begins with the weights of letters, and its head.

    Parameters
    ----------
    config : HeadConfig
    rng : Generator
    """

    founded = (("backbone", ""),)

    def __init__(self, config: HeadConfig, rng: np.random.Generator):
        super().__init__(config, rng)
        entry = BACKBONES[config.backbone]
        made: Network = entry.network(entry.retina.amend({"classes": 26}), rng)
        assert isinstance(made, Levelled)
        self.backbone = made
        with no_grad():
            maps = made.levels(Tensor(np.zeros((1, SIDE, SIDE), np.float32)))
        self._reach = [-(-SIDE // level.shape[2]) for level in maps]
        self.spread = [
            Linear(level.shape[1], config.width * reach**2, rng) for level, reach in zip(maps, self._reach, strict=True)
        ]
        self.output = Linear(config.width, len(KINDS["en"]), rng)

    def stage(self, number: int) -> dict[str, Parameter]:
        """Return the parameters that learn: the head's, and the backbone's if it is tuned."""
        every = self.parameters()
        return {n: p for n, p in every.items() if self._learns(n)}

    def _learns(self, name: str) -> bool:
        if not name.startswith("backbone."):
            return True
        # What made letters of the maps has nothing to say here; of a convolutional network, its last norm too.
        above = (
            "backbone.head.",
            "backbone.output.",
            *(["backbone.norm."] if self.config.backbone == "convnext" else []),
        )
        return self.config.tuned and not name.startswith(above)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits of each cell of frames (n, 20, 20) for each kind, (n, 20, 20, kinds)."""
        cells = None
        for level, spread, reach in zip(self._maps(x), self.spread, self._reach, strict=True):
            n, c, h, w = level.shape
            rows = spread(level.transpose(0, 2, 3, 1).reshape(n * h * w, c))
            part = rows.reshape(n, h, w, reach, reach, -1).transpose(0, 1, 3, 2, 4, 5)
            part = part.reshape(n, h * reach, w * reach, -1)[:, :SIDE, :SIDE]
            cells = part if cells is None else cells + part
        assert cells is not None
        return self.output(cells.relu())

    def _maps(self, x: Tensor) -> list[Tensor]:
        if self.config.tuned:
            return self.backbone.levels(x)
        with no_grad(), evaluating():
            maps = self.backbone.levels(x)
        return [Tensor(level.data) for level in maps]

    def judged(self, stimuli: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, Tensor]:
        """Return the answers in training, and the cross-entropy of all cells that are asked after."""
        frames = stimuli["frame"] if stimuli.dtype.names else stimuli
        logits = self(Tensor(np.ascontiguousarray(frames).astype(self.output.weight.dtype, copy=False)))
        if self.config.task == "segment":
            kinds = asked_kinds(stimuli["text"])
            shown = logits[np.arange(len(kinds)), :, :, kinds]
            return shown.sigmoid().data.astype(np.float32), binary_cross_entropy(shown, targets.astype(logits.dtype))
        wanted = middles(targets).astype(logits.dtype)
        # Few cells are the middle of anything: they count as much as all others together.
        weights = np.where(wanted > 0, wanted.size / max(1.0, float(wanted.sum())), 1.0)
        a = logits
        lost = a.relu() - a * wanted + ((-a.abs()).exp() + 1.0).log()
        return said(logits.data, self.config.language), (lost * weights.astype(logits.dtype)).mean()

    def answer(self, stimuli: np.ndarray) -> np.ndarray:
        """Return the cells (n, 20, 20) of the kinds that are asked after."""
        logits = self(Tensor(np.ascontiguousarray(stimuli["frame"]))).data
        kinds = asked_kinds(stimuli["text"])
        return Tensor(logits[np.arange(len(kinds)), :, :, kinds]).sigmoid().data

    def write(self, stimuli: np.ndarray) -> np.ndarray:
        """Return what is where."""
        return said(self(Tensor(stimuli)).data, self.config.language)


def asked_kinds(names: np.ndarray) -> np.ndarray:
    """Return the number of the kind that each name (n,) says, in whichever language; of none that is known, 0."""
    numbers = {name: k for names_of in KINDS.values() for k, name in enumerate(names_of)}
    return np.array([numbers.get(name, 0) for name in names.tolist()], np.int64)


def middles(texts: np.ndarray) -> np.ndarray:
    """Return where the middles are by what texts (n,) say, (n, 20, 20, kinds) of 0 and 1."""
    found = np.zeros((len(texts), SIDE, SIDE, len(KINDS["en"])), np.float32)
    for number, text in enumerate(texts.tolist()):
        for part in text.split(", "):
            kind, row, column = part.split(" ")
            found[number, int(row), int(column), asked_kinds(np.array([kind]))[0]] = 1
    return found


def said(logits: np.ndarray, language: str) -> np.ndarray:
    """Return what is where, (n,) of str: of each kind the likeliest cell, if it is likelier than not.

    Parameters
    ----------
    logits : ndarray, shape (n, 20, 20, kinds)
        That the middle of a shape is there.
    language : str
    """
    flat = logits.reshape(len(logits), SIDE * SIDE, -1)
    at, most = flat.argmax(1), flat.max(1)
    found = list[str]()
    for places, scores in zip(at.tolist(), most.tolist(), strict=True):
        there = sorted(
            (place, kind) for kind, (place, score) in enumerate(zip(places, scores, strict=True)) if score > 0
        )
        found.append(", ".join(f"{KINDS[language][kind]} {place // SIDE} {place % SIDE}" for place, kind in there))
    return np.array(found, dtype=np.str_)
