"""Vinyals, Toshev, Bengio and Erhan 2015: "Show and tell: a neural image caption generator", CVPR; and Xu, Ba, Kiros,
Cho, Courville, Salakhutdinov, Zemel and Bengio 2015: "Show, attend and tell: neural image caption generation with
visual attention", ICML.

New: a picture is put into words by one network that is trained as a whole. What a convolutional network sees is the
first word of a recurrent one, which writes on from it (show and tell). In the second paper each word looks where it
wants to: it weighs the places of the picture anew.

Show and tell, for a caption S_0 S_1 ... S_N:

    x_-1 = CNN(I),  x_t = W_e S_t,  p_(t+1) = LSTM(x_t),  L = - sum log p_t(S_t)                       (10) to (13)

Show, attend and tell, for places a_1 ... a_L of the picture:

    e_ti = f_att(a_i, h_(t-1)),  alpha_ti = exp(e_ti) / sum_k exp(e_tk)                                 (4), (5)
    z_t = beta_t sum_i alpha_ti a_i,  beta_t = logistic(f_beta(h_(t-1)))                                section 4.2.1
    h_t, c_t from an LSTM that is given the word before and z_t;  h_0, c_0 = f_init(mean of a)          (1) to (3)
    p(y_t) = softmax(L_o tanh(E y_(t-1) + L_h h_t + L_z z_t))                                           (7)
    L = - log p(y) + lambda sum_i (1 - sum_t alpha_ti)^2                                                (14)

f_att is a perceptron with one hidden layer. The tanh of (7) and the layers of f_att and f_init are those of the
authors' program, `kelvinxu/arctic-captions`; the size of the first paper is that of its program, im2txt.

Shrunk: the picture has 5x5 places of 64 channels, seen by three convolutions that learn with the rest, for 14x14 of
512 seen by VGG and left as they were; 512 byte pairs for 12,000 words; an LSTM of 128 units for 512 and 1,800. Added:
layer normalisation on what comes from the picture, and learned positions at its places. Without the first the picture
reaches the LSTM much weaker or much louder than the words do, and what it says is the same of every picture.
Captions are written word by word, the likeliest each time, without a beam. lambda is 0.01 for 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from marki.config import setting
from marki.io.exhibits import Rendering
from marki.io.ports import Port
from successors.model_card import Check, Entry, Figure, Finding, Measure, Mechanism, Size, Trial
from successors.nn import initial
from successors.nn.bytepairs import END, PAD, START, padded, shipped
from successors.nn.eye import SceneEye
from successors.nn.functions import embedding, linear
from successors.nn.gather import split
from successors.nn.grayscale import grayscale
from successors.nn.hooks import Watch
from successors.nn.layers import LayerNorm, Linear, LSTMLayer
from successors.nn.learner import Successor
from successors.nn.losses import cross_entropy, softmax
from successors.nn.lstm import lstm_cell
from successors.nn.module import Module
from successors.nn.recipe import NetworkConfig, Recipe
from successors.nn.tensor import Tensor, concatenate, no_grad
from successors.nn.writer import Writer

ATTENTIONS = ("none", "even", "soft")


@dataclass(frozen=True, kw_only=True)
class ShowTellConfig(NetworkConfig):
    """Settings of both captioners."""

    attention: str = setting(
        "soft",
        "Whether each word weighs the places of the picture; even: all alike; none: the picture is the first word",
        choices=ATTENTIONS,
    )
    picture: bool = setting(True, "Whether the picture is seen; without, language alone is left")
    filters: tuple[int, ...] = setting((32, 64, 64), "Channels of the convolutions; none: features are given")
    features: int = setting(0, "Channels of given features", low=0)
    pooled: bool = setting(False, "Whether maps are halved by their greatest cells, not by leaving cells out")
    apart: bool = setting(False, "Whether what is at a place and where that is are read apart, not as a sum")
    normalised: bool = setting(True, "Whether what comes from the picture is normalised, with positions")
    vocabulary: int = setting(512, "Tokens", low=8)
    longest: int = setting(48, "Tokens of a caption at most", low=3)
    word: int = setting(64, "Numbers that stand for a token", low=1)
    hidden: int = setting(128, "Units of the LSTM", low=1)
    attention_layers: int = setting(1, "Layers of the places before they meet the state", low=1)
    start_layers: int = setting(1, "Layers from the mean of the places to the first state", low=1)
    doubly: float = setting(0.01, "lambda, weight of the demand that every place is looked at as much as any", low=0)
    recipe: Recipe = setting(
        Recipe(
            batch=64, steps=2_400, eval_every=600, stop_at_score=2.0, optimiser="adam", rate=0.003, schedule="cosine",
            warm_up=50, final_lr_fraction=0.02, clip=1.0,
        ),
        "How it is trained",
    )  # fmt: skip

    @property
    def channels(self) -> int:
        """Channels of what is seen."""
        return self.filters[-1] if self.filters else self.features

    @property
    def side(self) -> int:
        """Places on a side of what the convolutions see: the first two of them halve the retina."""
        return 20 // 2 ** min(2, len(self.filters))


class Attention(Module):
    """Where the next word looks: equations 4 and 5, with the gate of section 4.2.1.

    Parameters
    ----------
    config : ShowTellConfig
    rng : Generator
    """

    def __init__(self, config: ShowTellConfig, rng: np.random.Generator):
        k = config.channels
        self.places = [Linear(k, k, rng) for _ in range(config.attention_layers)]
        self.hidden = Linear(config.hidden, k, rng, bias=False)
        self.score = Linear(k, 1, rng)
        self.gate = Linear(config.hidden, 1, rng)
        self._even = config.attention == "even"

    def keys(self, places: Tensor) -> Tensor:
        """Return what is computed of the places (n, L, k) once for all words."""
        x = self.places[0](places)
        for layer in self.places[1:]:
            x = layer(x).tanh()
        return x

    def forward(self, state: Tensor, places: Tensor, keys: Tensor) -> tuple[Tensor, Tensor]:
        """Return z (n, k) and alpha (n, L), given the state (n, h)."""
        m, count, _ = places.shape
        if self._even:
            alpha = Tensor(np.full((m, count), 1 / count, places.dtype))
        else:
            seen = (keys + self.hidden(state).reshape(m, 1, -1)).tanh()
            alpha = softmax(self.score(seen).reshape(m, count))
        found = (places * alpha.reshape(m, count, 1)).sum(1)
        return found * self.gate(state).sigmoid(), alpha


@dataclass(kw_only=True)
class Draft:
    """What is kept while captions are written.

    Attributes
    ----------
    places, keys : Tensor or None
        Places (n, L, k), and what attention computed of them; None where the picture is the first word.
    state, cell : Tensor
        Of the LSTM, (n, h).
    looked : list of ndarray
        alpha (n, L) of each token so far.
    """

    places: Tensor | None
    keys: Tensor | None
    state: Tensor
    cell: Tensor
    looked: list[np.ndarray] = field(default_factory=list[np.ndarray])


class ShowTell(Writer):
    """A picture to a caption.

    Parameters
    ----------
    config : ShowTellConfig
    rng : Generator
    """

    def __init__(self, config: ShowTellConfig, rng: np.random.Generator):
        super().__init__(config, rng)
        c, k = config, config.channels
        self.eye = SceneEye(c.filters, rng, pooled=c.pooled) if c.filters else None
        self.tokens = initial.normal(rng, (c.vocabulary, c.word), 1.0)
        if c.attention == "none":
            seen = k * c.side**2 if c.filters else k
            self.first = Linear(seen, c.word, rng, bias=False)
            self.norm = LayerNorm(c.word) if c.normalised else None
            self.memory = LSTMLayer(c.word, c.hidden, rng)
            self.output = Linear(c.hidden, c.vocabulary, rng)
            return
        self.norm = LayerNorm(k) if c.normalised else None
        self.positions = initial.normal(rng, (c.side**2, k), 1.0, decays=False) if c.normalised else None
        self.attention = Attention(c, rng)
        self.start = [Linear(k, k, rng, init=initial.he) for _ in range(c.start_layers - 1)]
        self.start_state, self.start_cell = Linear(k, c.hidden, rng), Linear(k, c.hidden, rng)
        self.memory = LSTMLayer(c.word, c.hidden, rng)
        read = 2 * k if c.apart else k
        self.context = Linear(read, 4 * c.hidden, rng, bias=False)
        self.out_state, self.out_context = Linear(c.hidden, c.word, rng), Linear(read, c.word, rng)
        self.output = Linear(c.word, c.vocabulary, rng)

    # -- what is seen ---------------------------------------------------------------------------------------------

    def seen(self, pictures: Tensor) -> Tensor:
        """Return what is seen of pictures (n, h, w): places (n, L, k), or the first word (n, word)."""
        if not self.config.picture:
            pictures = pictures * 0.0
        x = pictures if self.eye is None else self.eye(pictures)
        if self.config.attention == "none":
            x = self.first(x.flatten())
            return x if self.norm is None else self.norm(x)
        return x if self.norm is None else self.norm(x)

    def opened(self, places: Tensor) -> Draft:
        """Return the draft of captions of places (n, L, k) before their first word."""
        mean, found = places.mean(1), places
        if self.positions is not None:
            places = places + self.positions
            mean = places.mean(1)
            where = self.positions + np.zeros(places.shape, places.dtype)
            found = concatenate([found, where], 2) if self.config.apart else places
        for layer in self.start:
            mean = layer(mean).relu()
        return Draft(
            places=found, keys=self.attention.keys(places), state=self.start_state(mean).tanh(),
            cell=self.start_cell(mean).tanh(),
        )  # fmt: skip

    def step(self, draft: Draft, sums: Tensor) -> tuple[Tensor, Tensor]:
        """Go one token further, given what the LSTM's gates sum of it; return z and alpha, and change the draft."""
        assert draft.places is not None
        assert draft.keys is not None
        found, alpha = self.attention(draft.state, draft.places, draft.keys)
        sums = sums + linear(draft.state, self.memory.w_state) + self.context(found)
        draft.state, draft.cell = lstm_cell(sums, draft.cell)
        return found, alpha

    def spoken(self, words: Tensor, states: Tensor, found: Tensor) -> Tensor:
        """Return the logits of equation 7, of rows."""
        return self.output((words + self.out_state(states) + self.out_context(found)).tanh())

    # -- learning -------------------------------------------------------------------------------------------------

    def forward(self, pictures: Tensor, tokens: np.ndarray, lengths: np.ndarray) -> tuple[Tensor, Tensor]:
        """Return the logits after every token, and the penalty of equation 14 for each picture.

        Parameters
        ----------
        pictures : Tensor, shape (n, h, w)
        tokens : ndarray of int, shape (n, t)
            Beginnings of captions, the longest first.
        lengths : ndarray of int, shape (n,)
            Tokens of each; those that follow are not read.

        Returns
        -------
        logits : Tensor, shape (sum of the lengths, vocabulary)
            First those after the first token of each caption, then those after the second, and so on.
        penalty : Tensor, shape ()
        """
        seen = self.seen(pictures)
        active = [int((lengths > t).sum()) for t in range(tokens.shape[1])]
        if self.config.attention == "none":
            words = concatenate([seen.reshape(len(seen), 1, -1), embedding(tokens, self.tokens)], 1)
            states = self.memory(words)[:, 1:].transpose(1, 0, 2)
            there = np.arange(tokens.shape[1])[:, None] < lengths
            return self.output(states[there]), Tensor(np.zeros((), states.dtype))
        words = embedding(np.concatenate([tokens[:m, t] for t, m in enumerate(active)]), self.tokens)
        ends = np.cumsum(active)
        rows = [np.s_[end - m : end] for end, m in zip(ends, active, strict=True)]
        given = split(linear(words, self.memory.w_in, self.memory.bias), rows)
        draft = self.opened(seen)
        states, contexts = list[Tensor](), list[Tensor]()
        looked, penalty = Tensor(np.zeros(seen.shape[:2], seen.dtype)), Tensor(np.zeros((), seen.dtype))
        for m, sums in zip(active, given, strict=True):
            if m < len(draft.state.data):
                penalty = penalty + ((1.0 - looked[m:]) ** 2).sum()
                looked = looked[:m]
                draft = _fewer(draft, m)
            found, alpha = self.step(draft, sums)
            looked = looked + alpha
            states.append(draft.state)
            contexts.append(found)
        penalty = penalty + ((1.0 - looked) ** 2).sum()
        return self.spoken(words, concatenate(states), concatenate(contexts)), penalty

    def judged(self, stimuli: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, Tensor]:
        """Return the captions that are written under teacher forcing, and the loss of equation 14."""
        rows = [shipped().encode(text)[: self.config.longest - 1] for text in targets.tolist()]
        order = np.argsort([-len(row) for row in rows], kind="stable")
        lengths = np.array([len(rows[k]) + 1 for k in order])
        tokens = padded([[START, *rows[k]] for k in order])
        wanted = padded([[*rows[k], END] for k in order])
        there = np.arange(tokens.shape[1])[:, None] < lengths
        logits, penalty = self(Tensor(stimuli[order]), tokens, lengths)
        loss = cross_entropy(logits, wanted.T[there])
        best = np.full(there.shape, END)
        best[there] = logits.data.argmax(-1)
        answers = self.texts(best.T)[np.argsort(order)]
        return answers, loss + penalty * (self.config.doubly / len(rows)) if self.config.doubly else loss

    # -- writing --------------------------------------------------------------------------------------------------

    def begin(self, source: np.ndarray) -> Draft:
        """See pictures (n, h, w); return the draft of their captions."""
        seen = self.seen(Tensor(source))
        if self.config.attention != "none":
            return self.opened(seen)
        nothing = Tensor(np.zeros((len(seen), self.config.hidden), seen.dtype))
        sums = linear(seen, self.memory.w_in, self.memory.bias)
        state, cell = lstm_cell(sums, nothing)
        return Draft(places=None, keys=None, state=state, cell=cell)

    def follow(self, tokens: np.ndarray, memory: Draft) -> np.ndarray:
        """Read one more token (n,); return the logits (n, vocabulary) of the next one."""
        words = embedding(tokens, self.tokens)
        sums = linear(words, self.memory.w_in, self.memory.bias)
        if memory.places is None:
            sums = sums + linear(memory.state, self.memory.w_state)
            memory.state, memory.cell = lstm_cell(sums, memory.cell)
            return self.output(memory.state).data
        found, alpha = self.step(memory, sums)
        memory.looked.append(alpha.data)
        return self.spoken(words, memory.state, found).data

    def write(self, stimuli: np.ndarray) -> np.ndarray:
        """Write captions of pictures (n, h, w)."""
        return self.unrolled(self.begin(stimuli), len(stimuli))

    def told(self, picture: np.ndarray) -> tuple[list[str], np.ndarray]:
        """Write the caption of a picture (h, w); return its tokens as text, and where each looked, (t, L)."""
        draft, tokens = self.begin(picture[None]), [START]
        while len(tokens) < self.config.longest:
            token = int(self.follow(np.array(tokens[-1:]), draft)[0].argmax())
            if token == END:
                break
            tokens.append(token)
        pieces = [shipped().decode([token]) if token > END else "" for token in tokens[1:]]
        looked = np.concatenate(draft.looked)[: len(pieces)] if draft.looked else np.zeros((len(pieces), 0))
        return pieces, looked


def _fewer(draft: Draft, count: int) -> Draft:
    """Return the draft of the first captions alone: the others have ended."""
    assert draft.places is not None
    assert draft.keys is not None
    return Draft(
        places=draft.places[:count], keys=draft.keys[:count], state=draft.state[:count], cell=draft.cell[:count]
    )


# -- what it shows ----------------------------------------------------------------------------------------------------

KINDS = frozenset(("square", "circle", "diamond", "triangle", "bar", "cross"))
"""Words that name a kind of shape; each is one token."""


def shapes(picture: np.ndarray) -> list[np.ndarray]:
    """Return where each shape of a scene is among 5x5 places, (25,) bool, in the order of reading.

    The retina has nine places for shapes, 6.5 cells apart, and a shape is lit in its middle.
    """
    found = list[np.ndarray]()
    for row in (3.5, 10.0, 16.5):
        for column in (3.5, 10.0, 16.5):
            if picture[int(row - 0.5) : int(row + 1), int(column - 0.5) : int(column + 1)].max() > 0.5:
                alone = np.zeros_like(picture)
                window = np.s_[int(max(0, row - 3.5)) : int(row + 3.5), int(max(0, column - 3.5)) : int(column + 3.5)]
                alone[window] = picture[window]
                found.append((alone.reshape(5, 4, 5, 4).max((1, 3)) > 0.25).ravel())
    return found


def looks(network: ShowTell, pictures: np.ndarray) -> Iterator[tuple[float, float]]:
    """Yield for each word that names a kind the mass of attention on that shape, and the shape's share of the map.

    Parameters
    ----------
    network : ShowTell
        Writes English captions, shape by shape in the order of reading.
    pictures : ndarray, shape (n, 20, 20)
    """
    for picture in pictures:
        with no_grad():
            pieces, looked = network.told(picture)
        named = [k for k, piece in enumerate(pieces) if piece.strip() in KINDS]
        for at, place in zip(named, shapes(picture), strict=False):
            yield float(looked[at][place].sum()), float(place.mean())


def _on_shape(learner: Successor[ShowTell], stimuli: np.ndarray, targets: np.ndarray) -> float:
    """Return how much more of the attention lies on the shape that is being named than the shape's share of the map."""
    found = np.array(list(looks(learner.network, stimuli)))
    return float((found[:, 0] - found[:, 1]).mean()) if len(found) else -1.0


def _looked(learner: Successor[ShowTell], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return a picture, and where each word of its caption looked."""
    network, shown = learner.network, dict[str, np.ndarray]()
    for number, picture in enumerate(stimuli):
        with no_grad():
            pieces, looked = network.told(picture)
        side = round(looked.shape[1] ** 0.5)
        maps = [grayscale(looked.reshape(-1, side, side))] if side else []
        shown[f"{number + 1}: {''.join(pieces)}"] = np.concatenate([picture[None], *maps])[:14]
    return shown


def _attended(network: ShowTell, stimuli: np.ndarray) -> np.ndarray:
    """Return where each token looked, as maps (1, t, side, side) of the picture's places."""
    with no_grad():
        looked = network.told(stimuli[0])[1]
    side = network.config.side
    return looked.reshape(1, -1, side, side) if looked.size else np.zeros((1, 1, 1, 1))


def _pieces(network: ShowTell, stimuli: np.ndarray) -> np.ndarray:
    with no_grad():
        return np.array(network.told(stimuli[0])[0] or [""])


# -- statements of the papers -----------------------------------------------------------------------------------------


def _small(attention: str) -> ShowTell:
    config = ShowTellConfig(attention=attention, filters=(4, 6), word=8, hidden=10)
    return ShowTell(config, np.random.default_rng(0))


def _same_when_written() -> Finding:
    """Compare the logits while writing, word by word, with those of whole captions of several lengths at once."""
    rng = np.random.default_rng(1)
    pictures, tokens = rng.random((3, 20, 20), np.float32), rng.integers(5, 500, (3, 7))
    lengths, worst = np.array([7, 5, 2]), 0.0
    for attention in ATTENTIONS:
        network = _small(attention)
        with no_grad():
            draft = network.begin(pictures)
            written = np.stack([network.follow(column, draft) for column in tokens.T])
            there = np.arange(7)[:, None] < lengths
            whole = network(Tensor(pictures), np.where(there.T, tokens, PAD), lengths)[0].data
        worst = max(worst, float(np.abs(written[there] - whole).max()))
    return Finding(holds=worst < 1e-4, found=f"scores differ by {worst:.0e} at most", wanted="none but by rounding")


def _weights_sum_to_one() -> Finding:
    """Look where words look, of random networks (eq. 5): the weights of a word are a share of 1."""
    network = _small("soft")
    with no_grad():
        draft = network.begin(np.random.default_rng(2).random((4, 20, 20), np.float32))
        for _ in range(5):
            network.follow(np.full(4, 20), draft)
    sums = np.array(draft.looked).sum(-1)
    off = float(np.abs(sums - 1).max())
    apart = float(np.ptp(np.array(draft.looked), axis=0).max())
    return Finding(
        holds=off < 1e-5 and apart > 1e-4, found=f"off 1 by {off:.0e}; they differ by {apart:.3f} between words",
        wanted="1, and another place for another word",
    )  # fmt: skip


def _nothing_seen() -> Finding:
    """Show two pictures with the shutter closed."""
    network = ShowTell(ShowTellConfig(picture=False, filters=(4, 6), word=8, hidden=10), np.random.default_rng(0))
    rng = np.random.default_rng(1)
    with no_grad():
        one, other = (network.follow(np.array([START]), network.begin(rng.random((1, 20, 20)))) for _ in range(2))
    same = np.array_equal(one, other)
    return Finding(holds=same, found="one caption for both" if same else "two captions", wanted="one for all pictures")


IM2TXT = ShowTellConfig(
    attention="none", filters=(), features=2048, normalised=False, vocabulary=12_000, word=512, hidden=512
)
"""The decoder of im2txt, the first authors' program: Inception's 2,048 features are given."""
COCO = ShowTellConfig(
    filters=(), features=512, normalised=False, vocabulary=10_000, word=512, hidden=1_800, attention_layers=2,
    start_layers=2, doubly=1.0,
)  # fmt: skip
"""The decoder of the second authors' program for COCO: 14x14 places of VGG's 512 channels are given."""

ENTRY = Entry(
    label="Show and Tell",
    short="Show & Tell",
    parents=("lstm", "lenet5"),
    title="Show and tell; Show, attend and tell",
    authors="O. Vinyals, A. Toshev, S. Bengio, D. Erhan; K. Xu, J. L. Ba, R. Kiros and others",
    idea="What is seen is put into words by one network, and each word looks where it wants to.",
    shrunk="5x5 places of 64 channels for 14x14 of 512, an LSTM of 128; normalised, with positions.",
    network=ShowTell,
    retina=ShowTellConfig(),
    sizes={
        "im2txt": Size(config=IM2TXT, source="the paper prints none; the decoder of im2txt, its authors' program"),
        "attend, COCO": Size(config=COCO, source="the paper prints none; the decoder of its authors' program"),
    },
    trials=(
        Trial(
            task="caption",
            at_least=0.97,
            aside={"held-out combinations": 0.1},
            seeds=3,
            remark="Of kinds, sizes and places that were never together it mostly names a combination that it learned.",
        ),
        Trial(
            task="caption",
            options={"language": "zh"},
            at_least=0.97,
            seeds=3,
            label="in Chinese",
            baseline="show_tell",
            against={"attention": "none"},
            remark="One vector of the whole picture holds three shapes as well as a map of places does.",
        ),
    ),
    mechanism=Mechanism(
        name="attention",
        without={"attention": "even"},
        remark="The mean of all places holds three shapes as well; if it may look, it looks at what it names.",
    ),
    accepts=Port.FRAME,
    answers=Port.TEXT,
    tasks=("caption",),
    checks=(
        Check(name="a caption is written as it was read", run=_same_when_written),
        Check(name="where a word looks are shares of 1, and differ between words", run=_weights_sum_to_one),
        Check(name="with the shutter closed there is one caption for all", run=_nothing_seen),
    ),
    measures=(
        Measure(name="attention on the shape that is named, above its share of the map", run=_on_shape, stimuli=200),
    ),
    figures=(Figure(name="looks", title="Where each word looks", measure=_looked, stimuli=4),),
    roadmap=(
        ("language alone", {"attention": "none", "picture": False}),
        ("the picture as the first word", {"picture": True}),
        ("the mean of its places, at every word", {"attention": "even"}),
        ("each word looks where it wants to", {"attention": "soft"}),
    ),
    registers=(
        Watch(name="words", rendering=Rendering.TOKENS, measure=_pieces),
        Watch(name="where each word looks", rendering=Rendering.MAPS, measure=_attended),
        Watch(name="places", path="eye.layers.2", rendering=Rendering.MAPS),
    ),
    small={"filters": (3, 4), "word": 5, "hidden": 6},
)
