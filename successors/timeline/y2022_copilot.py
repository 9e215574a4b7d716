"""Ziegler, Kalliamvakou, Li, Rice, Rifkin, Simister, Sittampalam and Aftandilian 2022: "Productivity assessment of
neural code completion", MAPS 2022, arXiv:2205.06537; of GitHub Copilot, offered to all in June 2022.

New: a model that writes programs stands in the editor. Whatever is typed, it offers in grey what may come next, and one
key takes it. Its use is measured by how much of what is shown is accepted; in the paper 27 %, and this share tells
better than any other figure how productive people find themselves. An offer has to come before the next key.

Copilot has no network of its own: it is "a distinct production version of Codex", says the abstract of Codex. So it has
none here, and is not trained: these are Codex' weights, to the last bit, in an editor. Keys and values of what has been
typed stay cached; a key adds a word or takes one off, and the next words are computed from there. Of a word of which
some letters are typed, only words that begin with them are offered, with the probability that they have among these.

Shrunk: as Codex; what is offered is the rest of one line. It offers words of the pen language alone.

Assumed: an offer ends with its line; how sure it is, is the product of the probabilities of its words. What is accepted
is measured with a typist who is simulated: he takes an offer if it is to the letter what he is about to write, and
makes no mistakes. People do not know so well what they want; his shares and theirs are not to be compared.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from marki.config import setting
from marki.io.exhibits import Rendering, SystemKind
from marki.io.ports import Port
from marki.pen.tokens import MOST, WORDS
from marki.pen.typist import Completion, Ghost, savings
from successors.model_card import Check, Entry, Figure, Finding, Mechanism, Size, Trial
from successors.nn.bytepairs import END, START
from successors.nn.hooks import Watch
from successors.nn.learner import Successor
from successors.nn.losses import softmax
from successors.nn.recipe import Recipe
from successors.nn.tensor import Tensor, no_grad
from successors.timeline.y2017_transformer import Past
from successors.timeline.y2021_codex import ENTRY as CODEX
from successors.timeline.y2021_codex import Codex, CodexConfig, chosen, encode

LINE = 3
"""Words of a line at most: verb, direction, amount, or a repeat with its bracket."""
FEW = 3
"""New words up to which they are read one by one; of more, all is read anew at once."""


@dataclass(frozen=True, kw_only=True)
class CopilotConfig(CodexConfig):
    """Settings of Copilot."""

    words: bool = setting(True, "Whether the words above the program are read; without, the program alone")
    recipe: Recipe = setting(Recipe(steps=0), "It is not trained: its weights are those of Codex")


class Copilot(Codex):
    """Codex, which offers the rest of a line.

    Parameters
    ----------
    config : CopilotConfig
    rng : Generator
    """

    def write(self, stimuli: np.ndarray) -> np.ndarray:
        """Return what is offered as the next line after each text, (n,) of str."""
        return np.array([GhostWriter(self).offer(text).text for text in stimuli.tolist()], np.str_)


class GhostWriter:
    """Offers the rest of a line while a program is typed; what has been read stays cached as long as it stands there.

    Parameters
    ----------
    network : Copilot
        Its weights must not change while this is used.
    """

    def __init__(self, network: Copilot):
        self._network = network
        self._tokens: list[int] = []
        self._kept: list[Past] = []
        self._scores = np.zeros((1, 0))

    def offer(self, text: str, partial: str = "") -> Ghost:
        """Return what may follow, up to the end of the line.

        Parameters
        ----------
        text : str
            Words that ask for a program, with a colon, and the program as far as whole words of it are typed.
        partial : str
            The letters that are typed of the next word.
        """
        program = re.split("[:：]", text)[-1].split()
        if not self._network.config.words:
            text = " ".join(program)
        with no_grad():
            self._read(text)
            return self._offered(_begun(program), partial)

    def _read(self, text: str) -> None:
        """Bring what is cached to a text."""
        network = self._network
        room = network.config.longest - LINE - 1
        row = [START, *encode(text)[-room:]]
        same = next((k for k, pair in enumerate(zip(row, self._tokens, strict=False)) if pair[0] != pair[1]), None)
        same = min(len(row), len(self._tokens)) if same is None else same
        if same == len(row) == len(self._tokens):
            return
        same = min(same, len(row) - 1)  # of the last word the scores are wanted
        if not same or len(row) - same > FEW:
            self._scores, self._kept = network.read(np.array([row]))
        else:
            self._kept = [_first(past, same) for past in self._kept]
            for place in range(same, len(row)):
                self._scores = network.follow(np.array(row[place : place + 1]), self._kept, place)
        self._tokens = row

    def _offered(self, begun: list[str], partial: str) -> Ghost:
        tokens, words = _choice()
        scores, kept = self._scores, [chosen(past, np.zeros(1, int)) for past in self._kept]
        line, typed, sure = list(begun), len(partial), 1.0
        for place in range(len(self._tokens), len(self._tokens) + LINE):
            shares = softmax(Tensor(scores.astype(np.float64))).data[0, tokens]
            fits = np.array([word.startswith(partial) for word in words])
            if not fits.any():
                return Ghost(text="", probability=0.0)
            best = int(np.argmax(np.where(fits, shares, -1.0)))
            # The letters that are typed rule out all other words, and that the program is at its end.
            sure *= float(shares[best] / shares[fits].sum()) if partial else float(shares[best])
            if tokens[best] == END:
                break
            line.append(words[best])
            partial = ""
            if _whole(line):
                break
            scores = self._network.follow(tokens[best : best + 1], kept, place)
        return Ghost(text=" ".join(line[len(begun) :])[typed:], probability=sure)


def _whole(line: list[str]) -> bool:
    return line[0] == "]" or len(line) == LINE


def _begun(program: list[str]) -> list[str]:
    """Return the words of the line that is being written."""
    line: list[str] = []
    for word in program:
        line.append(word)
        if _whole(line):
            line = []
    return line


@lru_cache(maxsize=1)
def _choice() -> tuple[np.ndarray, list[str]]:
    """Return the tokens that may be offered, with their words: the end, and the words of the pen language."""
    words = [*WORDS, *map(str, range(1, MOST + 1))]
    return np.array([END, *(encode(word)[0] for word in words)]), ["", *words]


def _first(past: Past, count: int) -> Past:
    """Return a cache of the first rows of another."""
    found = Past()
    if past.kept is not None:
        keys, values = past.kept
        found.kept = Tensor(keys.data[:, :, :count]), Tensor(values.data[:, :, :count])
    return found


def _small() -> Copilot:
    network = Copilot(CopilotConfig(width=16, hidden=32), np.random.default_rng(0))
    network.tokens.data[...] *= 4  # so that words are told apart
    return network


KEYS = "draw up n go left 2 "


def _typed_and_taken_back() -> Finding:
    """Type two lines letter by letter and take them back; hold each offer against that of a text that is read anew."""
    network, ghosts = _small(), GhostWriter(_small())
    worst, different = 0.0, set[str]()
    for count in (*range(len(KEYS)), *range(len(KEYS), 0, -1)):
        *whole, partial = f"two lines: {KEYS[:count]}".split(" ")
        text = " ".join(whole)
        kept, anew = ghosts.offer(text, partial), GhostWriter(network).offer(text, partial)
        different.add(kept.text)
        worst = max(worst, abs(kept.probability - anew.probability), float(kept.text != anew.text))
    return Finding(
        holds=worst < 1e-5 and len(different) > 3,
        found=f"{len(different)} different offers, off by {worst:.0e} at most",
        wanted="the same as read anew, but for rounding",
    )


def _nothing_of_its_own() -> Finding:
    """Compare names and shapes of the weights with Codex'."""
    rng = np.random.default_rng(0)
    own, codex = (
        {name: array.shape for name, array in network.state().items()}
        for network in (Copilot(CopilotConfig(), rng), Codex(CodexConfig(), rng))
    )
    return Finding(
        holds=own == codex and not CopilotConfig().recipe.total_steps,
        found=f"{len(own)} arrays, {len(own.keys() & codex.keys())} of them Codex', "
        f"{CopilotConfig().recipe.total_steps} steps of training",
        wanted="all of them, none",
    )


THRESHOLDS = np.arange(0.0, 1.0, 0.05)


def _saved(learner: Successor[Copilot], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return what a simulated typist is shown, takes of that, and saves; where nothing is shown, nothing is refused."""
    ghosts = [GhostWriter(learner.network).offer(text) for text in stimuli.tolist()]
    offers = [
        Completion(keys=len(line) + 1, probability=ghost.probability, right=ghost.text == line)
        for ghost, line in zip(ghosts, targets.tolist(), strict=True)
    ]
    rows = [savings(offers, threshold) for threshold in THRESHOLDS.tolist()]
    return {
        "lines with an offer": np.array([row.shown for row in rows]),
        "accepted of those": np.nan_to_num([row.accepted for row in rows], nan=1.0),
        "keys saved": np.array([row.saved for row in rows]),
    }


ENTRY = Entry(
    label="Copilot",
    parents=("transformer", "codex"),
    title="Productivity assessment of neural code completion",
    authors="A. Ziegler, E. Kalliamvakou, X. A. Li, A. Rice, D. Rifkin, S. Simister, G. Sittampalam, E. Aftandilian",
    idea="A model that writes programs stands in the editor: at every key it offers in grey what may come next. It has "
    "no network of its own, but is Codex.",
    shrunk="No network of its own: Codex' weights, not trained further. Who accepts is a simulated typist, not people.",
    network=Copilot,
    weights_of="codex",
    retina=CopilotConfig(),
    sizes={"12B": Size(config=CODEX.sizes["12B"].config, source="not published; its largest Codex is counted")},
    trials=(Trial(task="typing", at_least=0.96, seeds=2),),
    mechanism=Mechanism(name="the words above the program", without={"words": False}),
    accepts=Port.TEXT,
    answers=Port.TEXT,
    tasks=("typing",),
    kind=SystemKind.PROGRAMS,
    checks=(
        Check(name="offers from kept keys and values are those of the text read anew", run=_typed_and_taken_back),
        Check(name="it has no weights that Codex has not, and no training", run=_nothing_of_its_own),
    ),
    figures=(
        Figure(
            name="saved", title="What a simulated typist takes of offers that are sure enough", measure=_saved,
            x="x, for offers of a probability of x / 20 at least", y="share", stimuli=300,
        ),
    ),
    registers=(
        Watch(name="attention, last layer", path="blocks.1.attention.attention", rendering=Rendering.ATTENTION),
    ),
    small={"width": 8, "hidden": 6, "heads": 2, "layers": 1},
)  # fmt: skip
