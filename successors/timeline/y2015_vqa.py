"""Antol, Agrawal, Lu, Mitchell, Batra, Zitnick and Parikh 2015: "VQA: visual question answering", ICCV, 2425-2433.

New: free questions about pictures, and a network that answers them as one of many classes: a question and a picture
become vectors of one length, which are multiplied element by element.

The model "deeper LSTM Q + norm I" of section 4:

    question   words by an LSTM of two layers; the last states and cells of both; a linear layer, tanh       q
    picture    the last hidden layer of a convolutional network, divided by its length; linear, tanh         i
    answer     softmax(W (q * i))

A network that is not shown the picture answers by what is usual (table 2), far better than chance, and worse than one
that is. Where yes and no are balanced, as here, there is nothing usual about them.

Sizes are those of its program, `GT-Vision-Lab/VQA_LSTM_CNN`: 2 layers of 512 units, words of 200, a question of
2,048 and VGG's 4,096 in a space of 1,024, 1,000 answers. There each layer of the LSTM has a second bias, which changes
nothing that it can do: 4,096 weights more.

Shrunk: two convolutions and a layer of 256 that learn with the rest, for VGG; LSTM of 96, words of 48, a space of 256;
23 answers; byte pairs for words. The picture's vector has length 16, so that it meets the question on one scale: of
length 1 it hardly reached the product, which then learned nothing for long. Questions are right-aligned to 24 tokens,
as in the program; without dropout, since no question is seen twice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marki.config import setting
from marki.io.asked import asked
from marki.io.exhibits import Rendering
from marki.io.ports import Port
from successors.model_card import Check, Entry, Figure, Finding, Mechanism, Size, Trial
from successors.nn import initial
from successors.nn.bytepairs import PAD, shipped
from successors.nn.eye import SceneEye
from successors.nn.functions import embedding
from successors.nn.hooks import Watch
from successors.nn.layers import Linear, LSTMLayer
from successors.nn.learner import Successor
from successors.nn.network import Network
from successors.nn.recipe import NetworkConfig, Recipe
from successors.nn.tensor import Tensor, concatenate, no_grad

TINY = 1e-8
"""Added to the square of a vector's length, so that nothing seen divides by nothing."""
MEETINGS = ("product", "sum", "concatenation")


@dataclass(frozen=True, kw_only=True)
class VQAConfig(NetworkConfig):
    """Settings of visual question answering."""

    filters: tuple[int, ...] = setting((32, 64), "Channels of the convolutions; none: features are given")
    features: int = setting(256, "Numbers of the picture's vector", low=1)
    length: float = setting(16.0, "Length of the picture's vector", low=0.1)
    vocabulary: int = setting(512, "Tokens", low=8)
    longest: int = setting(24, "Tokens of a question at most", low=1)
    word: int = setting(48, "Numbers that stand for a token", low=1)
    hidden: int = setting(96, "Units of each layer of the LSTM", low=1)
    layers: int = setting(2, "Layers of the LSTM", low=1)
    common: int = setting(256, "Numbers in which question and picture meet", low=1)
    meets: str = setting("product", "How question and picture meet", choices=MEETINGS)
    picture: bool = setting(True, "Whether the picture is seen; without, the question alone is answered")
    classes: int = setting(23, "Answers", low=2)
    recipe: Recipe = setting(
        Recipe(
            batch=128, steps=3_000, eval_every=750, stop_at_score=2.0, optimiser="adam", rate=0.003, schedule="cosine",
            warm_up=50, final_lr_fraction=0.02, clip=1.0,
        ),
        "How it is trained",
    )  # fmt: skip


class VQA(Network):
    """Pictures with questions to the logits of the answers.

    Parameters
    ----------
    config : VQAConfig
    rng : Generator
    """

    def __init__(self, config: VQAConfig, rng: np.random.Generator):
        super().__init__(config, rng)
        c = config
        self.eye = SceneEye(c.filters, rng) if c.filters else None
        side = 20 // 2 ** min(2, len(c.filters))
        self.seen = Linear(side**2 * c.filters[-1], c.features, rng, init=initial.he) if c.filters else None
        # Words are drawn as loud as the rest, so that the first layer of the LSTM hears them.
        self.tokens = initial.normal(rng, (c.vocabulary, c.word), 1.0)
        self.memory = [LSTMLayer(c.hidden if k else c.word, c.hidden, rng) for k in range(c.layers)]
        self.question = Linear(2 * c.layers * c.hidden, c.common, rng)
        self.image = Linear(c.features, c.common, rng)
        self.output = Linear(c.common * (2 if c.meets == "concatenation" else 1), c.classes, rng)

    def looked(self, pictures: Tensor) -> Tensor:
        """Return the vector of each picture (n, h, w), of the set length; of given features (n, k) as well."""
        if self.eye is not None and self.seen is not None:
            pictures = self.seen(self.eye(pictures).flatten()).relu()
        return pictures * self.config.length / ((pictures**2).sum(1, keepdims=True) + TINY).sqrt()

    def heard(self, tokens: np.ndarray) -> Tensor:
        """Return the vector of each question (n, t): the last states and cells of all layers, one after the other."""
        x, ends = embedding(tokens, self.tokens), list[Tensor]()
        for layer in self.memory:
            x, cell = layer(x, last=True)
            ends += [x[:, -1], cell]
        return concatenate(ends, 1)

    def rows(self, texts: np.ndarray) -> np.ndarray:
        """Encode questions (n,) as tokens (n, longest), right-aligned; of one that is too long the beginning is left
        out."""
        found = np.full((len(texts), self.config.longest), PAD, np.int64)
        for row, text in zip(found, texts.tolist(), strict=True):
            tokens = shipped().encode(text)[-self.config.longest :]
            row[len(row) - len(tokens) :] = tokens
        return found

    def forward(self, pictures: Tensor, tokens: np.ndarray) -> Tensor:
        """Return the logits (n, classes) of pictures and questions."""
        q = self.question(self.heard(tokens)).tanh()
        i = self.image(self.looked(pictures)).tanh()
        if not self.config.picture:
            i = i * 0.0 + 1.0
        if self.config.meets == "concatenation":
            return self.output(concatenate([q, i], 1))
        return self.output(q * i if self.config.meets == "product" else q + i)

    def judged(self, stimuli: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, Tensor]:
        """Return the answers to pictures with questions in training, and the loss."""
        outputs = self._asked(stimuli)
        return self.decide(outputs.data), self.loss(outputs, targets)

    def outputs(self, stimuli: np.ndarray) -> np.ndarray:
        """Return the logits of pictures with questions."""
        return self._asked(stimuli).data

    def _asked(self, stimuli: np.ndarray) -> Tensor:
        frames = np.ascontiguousarray(stimuli["frame"]).astype(self.tokens.dtype, copy=False)
        return self(Tensor(frames), self.rows(stimuli["text"]))


PAPER = VQAConfig(
    filters=(), features=4096, length=1.0, vocabulary=14_772, longest=26, word=200, hidden=512, common=1024,
    classes=1000,
)  # fmt: skip


def _small(**changes: object) -> VQA:
    config = VQAConfig(filters=(4, 6), features=12, word=8, hidden=7, common=9, classes=5).amend(changes)
    return VQA(config, np.random.default_rng(0))


def _asked(count: int) -> np.ndarray:
    frames = np.random.default_rng(1).random((count, 20, 20), np.float32)
    return asked(frames, np.array(["where is the circle?", "how many shapes are there?"] * count)[:count])


def _alone() -> Finding:
    """Show other pictures with the same question, with and without the picture."""
    pairs, moved = _asked(4)[::2], list[float]()
    for picture in (True, False):
        with no_grad():
            one, other = _small(picture=picture).outputs(pairs)
        moved.append(float(np.abs(one - other).max()))
    return Finding(
        holds=moved[0] > 1e-4 and moved[1] == 0,
        found=f"answers move by {moved[0]:.1e} with the picture, by {moved[1]:.1e} without",
        wanted="question alone, not at all",
    )


def _company() -> Finding:
    """Ask a short question alone, and beside a long one."""
    network, pairs = _small(), _asked(2)
    with no_grad():
        off = float(np.abs(network.outputs(pairs)[:1] - network.outputs(pairs[:1])).max())
    return Finding(holds=off < 1e-6, found=f"differs by {off:.0e}", wanted="an answer does not depend on its company")


def _scale() -> Finding:
    """Show a picture with half its light: norm I makes features alike, whatever their length."""
    network = _small()
    features = np.random.default_rng(2).random((3, 12)).astype(np.float32)
    network.eye = network.seen = None
    with no_grad():
        one, half = (network.looked(Tensor(features * k)).data for k in (1.0, 0.5))
    off = float(np.abs(one - half).max())
    long = float(np.sqrt((one**2).sum(1)).max())
    return Finding(holds=off < 1e-4 and abs(long - 16) < 1e-3, found=f"differ by {off:.0e}, length {long:.2f}",
                   wanted="alike, of length 16")  # fmt: skip


def _words(learner: Successor[VQA], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return the pictures, each under its question."""
    return {f"{k + 1}: {pair['text']}": pair["frame"][None] for k, pair in enumerate(stimuli)}


ENTRY = Entry(
    label="VQA",
    parents=("lstm", "lenet5"),
    title="VQA: visual question answering",
    authors="S. Antol, A. Agrawal, J. Lu, M. Mitchell, D. Batra, C. L. Zitnick, D. Parikh",
    idea="A question and a picture become vectors of one length, and their product says the answer.",
    shrunk="Two convolutions for VGG, LSTM of 96 for 512, a space of 256 for 1,024, 23 answers for 1,000.",
    network=VQA,
    retina=VQAConfig(),
    sizes={"deeper LSTM Q + norm I": Size(config=PAPER, source="the paper prints none; sizes of its program")},
    trials=(
        Trial(
            task="question",
            at_least=0.93,
            aside={"held-out combinations": 0.7},
            seeds=3,
            remark="Kinds, sizes and places that were never together are taken for combinations that were learned.",
        ),
        Trial(
            task="question",
            options={"language": "zh"},
            at_least=0.88,
            seeds=3,
            label="in Chinese",
            remark="What is there, and how shapes stand to each other, is hardest, and differs by seed.",
        ),
        Trial(
            task="question",
            changes={"picture": False},
            at_least=0.35,
            at_most=0.5,
            seeds=3,
            label="the question alone",
        ),
    ),
    mechanism=Mechanism(name="the picture", without={"picture": False}),
    accepts=Port.ASKED,
    answers=Port.LAMPS,
    tasks=("question",),
    checks=(
        Check(name="question alone is one answer for all pictures", run=_alone),
        Check(name="an answer does not depend on what is asked beside it", run=_company),
        Check(name="norm I takes away how light a picture is", run=_scale),
    ),
    figures=(Figure(name="asked", title="Pictures and questions", measure=_words, stimuli=6),),
    registers=(
        Watch(name="picture's vector", path="image", rendering=Rendering.BARS),
        Watch(name="question's vector", path="question", rendering=Rendering.BARS),
        Watch(name="answers", path="output", rendering=Rendering.BARS),
        Watch(name="places", path="eye.layers.1", rendering=Rendering.MAPS),
    ),
    roadmap=(
        ("the question alone", {"picture": False}),
        ("question and picture, one after the other", {"picture": True, "meets": "concatenation"}),
        ("their sum", {"meets": "sum"}),
        ("their product", {"meets": "product"}),
    ),
    small={"filters": (2, 3), "features": 4, "word": 3, "hidden": 3, "common": 4, "longest": 12},
)
