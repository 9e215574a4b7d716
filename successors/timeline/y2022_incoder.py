"""Fried, Aghajanyan, Lin, Wang, Wallace, Shi, Zhong, Yih, Zettlemoyer and Lewis 2022: "InCoder: a generative model for
code infilling and synthesis", arXiv:2204.05999.

New: one decoder writes programs from left to right and fills holes in them. Of a document it learns, spans are moved to
its end, and a mark stands where they were, so that what is written next follows from both sides of the hole:

    left <mask> right <mask> span <end>                                     (section 2.1, causal masking)

    P(left, <mask>, right, <mask>, span, <end>) is learned; a hole is filled by what is written behind the second mask.

Shrunk: 3 layers for 32, rows of 48 for 4,096, texts of 160 tokens for 2,048; programs of the pen language for 159 GB of
Python and JavaScript. A span is one statement that moves the pen, where the paper's are of any length at any place
(their number is drawn from a Poisson distribution with mean 1 and is 1 at least; here it is 1), and what is learned
from is the span, or the whole program where there is none, where the paper's loss is that of all tokens but the marks.

Assumed: of four documents one has no hole; the sines of the positions are as wide as the table of tokens. Without
masking it is judged by the statement that it writes next after what stands before the hole. The sizes count as the
released weights do, with 50,518 tokens and sines for positions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marki.config import setting
from marki.io.exhibits import Rendering, SystemKind
from marki.io.ports import Port
from marki.pen.tokens import HOLE, around_hole
from successors.model_card import Check, Entry, Finding, Mechanism, Size, Trial
from successors.nn.bytepairs import END, MASK, PAD, START, padded
from successors.nn.functions import linear
from successors.nn.hooks import Watch
from successors.nn.module import training_rng
from successors.nn.recipe import Recipe
from successors.nn.tensor import Tensor, no_grad
from successors.timeline.y2017_transformer import sinusoids
from successors.timeline.y2019_gpt2 import DEVIATION
from successors.timeline.y2021_codex import Codex, CodexConfig, decode, encode

STROKE = 3
"""Tokens of a statement that moves the pen: verb, direction, amount."""
VERBS = ("go", "draw")


@dataclass(frozen=True, kw_only=True)
class InCoderConfig(CodexConfig):
    """Settings of InCoder."""

    layers: int = setting(3, "Layers", low=1)
    longest: int = setting(160, "Tokens of a document at most", low=3)
    masking: bool = setting(True, "Whether spans are moved to the end while learning; without, it reads the left alone")
    whole: float = setting(0.25, "Share of documents without a hole", low=0, high=1)
    recipe: Recipe = setting(
        Recipe(
            batch=64, steps=2000, eval_every=500, optimiser="adam", rate=0.005, schedule="cosine", warm_up=100,
            final_lr_fraction=0.05, clip=1.0,
        ),
        "How it is trained",
    )  # fmt: skip


class InCoder(Codex):
    """Codex' network with sines for positions, which learns from documents whose spans stand at their end.

    Parameters
    ----------
    config : InCoderConfig
    rng : Generator
    """

    def __init__(self, config: InCoderConfig, rng: np.random.Generator):
        super().__init__(config, rng)
        waves = (DEVIATION * 2**0.5) * sinusoids(config.longest, config.width)
        self.positions = Tensor(waves.astype(np.float32))

    def judged(self, stimuli: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, Tensor]:
        """Return the programs whose holes are filled while each right token is told afterwards, and the loss.

        The hole of a document is drawn anew while it learns, so that it is seldom that of the stimulus.
        """
        rng = training_rng()
        documents = [self.document(*both, rng) for both in zip(stimuli.tolist(), targets.tolist(), strict=True)]
        tokens = padded([[START, *told, *span, END][: self.config.longest] for _, told, span in documents])
        wanted = tokens[:, 1:]
        begun = np.array([len(told) for _, told, _ in documents])
        there = (wanted != PAD) & (np.arange(wanted.shape[1]) >= begun[:, None])
        outputs = linear(self(tokens)[:, :-1][there], self.tokens)
        best = np.full(wanted.shape, PAD)
        best[there] = outputs.data.argmax(-1)
        answers = [
            holed.replace(HOLE, decode(row[row > END]), 1) for (holed, _, _), row in zip(documents, best, strict=True)
        ]
        return np.array(answers, np.str_), self.loss(outputs, wanted[there])

    def document(self, stimulus: str, target: str, rng: np.random.Generator | None) -> tuple[str, list[int], list[int]]:
        """Return a document: a program with a hole, the tokens that are read of it, and those that are learned.

        Parameters
        ----------
        stimulus, target : str
            A program with a hole, with words before it or none, and the whole program.
        rng : Generator, optional
            Draws another hole, or none; left out, the hole is that of the stimulus.
        """
        words, _, holed = stimulus.rpartition(": ")
        told = encode(f"{words}:") if words else []
        if not self.config.masking or (rng is not None and rng.random() < self.config.whole):
            return HOLE, told, encode(target)
        program = target.split()
        if rng is not None:
            places = [at for at, word in enumerate(program) if word in VERBS]
            at = places[int(rng.integers(len(places)))]
            holed = " ".join([*program[:at], HOLE, *program[at + STROKE :]])
        left, right = (len(side.split()) for side in around_hole(holed) or (holed, ""))
        span = " ".join(program[left : len(program) - right])
        return holed, [*told, *self._sides(holed)], encode(span)

    def _sides(self, holed: str) -> list[int]:
        """Return the tokens of what stands on both sides of a hole, with the marks; without masking, of the left."""
        left, right = (side.strip() for side in around_hole(holed) or (holed, ""))
        before = encode(left) if left else []
        return [*before, MASK, *(encode(right) if right else []), MASK] if self.config.masking else before

    def _row(self, text: str, *, end: bool) -> list[int]:
        """Encode what is to be filled, or a text without a hole."""
        words, _, holed = text.rpartition(": ")
        if end or around_hole(holed) is None:
            return super()._row(text, end=end)
        row = [*(encode(f"{words}:") if words else []), *self._sides(holed)]
        return [START, *row[-(self.config.longest - 2) :]]

    def write(self, stimuli: np.ndarray) -> np.ndarray:
        """Fill the holes of programs by greedy decoding; return the whole programs."""
        filling = super().write(stimuli).tolist()
        return np.array([filled(one, found) for one, found in zip(stimuli.tolist(), filling, strict=True)], np.str_)


def filled(stimulus: str, filling: str) -> str:
    """Return a program whose hole is filled with the first statement of a text."""
    holed = stimulus.rpartition(": ")[2]
    return holed.replace(HOLE, " ".join(filling.split()[:STROKE]), 1)


def _moved() -> Finding:
    """Read every document back from its tokens: both sides of the hole, and the span behind them."""
    program = "draw left n draw up n draw right n draw down n"
    network = InCoder(InCoderConfig(width=16, hidden=32, whole=0.0), np.random.default_rng(0))
    rng, found = np.random.default_rng(1), set[str]()
    for _ in range(40):
        _, told, span = network.document(f"{HOLE} draw up n draw right n draw down n", program, rng)
        first, second = (at for at, token in enumerate(told) if token == MASK)
        left, right = decode(told[:first]), decode(told[first + 1 : second])
        found.add(decode(span))
        if " ".join(filter(None, (left, decode(span), right))) != program:
            return Finding(holds=False, found=f"{left} | {decode(span)} | {right}", wanted=program)
    return Finding(holds=len(found) == 4, found=f"{len(found)} spans of 4, each fits back", wanted="all four")


def _ahead() -> Finding:
    """Change what stands behind the hole; the states before the first mark may not move, those behind it must."""
    network = InCoder(InCoderConfig(width=16, hidden=32), np.random.default_rng(0))
    with no_grad():
        rows = network.rows([f"draw up 1 {HOLE} draw down 2", f"draw up 1 {HOLE} draw down 3"], end=False)
        off = np.abs(np.subtract(*network(rows).data)).max(-1) > 1e-4  # less is another order of the sums
    first = int(np.argmax(rows[0] != rows[1]))
    return Finding(
        holds=not off[:first].any() and bool(off[first:].all()),
        found=f"{int(off.sum())} of {off.size} states change",
        wanted=f"the last {off.size - first}, from which the span is written",
    )


def _published(layers: int, width: int, weights: int) -> Size:
    """Return a published size; both have 32 heads."""
    config = InCoderConfig(vocabulary=50_518, width=width, hidden=4 * width, heads=32, layers=layers, longest=2_048)
    return Size(config=config, published=weights, rounded=10**8, source="section 3.2")


ENTRY = Entry(
    label="InCoder",
    parents=("transformer", "gpt2", "codex"),
    title="InCoder: a generative model for code infilling and synthesis",
    authors="D. Fried, A. Aghajanyan, J. Lin, S. Wang, E. Wallace, F. Shi, R. Zhong, W. Yih, L. Zettlemoyer, M. Lewis",
    idea="What is missing in a program is moved to its end, so that who writes from left to right has read both sides.",
    shrunk="3 layers for 32, 48 numbers a token for 4,096; programs for the lamp panel for Python and JavaScript.",
    network=InCoder,
    retina=InCoderConfig(),
    sizes={"6.7B": _published(32, 4096, 6_700_000_000), "1.3B": _published(24, 2048, 1_300_000_000)},
    trials=(
        Trial(task="holes", at_least=0.96, seeds=3, remark="The mean is above the bound; the three seeds differ."),
        Trial(
            task="holes", label="any hole, with words, from the left alone", options={"closed": False, "words": True},
            changes={"masking": False}, baseline="incoder", against={}, above=False, slack=0.03, seeds=3,
            remark="The left alone is right with all seeds; those that read both sides differ.",
        ),
    ),
    mechanism=Mechanism(name="causal masking", without={"masking": False}),
    accepts=Port.TEXT,
    answers=Port.TEXT,
    tasks=("holes",),
    kind=SystemKind.PROGRAMS,
    checks=(
        Check(name="a span that stands at the end fits back into its hole", run=_moved),
        Check(name="what is behind the hole is read before the span is written", run=_ahead),
    ),
    registers=(
        Watch(name="attention, last layer", path="blocks.2.attention.attention", rendering=Rendering.ATTENTION),
    ),
    small={"width": 8, "hidden": 6, "heads": 2, "layers": 1},
)  # fmt: skip
