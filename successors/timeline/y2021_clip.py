"""Radford, Kim, Hallacy, Ramesh, Goh, Agarwal, Sastry, Askell, Mishkin, Clark, Krueger and Sutskever 2021: "Learning
transferable visual models from natural language supervision", ICML, PMLR 139, 8748-8763 (CLIP).

New: pictures and texts become vectors of one space by nothing but telling which belong together, four hundred million
pairs from the web, 32,768 at a time. What a picture shows is then told by sentences of one's own, without learning
anything more: the nearest is chosen ("zero-shot").

    I = normalised(image encoder(pictures) W_i),  T = normalised(text encoder(texts) W_t)
    logits = exp(s) I T'                                             s learned, exp(s) at most 100
    L = (cross-entropy over the rows + cross-entropy over the columns) / 2, the diagonal is true      (figure 3)

The image encoder is a vision transformer with one more normalisation before its blocks (section 2.4), or a residual
network whose stem has three convolutions, that blurs before it takes every second cell, and in which one query, from
the mean of all places, attends to them. The text encoder is GPT-2's transformer; a text is what stands at its end.

Pairs told apart learn four times as fast as predicting which words a caption has (figure 2); that is what is switched
off here: the picture predicts the bag of tokens of its caption, and chooses the text whose tokens are likeliest.

Shrunk: 25 patches of 4x4 cells, width 64 and 3 blocks for each encoder for 768, 512 and 12; 64 numbers of the space
for 512; 512 byte pairs for 49,152; batches of 128. Captions of few scenes are frequent: those that a batch has twice do
not count as wrong for each other. Without weight decay of gains and biases, as in the paper; gelu is x / (1 +
exp(-1.702 x)), as in its program.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from marki.config import setting
from marki.io.exhibits import Rendering
from marki.io.ports import Port
from successors.model_card import Check, Entry, Figure, Finding, Measure, Mechanism, Size, Trial
from successors.nn import initial
from successors.nn.bytepairs import END, PAD, START, padded, shipped
from successors.nn.functions import embedding, images, linear
from successors.nn.hooks import Watch
from successors.nn.layers import BatchNorm2d, Conv2d, LayerNorm, Linear
from successors.nn.learner import Successor
from successors.nn.losses import binary_cross_entropy, cross_entropy
from successors.nn.module import Module
from successors.nn.network import Network
from successors.nn.pooling import avg_pool2d
from successors.nn.recipe import NetworkConfig, Recipe
from successors.nn.tensor import Tensor, concatenate, no_grad
from successors.timeline.y2015_resnet import ConvNorm
from successors.timeline.y2017_transformer import FeedForward, MultiHead, causal
from successors.timeline.y2020_vit import Block, ClassToken, patches

TINY = 1e-12
"""Added to the square of a vector's length, so that nothing seen divides by nothing."""
HOTTEST = math.log(100)
"""Largest s."""


@dataclass(frozen=True, kw_only=True)
class CLIPConfig(NetworkConfig):
    """Settings of CLIP."""

    channels: int = setting(1, "Channels of a picture", low=1)
    side: int = setting(20, "Cells on a side of a picture", unit="cells", low=1)
    patch: int = setting(4, "Cells on a side of a patch", unit="cells", low=1)
    layers: int = setting(3, "Blocks of the image encoder, where it is a transformer", low=1)
    width: int = setting(64, "Width of the image encoder", low=1)
    heads: int = setting(4, "Its heads", low=1)
    residual: tuple[int, ...] = setting((), "Blocks of the stages of a residual network; none: a transformer")
    vocabulary: int = setting(512, "Tokens", low=8)
    longest: int = setting(48, "Tokens of a text at most, with those of its beginning and end", low=3)
    text_layers: int = setting(3, "Blocks of the text encoder", low=1)
    text_width: int = setting(64, "Width of the text encoder", low=1)
    text_heads: int = setting(4, "Its heads", low=1)
    space: int = setting(64, "Numbers of the common space", low=1)
    objective: str = setting(
        "pairs", "What is learned: to tell pairs apart, or to predict the bag of tokens", choices=("pairs", "bag")
    )
    recipe: Recipe = setting(
        Recipe(
            batch=128, steps=2_400, eval_every=600, stop_at_score=2.0, optimiser="adam", rate=0.001, decay=0.05,
            schedule="cosine", warm_up=100, final_lr_fraction=0.02, clip=1.0,
        ),
        "How it is trained",
    )  # fmt: skip


def quick_gelu(x: Tensor) -> Tensor:
    """Return x / (1 + exp(-1.702 x)), an approximation of gelu."""
    return x * (x * 1.702).sigmoid()


def blocks(layers: int, width: int, heads: int, rng: np.random.Generator) -> list[Block]:
    """Return the blocks of an encoder: attention, then a perceptron of four times the width."""
    return [
        Block(
            width,
            MultiHead(width, heads, rng),
            FeedForward(width, 4 * width, rng, activation=quick_gelu),
            eps=1e-5,
        )
        for _ in range(layers)
    ]


class PictureTransformer(Module):
    """The vision transformer of section 2.4, (n, c, h, w) to (n, space).

    Parameters
    ----------
    config : CLIPConfig
    rng : Generator
    """

    def __init__(self, config: CLIPConfig, rng: np.random.Generator):
        c, width = config, config.width
        self.patches = Linear(c.channels * c.patch**2, width, rng, bias=False)
        self.token = ClassToken(width)
        self.positions = initial.normal(rng, ((c.side // c.patch) ** 2 + 1, width), width**-0.5, decays=False)
        self.before = LayerNorm(width)
        self.blocks = blocks(c.layers, width, c.heads, rng)
        self.after = LayerNorm(width)
        self.output = Linear(width, c.space, rng, bias=False)
        self._patch = c.patch

    def forward(self, x: Tensor) -> Tensor:
        """Return the vectors, not normalised."""
        x = self.before(self.token(self.patches(patches(x, self._patch))) + self.positions)
        for block in self.blocks:
            x = block(x)
        return self.output(self.after(x[:, 0]))


class BlurredBottleneck(Module):
    """A block of the residual network: 1x1, 3x3, mean of stride x stride cells, 1x1, added to its input likewise.

    Parameters
    ----------
    channels, width : int
        Of the input, and a quarter of those of the output.
    stride : int
    rng : Generator
    """

    def __init__(self, channels: int, width: int, stride: int, rng: np.random.Generator):
        self.first, self.second = ConvNorm(channels, width, 1, rng), ConvNorm(width, width, 3, rng)
        self.third = ConvNorm(width, 4 * width, 1, rng)
        self.shortcut = ConvNorm(channels, 4 * width, 1, rng) if stride > 1 or channels != 4 * width else None
        self._stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """Return the maps."""
        y = self.second(self.first(x).relu()).relu()
        if self._stride > 1:
            x, y = avg_pool2d(x, self._stride), avg_pool2d(y, self._stride)
        return (self.third(y) + (x if self.shortcut is None else self.shortcut(x))).relu()


class PictureResidual(Module):
    """The residual network of section 2.4, (n, c, h, w) to (n, space).

    Parameters
    ----------
    config : CLIPConfig
    rng : Generator
    """

    def __init__(self, config: CLIPConfig, rng: np.random.Generator):
        c, width = config, config.width
        half = width // 2
        self.stem = [
            Conv2d(a, b, 3, rng, stride=s, padding=1, bias=False)
            for a, b, s in ((c.channels, half, 2), (half, half, 1), (half, width, 1))
        ]
        self.norms = [BatchNorm2d(k) for k in (half, half, width)]
        self.stages: list[list[BlurredBottleneck]] = []
        channels = width
        for number, count in enumerate(c.residual):
            self.stages.append([])
            for k in range(count):
                self.stages[-1].append(
                    BlurredBottleneck(channels, width * 2**number, 2 if number and not k else 1, rng)
                )
                channels = 4 * width * 2**number
        places = (c.side // 4 // 2 ** (len(c.residual) - 1)) ** 2
        self.positions = initial.normal(rng, (places + 1, channels), channels**-0.5, decays=False)
        self.attention = MultiHead(channels, c.heads, rng)
        # The pool's output layer leads into the space; that of an attention of its own width is not there.
        self.attention.output = Linear(channels, c.space, rng)

    def forward(self, x: Tensor) -> Tensor:
        """Return the vectors, not normalised."""
        for conv, norm in zip(self.stem, self.norms, strict=True):
            x = norm(conv(x)).relu()
        x = avg_pool2d(x, 2)
        for stage in self.stages:
            for block in stage:
                x = block(x)
        n, c, h, w = x.shape
        rows = x.transpose(0, 2, 3, 1).reshape(n, h * w, c)
        rows = concatenate([rows.mean(1, keepdims=True), rows], 1) + self.positions
        return self.attention.gathered(rows[:, :1], rows)[:, 0]


class TextTransformer(Module):
    """The text encoder, tokens (n, t) to (n, space): the row at the end of each text.

    Parameters
    ----------
    config : CLIPConfig
    rng : Generator
    """

    def __init__(self, config: CLIPConfig, rng: np.random.Generator):
        c, width = config, config.text_width
        self.tokens = initial.normal(rng, (c.vocabulary, width), 0.02)
        self.positions = initial.normal(rng, (c.longest, width), 0.01, decays=False)
        self.blocks = blocks(c.text_layers, width, c.text_heads, rng)
        self.norm = LayerNorm(width)
        self.output = Linear(width, c.space, rng, bias=False)

    def forward(self, tokens: np.ndarray) -> Tensor:
        """Return the vectors, not normalised."""
        mask = causal(tokens.shape[1])
        x = embedding(tokens, self.tokens) + self.positions[: tokens.shape[1]]
        for block in self.blocks:
            x = block(x, mask=mask)
        ends = (np.arange(len(tokens)), (tokens == END).argmax(1))
        return self.output(self.norm(x[ends]))


def normalised(x: Tensor) -> Tensor:
    """Return vectors (n, k) of length 1."""
    return x / ((x * x).sum(1, keepdims=True) + TINY).sqrt()


class CLIP(Network):
    """Pictures and texts in one space.

    Parameters
    ----------
    config : CLIPConfig
    rng : Generator
    """

    def __init__(self, config: CLIPConfig, rng: np.random.Generator):
        super().__init__(config, rng)
        c = config
        self.image = PictureResidual(c, rng) if c.residual else PictureTransformer(c, rng)
        if c.objective == "bag":
            self.bag = Linear(c.space, c.vocabulary, rng)
        else:
            self.text = TextTransformer(c, rng)
            self.scale = initial.constant((1,), math.log(1 / 0.07))

    # -- both sides -------------------------------------------------------------------------------------------------

    def _looked(self, pictures: np.ndarray) -> Tensor:
        return self.image(images(Tensor(np.ascontiguousarray(pictures))))

    def seen(self, pictures: np.ndarray) -> Tensor:
        """Return the vectors of pictures (n, h, w), or (n, c, h, w), of length 1."""
        return normalised(self._looked(pictures))

    def _tokens(self, pictures: np.ndarray) -> Tensor:
        """Return the logits of all tokens for pictures; their vectors may have any length, since none are compared."""
        return self.bag(self._looked(pictures))

    def rows(self, texts: np.ndarray) -> np.ndarray:
        """Encode texts (n,) as tokens (n, t); of one that is too long the rest is left out."""
        most = self.config.longest - 2
        return padded([[START, *shipped().encode(text)[:most], END] for text in texts.tolist()])

    def read(self, texts: np.ndarray) -> Tensor:
        """Return the vectors of texts (n,), of length 1."""
        return normalised(self.text(self.rows(texts)))

    def _bags(self, texts: np.ndarray) -> np.ndarray:
        """Return which tokens each text has, (n, vocabulary) of 0 and 1."""
        found = np.zeros((len(texts), self.config.vocabulary), np.float32)
        for row, tokens in zip(found, self.rows(texts), strict=True):
            row[tokens[tokens > END]] = 1
        return found

    def scores(self, pictures: np.ndarray, texts: np.ndarray) -> np.ndarray:
        """Return how well each of m texts fits each of n pictures, (n, m); the greatest is chosen.

        They are cosines; with the bag of tokens, its log-likelihood.
        """
        if self.config.objective == "bag":
            logits, bags = self._tokens(pictures).data, self._bags(texts)
            return logits @ bags.T - np.logaddexp(0, logits).sum(1, keepdims=True)
        return self.seen(pictures).data @ self.read(texts).data.T

    # -- learning and choosing --------------------------------------------------------------------------------------

    def forward(self, pictures: np.ndarray, texts: np.ndarray) -> Tensor:
        """Return the logits (n, n) of pictures and as many texts; those of a text that is there twice are hidden."""
        sharp = self.scale.data.clip(max=HOTTEST) - self.scale.data  # beyond it nothing grows, and the gradient goes on
        logits = linear(self.seen(pictures), self.read(texts)) * (self.scale + sharp).exp()
        twins = (texts[:, None] == texts) & ~np.eye(len(texts), dtype=bool)
        return logits - (twins * 1e4).astype(logits.dtype) if twins.any() else logits

    def judged(self, stimuli: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, Tensor]:
        """Return which of all captions of a batch it takes for each picture's, and the loss."""
        pictures = stimuli["frame"] if stimuli.dtype.names else stimuli
        pictures = np.ascontiguousarray(pictures).astype(self.image.positions.dtype, copy=False)
        if self.config.objective == "bag":
            logits, bags = self._tokens(pictures), self._bags(targets)
            fits = logits.data @ bags.T - np.logaddexp(0, logits.data).sum(1, keepdims=True)
            loss = binary_cross_entropy(logits, bags.astype(logits.dtype)) * float(self.config.vocabulary)
            return targets[fits.argmax(1)], loss
        logits, true = self(pictures, targets), np.arange(len(targets))
        loss = (cross_entropy(logits, true) + cross_entropy(logits.transpose(1, 0), true)) * 0.5
        return targets[logits.data.argmax(1)], loss

    def write(self, stimuli: np.ndarray) -> np.ndarray:
        """Return for each picture the line of its text that fits best."""
        lines = [text.split("\n") for text in stimuli["text"].tolist()]
        known = {line: k for k, line in enumerate(dict.fromkeys(line for row in lines for line in row))}
        scores = self.scores(stimuli["frame"], np.array(list(known)))
        best = [
            row[int(np.argmax([fits[known[line]] for line in row]))] for row, fits in zip(lines, scores, strict=True)
        ]
        return np.array(best)


# -- published sizes --------------------------------------------------------------------------------------------------


def published(**changes: object) -> CLIPConfig:
    """Return a published size, for pictures of 224x224 in colour; ViT-B/32 unless changed."""
    base = CLIPConfig(
        channels=3, side=224, patch=32, layers=12, width=768, heads=12, vocabulary=49_408, longest=77,
        text_layers=12, text_width=512, text_heads=8, space=512,
    )  # fmt: skip
    return base.amend(changes)


L14: Mapping[str, object] = {
    "patch": 14, "layers": 24, "width": 1024, "heads": 16, "text_width": 768, "text_heads": 12, "space": 768,
}  # fmt: skip
RN50: Mapping[str, object] = {"residual": (3, 4, 6, 3), "width": 64, "heads": 32, "space": 1024}


# -- statements of the paper ------------------------------------------------------------------------------------------


def _small(**changes: object) -> CLIP:
    config = CLIPConfig(width=16, layers=1, heads=2, text_width=16, text_layers=1, text_heads=2, space=8)
    return CLIP(config.amend(changes), np.random.default_rng(0))


TEXTS = np.array(
    ["a small bar at the top.", "a large circle on the left.", "a large cross on the right.", "左边有一个圆。"]
)


def _pictures(count: int) -> np.ndarray:
    return np.random.default_rng(1).random((count, 20, 20), np.float32)


def _symmetric() -> Finding:
    """Hold the loss against the two means of figure 3, one of all rows and one of all columns, written out."""
    network = _small()
    with no_grad():
        loss = network.judged(_pictures(4), TEXTS)[1].item()
        cosines = network.scores(_pictures(4), TEXTS).astype(np.float64) / 0.07
    shares = np.exp(cosines)
    rows = -np.log(np.diag(shares) / shares.sum(1)).mean()
    columns = -np.log(np.diag(shares) / shares.sum(0)).mean()
    off = abs(loss - (rows + columns) / 2)
    return Finding(holds=off < 1e-4, found=f"{loss:.5f}", wanted=f"{(rows + columns) / 2:.5f}")


def _hottest() -> Finding:
    """Set the temperature further than 100, and look at the logits (section 2.5)."""
    network = _small()
    network.scale.data[...] = 9.0
    with no_grad():
        ratio = float((network(_pictures(4), TEXTS).data / network.scores(_pictures(4), TEXTS)).mean())
    return Finding(holds=abs(ratio - 100) < 0.01, found=f"{ratio:.2f} times the cosine", wanted="100, not 8,103")


def _end() -> Finding:
    """Read texts of several lengths together and alone: a text is what stands at its end, whatever fills the rest."""
    network = _small()
    with no_grad():
        together = network.read(TEXTS).data
        alone = np.concatenate([network.read(TEXTS[k : k + 1]).data for k in range(4)])
    off = float(np.abs(together - alone).max())
    return Finding(holds=off < 1e-5 and PAD not in (START, END), found=f"differs by {off:.0e}", wanted="nothing")


def found_by_text(network: CLIP, pictures: np.ndarray, texts: np.ndarray) -> float:
    """Return the fraction of pictures (n, h, w) whose own text, of n, fits best; equal texts are one."""
    different = np.unique(texts)
    with no_grad():
        best = different[network.scores(pictures, different).argmax(1)]
    return float((best == texts).mean())


def _retrieval(learner: Successor[CLIP], stimuli: np.ndarray, targets: np.ndarray) -> float:
    return found_by_text(learner.network, stimuli["frame"], targets) - 0.95


def _matrix(learner: Successor[CLIP], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return, under each caption, the pictures that fit it, the nearest first."""
    with no_grad():
        scores = learner.network.scores(stimuli["frame"], targets[:6])
    order = np.argsort(-scores, axis=0)[:10]
    return {f"{k + 1}: {text}": stimuli["frame"][order[:, k]] for k, text in enumerate(targets[:6].tolist())}


def _cosines(network: CLIP, stimuli: np.ndarray) -> np.ndarray:
    """Return how well each line fits the picture."""
    with no_grad():
        return network.scores(stimuli["frame"][:1], np.array(str(stimuli["text"][0]).split("\n")))


SOURCE = "table 20 gives layers and widths; its program's models as shipped have this many"

ENTRY = Entry(
    label="CLIP",
    parents=("vit", "transformer", "resnet"),
    title="Learning transferable visual models from natural language supervision",
    authors="A. Radford, J. W. Kim, C. Hallacy, A. Ramesh, G. Goh and others",
    idea="Pictures and texts become vectors of one space by telling which belong together.",
    shrunk="Width 64 and 3 blocks for 768, 512 and 12; a space of 64 for 512; captions of scenes for the web.",
    network=CLIP,
    retina=CLIPConfig(),
    sizes={
        "ViT-B/32": Size(config=published(), published=151_277_313, source=SOURCE),
        "ViT-B/16": Size(config=published(patch=16), published=149_620_737, source=SOURCE),
        "ViT-L/14": Size(config=published(**L14), published=427_616_513, source=SOURCE),
        "RN50": Size(config=published(**RN50), published=102_007_137, source=SOURCE),
    },
    trials=(
        Trial(
            task="match", at_least=0.96, seeds=3,
            aside={
                "of 108 single shapes, learned combinations": 0.95,
                "of 108 single shapes, held-out combinations": 0.4,
                "held-out combinations": 0.4,
            },
            remark="The three seeds differ; of single shapes never learned there are but eighteen.",
        ),
        Trial(
            task="match", options={"language": "zh"}, at_least=0.97, seeds=3, label="in Chinese",
            remark="The scenes of the validation set, from which the bound follows, are easier for it.",
        ),
    ),
    mechanism=Mechanism(name="telling pairs apart", without={"objective": "bag"}),
    accepts=Port.ASKED,
    answers=Port.TEXT,
    tasks=("match",),
    checks=(
        Check(name="the loss is the mean of that over rows and that over columns", run=_symmetric),
        Check(name="logits are at most 100 times the cosine", run=_hottest),
        Check(name="a text is what stands at its end", run=_end),
    ),
    measures=(Measure(name="pictures found among 200 by their captions, above 95 %", run=_retrieval, stimuli=200),),
    figures=(Figure(name="matrix", title="Six captions, and what fits them best", measure=_matrix, stimuli=200),),
    registers=(
        Watch(name="how well each line fits", rendering=Rendering.BARS, measure=_cosines),
        Watch(name="where patches look", path="image.blocks.2.attention.attention", rendering=Rendering.ATTENTION),
        Watch(name="picture's vector", path="image", rendering=Rendering.BARS),
    ),
    small={
        "width": 8, "layers": 1, "heads": 2, "text_width": 8, "text_layers": 1, "text_heads": 2, "space": 4,
        "patch": 10,
    },
)  # fmt: skip
