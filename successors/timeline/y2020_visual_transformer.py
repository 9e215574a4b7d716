"""Wu, Xu, Dai, Wan, Zhang, Yan, Tomizuka, Gonzalez, Keutzer and Vajda 2020: "Visual transformers: token-based image
representation and processing for computer vision", arXiv:2006.03677.

New: late in a network, where maps represent things and not cells, an image is a few visual tokens. Each is a mean
of all cells, weighted by a spatial attention of its own; a transformer relates the tokens, and a projector adds what
it finds to the maps. Tokens are few whatever the size of the maps, so that this is cheaper than the convolutions
that it replaces.

    T = softmax_HW(X W_A)^T X                                      filter-based tokenizer, L tokens of HW cells
    T = softmax_HW(X (T_in W_(T->R))^T)^T X                        recurrent tokenizer, guided by the tokens before
    T' = T + softmax_L((T K) (T Q)^T) T                            transformer
    T_out = T' + relu(T' F1) F2
    X_out = X + softmax_L((X W_Q) (T_out W_K)^T) T_out             projector

In a visual-transformer ResNet (VT-ResNet) such modules take the place of the blocks of the last stage, one for one, on
the maps of the stage before. The mean of the last tokens feeds one linear layer. The recurrent tokenizer needs tokens
of a module before, so that the first has filters in any case.

Shrunk: the residual network of the retina with one block in each of its first two stages instead of four; the last
gives way to two modules on maps of 5x5 cells, with 8 tokens, 64 wide, instead of 16 of 1,024.

What is asked here: whether, where letters lie anywhere, of several sizes and askew, two blocks a stage and the modules
read them no more than half a point worse than the residual network with four blocks in each of three stages, with at
most half of its multiply-adds and after the same training.

What is switched off as its mechanism are the modules, so that a linear layer reads the mean of the cells. With more
blocks before them they are not missed with letters, as the convolutions alone then read these as well; so there is one
in each stage. Spatial attention by itself brings little here: where all tokens are the mean of all cells, the modules
read them too. The road map shows each step.

Assumed, as the equations leave it open: tokens wider than maps are made so by a matrix in the tokenizer, and narrow
again by another in the projector; K and Q are half as wide as the tokens, W_Q and W_K half as wide as the maps; scores
are divided by the root of their width, as in the transformer of 2017; there are neither normalisations nor positions in
a module, and no biases but in the two layers F; all tokenizers have filters; the last module has no projector, as
nothing would read it.

With these, counts lie up to 6 % beside those of the paper's table, and no reading with equal modules meets all of it:
from 18 to 34 layers 5.4 million weights of convolutions and one module are added, 7.5 million in all, so that a module
would have 2.1; but two modules must fill 7.9 million in the smaller one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marki.config import setting
from marki.io.exhibits import Rendering
from successors.model_card import Check, Entry, Figure, Finding, Mechanism, Size, Trial
from successors.nn import initial
from successors.nn.attention import attention
from successors.nn.functions import images
from successors.nn.grayscale import grayscale
from successors.nn.hooks import Watch, watching
from successors.nn.layers import Linear
from successors.nn.learner import Successor
from successors.nn.macs import tally
from successors.nn.module import Module
from successors.nn.network import Network
from successors.nn.recipe import Recipe
from successors.nn.tensor import Tensor, no_grad
from successors.timeline.y2015_resnet import Basic, Bottleneck, Residual, ResNet, ResNetConfig, Stem, stages
from successors.timeline.y2017_transformer import FeedForward


@dataclass(frozen=True, kw_only=True)
class VTConfig(ResNetConfig):
    """Settings of a VT-ResNet; `blocks` are those of the convolutional stages."""

    blocks: tuple[int, ...] = setting((1, 1), "Blocks of each convolutional stage", low=1)
    modules: int = setting(
        2, "Visual transformers in the place of the last stage; with 0 the mean of the cells is read", low=0
    )
    tokens: int = setting(8, "L, tokens", low=1)
    token_width: int = setting(64, "Width of a token", low=2)
    recurrent: bool = setting(False, "Whether tokens guide the tokenizer of the next module")
    spatial: bool = setting(True, "Whether tokens attend to cells; without, each is the mean of all")
    recipe: Recipe = setting(
        Recipe(
            batch=64, steps=1_000, eval_every=500, stop_at_score=2.0, optimiser="adam", rate=0.006, decay=0.05,
            schedule="cosine", warm_up=100, final_lr_fraction=0.01, clip=1.0, shift=1,
        ),
        "How it is trained",
    )  # fmt: skip


def widening(width: int, target: int, rng: np.random.Generator) -> Linear | None:
    """Return the matrix between two widths; None where they are the same."""
    return None if width == target else Linear(width, target, rng, bias=False)


class Tokenizer(Module):
    """Tokens (n, L, width) of cells (n, hw, channels), by filters or guided by the tokens before.

    Parameters
    ----------
    channels, tokens, width : int
    rng : Generator
    guided : bool
        Whether it is recurrent.
    spatial : bool
        Whether there is a spatial attention; without, every token is the mean of all cells.
    """

    def __init__(
        self, channels: int, tokens: int, width: int, rng: np.random.Generator, *, guided: bool, spatial: bool
    ):
        self.filters = initial.glorot(rng, (tokens, channels)) if spatial and not guided else None
        self.guide = Linear(width, channels, rng, bias=False) if spatial and guided else None
        self.values = widening(channels, width, rng)
        self._tokens = tokens

    def queries(self, cells: Tensor, before: Tensor | None) -> Tensor:
        """Return the query of each token, (L, channels) or (n, L, channels)."""
        if self.guide is not None:
            return self.guide(before)
        if self.filters is not None:
            return self.filters
        return Tensor(np.zeros((self._tokens, cells.shape[2]), cells.dtype))

    def forward(self, cells: Tensor, before: Tensor | None) -> Tensor:
        """Return the tokens."""
        values = cells if self.values is None else self.values(cells)
        return attention(self.queries(cells, before), cells, values)


class TokenTransformer(Module):
    """Tokens (n, L, width) that are related to each other.

    Parameters
    ----------
    width : int
    rng : Generator
    """

    def __init__(self, width: int, rng: np.random.Generator):
        self.query = Linear(width, width // 2, rng, bias=False)
        self.key = Linear(width, width // 2, rng, bias=False)
        self.perceptron = FeedForward(width, width, rng)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return T_out."""
        tokens = tokens + attention(self.query(tokens), self.key(tokens), tokens)
        return tokens + self.perceptron(tokens)


class Projector(Module):
    """Cells (n, hw, channels), to which the result of attention to the tokens is added.

    Parameters
    ----------
    channels, width : int
    rng : Generator
    """

    def __init__(self, channels: int, width: int, rng: np.random.Generator):
        self.query = Linear(channels, channels // 2, rng, bias=False)
        self.key = Linear(width, channels // 2, rng, bias=False)
        self.values = widening(width, channels, rng)

    def forward(self, cells: Tensor, tokens: Tensor) -> Tensor:
        """Return X_out."""
        values = tokens if self.values is None else self.values(tokens)
        return cells + attention(self.query(cells), self.key(tokens), values)


class VTModule(Module):
    """Tokenizer, transformer and projector.

    Parameters
    ----------
    channels, tokens, width : int
    rng : Generator
    guided, spatial : bool
        As for `Tokenizer`.
    last : bool
        Whether its tokens alone are read.
    """

    def __init__(
        self,
        channels: int,
        tokens: int,
        width: int,
        rng: np.random.Generator,
        *,
        guided: bool,
        spatial: bool = True,
        last: bool = False,
    ):
        self.tokenizer = Tokenizer(channels, tokens, width, rng, guided=guided, spatial=spatial)
        self.transformer = TokenTransformer(width, rng)
        self.projector = None if last else Projector(channels, width, rng)

    def forward(self, cells: Tensor, tokens: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return cells (n, hw, channels) and tokens (n, L, width)."""
        found = self.transformer(self.tokenizer(cells, tokens))
        return (cells if self.projector is None else self.projector(cells, found)), found


class VTResNet(Network):
    """A residual network whose last stage gave way to visual transformers."""

    def __init__(self, config: VTConfig, rng: np.random.Generator):
        super().__init__(config, rng)
        kind = {"basic": Basic, "bottleneck": Bottleneck}[config.block]

        def block(channels: int, width: int, *, stride: int) -> Residual:
            return kind(channels, width, rng, stride=stride, shortcut=config.shortcut)

        self.stem = Stem(config.channels, config.width, config.stem, rng, stride=config.stem_stride, pool=config.pool)
        self.stages, channels = stages(config.width, config.width, config.blocks, block)
        self.modules = [
            VTModule(
                channels,
                config.tokens,
                config.token_width,
                rng,
                guided=config.recurrent and k > 0,
                spatial=config.spatial,
                last=k == config.modules - 1,
            )
            for k in range(config.modules)
        ]
        self.output = Linear(config.token_width if config.modules else channels, config.classes, rng)

    def cells(self, x: Tensor) -> Tensor:
        """Return the last maps as cells (n, hw, channels) of frames (n, h, w) or images (n, c, h, w)."""
        x = self.stem(images(x))
        for stage in self.stages:
            x = stage(x)
        n, c, h, w = x.shape
        return x.transpose(0, 2, 3, 1).reshape(n, h * w, c)

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs (n, classes) of frames (n, 20, 20), or of images (n, channels, h, w)."""
        cells, tokens = self.cells(x), None
        for module in self.modules:
            cells, tokens = module(cells, tokens)
        return self.output((cells if tokens is None else tokens).mean(1))


def published(block: str, blocks: tuple[int, ...], modules: int) -> VTConfig:
    """Return the settings of a VT-ResNet for images of 224x224 in colour: 16 tokens, 1,024 wide."""
    return VTConfig(
        channels=3, classes=1_000, stem=7, pool=True, block=block, blocks=blocks, width=64, shortcut="projection",
        modules=modules, tokens=16, token_width=1_024,
    )  # fmt: skip


def _multiply_adds(config: ResNetConfig, network: type[Network]) -> int:
    """Return the multiply-adds of an answer at retina scale."""
    made = network(config, np.random.default_rng(0))
    with tally() as total, no_grad():
        made(Tensor(np.zeros((1, 20, 20), np.float32)))
    return total[0]


def _cheaper() -> Finding:
    """Count the multiply-adds of an answer: with modules and without, as compared where letters lie anywhere."""
    with_ = _multiply_adds(VTConfig().amend(HALF), VTResNet)
    without = _multiply_adds(ResNetConfig().amend(SAME), ResNet)
    words = f"{with_:,} with modules, {without:,} without: {100 * with_ / without:.1f} %"
    return Finding(holds=2 * with_ <= without, found=words, wanted="at most half with them")


def _alike() -> Finding:
    """Compare the recipes of the two that are compared where letters lie anywhere."""
    own, other = VTConfig().amend(HALF).recipe.to_mapping(), ResNetConfig().amend(SAME).recipe.to_mapping()
    differ = [name for name, value in own.items() if value != other[name]]
    return Finding(holds=not differ, found=f"{', '.join(differ) or 'nothing'} differs", wanted="nothing")


def _few() -> Finding:
    """Enlarge the maps: what the transformer costs stays, what tokenizer and projector cost grows with the cells."""
    rng, costs = np.random.default_rng(0), []
    module = VTModule(16, 8, 64, rng, guided=False)
    for side in (5, 10):
        cells = Tensor(rng.standard_normal((1, side * side, 16)).astype(np.float32))
        with no_grad():
            with tally() as both:
                module(cells, None)
            with tally() as inner:
                module.transformer(Tensor(np.zeros((1, 8, 64), np.float32)))
        costs.append((inner[0], both[0] - inner[0]))
    (first, outer), (second, larger) = costs
    return Finding(
        holds=first == second and outer < larger < 4 * outer,
        found=f"transformer {first:,} and {second:,}, the rest {outer:,} and {larger:,} with 25 and 100 cells",
        wanted="the same cost of the transformer, and the rest growing with the cells at most",
    )


def _means() -> Finding:
    """Compare a token with the mean of cells by the weights of its spatial attention."""
    rng = np.random.default_rng(0)
    tokenizer = Tokenizer(6, 3, 6, rng, guided=False, spatial=True)
    x = rng.standard_normal((2, 25, 6)).astype(np.float32)
    scores = np.exp(x @ tokenizer.parameters()["filters"].data.T / np.sqrt(6))
    wanted = (scores / scores.sum(1, keepdims=True)).swapaxes(1, 2) @ x
    with no_grad():
        off = float(np.abs(tokenizer(Tensor(x), None).data - wanted).max())
    return Finding(holds=off < 1e-5, found=f"off by {off:.1e}", wanted="softmax over cells (X W_A)^T X")


def _attentions(learner: Successor[VTResNet], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return the spatial attention of the first tokens of the first module, as pictured in the paper."""
    network = learner.network
    if not network.modules:
        return {"shown": stimuli[:12]}
    with watching(network) as seen, no_grad():
        network(Tensor(stimuli[:12]))
    weights = seen["modules.0.tokenizer.attention"][-1]
    side = round(weights.shape[-1] ** 0.5)
    tokens = {
        f"token {k + 1}": grayscale(weights[:, k].reshape(-1, side, side)) for k in range(min(6, weights.shape[1]))
    }
    return {"shown": stimuli[:12], **tokens}


SOURCE = "the table of VT-ResNets on ImageNet has {} million; what the equations leave open stands in the file"

ANYWHERE = {"shift": 4.0, "zoom": 0.3, "turn_deg": 15.0}
"""Letters anywhere on the retina, in several sizes, and rotated."""
SAME = {
    "recipe.steps": 2_000, "recipe.optimiser": "adam", "recipe.rate": 0.006, "recipe.momentum": 0.0,
    "recipe.decay": 0.05, "recipe.warm_up": 100, "recipe.clip": 1.0,
}  # fmt: skip
"""The recipe of both where letters lie anywhere."""
HALF = {"blocks": (2, 2), **SAME}
"""The visual transformer that is compared there: it costs half of the residual network's multiply-adds."""

ENTRY = Entry(
    label="Visual Transformer",
    short="Visual Transf.",
    parents=("resnet", "transformer"),
    title="Visual transformers: token-based image representation and processing for computer vision",
    authors="B. Wu, C. Xu, X. Dai, A. Wan, P. Zhang and others",
    idea="Late in a network an image is a few tokens, each with a spatial attention of its own, and a transformer "
    "relates them.",
    shrunk="The residual network of the retina, one block a stage, the last stage replaced; 8 tokens for 16.",
    network=VTResNet,
    retina=VTConfig(),
    sizes={
        f"VT-ResNet-{layers}": Size(config=published(block, blocks, modules), source=SOURCE.format(millions))
        for layers, block, blocks, modules, millions in (
            (50, "bottleneck", (3, 4, 6), 3, 21.4),
            (18, "basic", (2, 2, 2), 2, 11.7),
            (34, "basic", (3, 4, 6), 3, 19.2),
            (101, "bottleneck", (3, 4, 23), 3, 41.5),
        )
    },
    trials=(
        Trial(task="letters", at_least=0.84, baseline="resnet", above=False),
        Trial(
            task="letters",
            options=ANYWHERE,
            label="letters anywhere",
            changes=HALF,
            at_least=0.86,
            baseline="resnet",
            against=SAME,
            above=False,
            slack=0.005,
        ),
        Trial(task="digits", at_least=0.96),
    ),
    mechanism=Mechanism(
        name="visual transformers on the last maps",
        without={"modules": 0},
        remark="Letters are small, and few convolutions with the mean of their maps read them nearly as well.",
    ),
    checks=(
        Check(name="at most half of the multiply-adds of the residual network", run=_cheaper),
        Check(name="the same recipe as the residual network, letters anywhere", run=_alike),
        Check(name="the transformer's cost does not depend on the size of the maps", run=_few),
        Check(name="a token is a mean of cells, weighted by its attention", run=_means),
    ),
    figures=(Figure(name="tokens", title="Where tokens look", measure=_attentions, stimuli=12),),
    registers=(
        Watch(name="stage 2", path="stages.1", rendering=Rendering.MAPS),
        Watch(name="where tokens look, module 1", path="modules.0.tokenizer.attention", rendering=Rendering.MAPS),
        Watch(name="where tokens look, module 2", path="modules.1.tokenizer.attention", rendering=Rendering.MAPS),
        Watch(name="tokens among themselves", path="modules.1.transformer.attention", rendering=Rendering.ATTENTION),
    ),
    roadmap=(
        ("convolutions alone", {"modules": 0}),
        ("modules, all tokens the mean of the cells", {"modules": 2, "spatial": False}),
        ("spatial attention", {"spatial": True}),
        ("tokens guided by those before", {"recurrent": True}),
    ),
    small={"width": 2, "blocks": [1], "tokens": 3, "token_width": 4},
)
