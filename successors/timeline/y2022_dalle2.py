"""Ramesh, Dhariwal, Nichol, Chu and Chen 2022: "Hierarchical text-conditional image generation with CLIP latents",
arXiv:2204.06125 (unCLIP, DALL·E 2).

New: what is drawn is first an idea. A prior makes of a caption the vector that CLIP would give to a picture of it, and
a decoder draws a picture that has this vector. So what is drawn can be varied, and led from one caption to another, as
CLIP sees it.

    P(x | y) = P(x, z_i | y) = P(x | z_i, y) P(z_i | y)                                           section 2

Both are diffusion models. The decoder is told z_i beside the time, and sometimes nothing, so that it can be guided:
the noise it tells is that without z_i, and `guidance` times the difference that z_i makes (section 2.1). The prior is a
causal transformer over the caption, CLIP's vector of it, the time, the noisy z_i, and a last token, whose output is
z_i itself (section 2.2):

    L_prior = E |f(z_i^(t), t, y) - z_i|^2                                                        (2)

Of two z_i the one is taken that is nearer to CLIP's vector of the caption. Variations of a picture are what the decoder
draws of its own z_i (section 3.1); differences of two captions lead z_i along a great circle (section 3.3).

The prior has width 2,048 and 24 blocks (table 3), 1.2 billion weights, "1 B" as printed. Decoder and upsamplers (3.5
billion, 700 and 300 million) cannot be counted from what the paper says of them.

Shrunk: CLIP is ours, with 64 numbers for 1,024; the prior has width 64 and 3 blocks; the decoder is the retina's U-Net
of 2020. It is told z_i by the time and by a map of 5x5, through a perceptron, not by four tokens as well; it reads no
caption; there are no upsamplers, for the retina is small. Prior and decoder walk back in 20 and in 50 steps.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from marki.config import setting
from marki.io.exhibits import Rendering
from marki.io.ports import Port
from marki.seeding import generator
from successors.model_card import Check, Entry, Figure, Finding, Foundation, Measure, Mechanism, Size, Trial
from successors.nn import initial
from successors.nn.activations import silu
from successors.nn.bytepairs import padded, shipped
from successors.nn.functions import embedding, images
from successors.nn.hooks import Watch, note
from successors.nn.layers import LayerNorm, Linear
from successors.nn.learner import Successor
from successors.nn.module import Module, training_rng
from successors.nn.network import Network
from successors.nn.recipe import NetworkConfig, Recipe
from successors.nn.tensor import Parameter, Tensor, concatenate, no_grad
from successors.timeline.y2017_transformer import causal
from successors.timeline.y2019_gpt2 import Block, GPT2Config
from successors.timeline.y2020_diffusion import KEPT, TIMES, DiffusionConfig, UNet, light, posterior, sinusoids, taken
from successors.timeline.y2021_clip import CLIP, CLIPConfig

SEEN = 8
"""Moments of the way from noise that can be looked at while it draws, the first and the last among them."""


@dataclass(frozen=True, kw_only=True)
class DALLE2Config(NetworkConfig):
    """Settings of DALL·E 2."""

    space: int = setting(64, "Numbers of CLIP's space", low=2)
    decodes: bool = setting(True, "Whether there is a decoder; without, the prior alone")
    width: int = setting(24, "Channels of the decoder's first scale", low=2)
    groups: int = setting(8, "Groups of its channels that are normalised together", low=1)
    hidden: int = setting(256, "Hidden units through which the decoder is told z", low=1)
    untold: float = setting(0.1, "Share of the pictures in training whose z the decoder is not told", low=0, high=1)
    guidance: float = setting(2.0, "How much more than told the decoder draws; 1: as told", low=0)
    steps: int = setting(50, "Steps back of the decoder, of the thousand forward", low=1, high=250)
    prior: bool = setting(
        True, "Whether there is a prior; without, CLIP's vector of the caption stands for the picture's"
    )
    vocabulary: int = setting(512, "Tokens", low=8)
    text: int = setting(34, "Tokens of a caption", low=1)
    prior_width: int = setting(64, "Width of the prior", low=2)
    prior_layers: int = setting(3, "Its blocks", low=1)
    prior_heads: int = setting(4, "Its heads", low=1)
    prior_steps: int = setting(20, "Its steps back", low=1, high=250)
    samples: int = setting(2, "Vectors that the prior draws; the nearest to the caption's is taken", low=1, high=16)
    recipe: Recipe = setting(
        Recipe(
            batch=64, steps=5_000, eval_every=5_000, stop_at_score=2.0, optimiser="adam", rate=0.002,
            schedule="cosine", warm_up=100, final_lr_fraction=0.01, clip=1.0, average=0.995, stages=(0.6, 0.4),
        ),
        "How it is trained",
    )  # fmt: skip

    @property
    def unet(self) -> DiffusionConfig:
        """The decoder's U-Net."""
        return DiffusionConfig(width=self.width, groups=self.groups, asked=False)


class Painter(Module):
    """The noise in pictures, given z or nothing.

    Parameters
    ----------
    config : DALLE2Config
    rng : Generator
    """

    def __init__(self, config: DALLE2Config, rng: np.random.Generator):
        c = config.unet
        self.unet = UNet(c, rng)
        self.nothing = initial.normal(rng, (1, config.space), 1.0)
        self.told = Linear(config.space, config.hidden, rng)
        self.beside = Linear(config.hidden, 4 * c.width, rng)
        self.ground = Linear(config.hidden, c.width * c.multiples[-1] * c.sides[-1] ** 2, rng)

    def forward(self, x: Tensor, times: np.ndarray, z: Tensor, told: np.ndarray) -> Tensor:
        """Return the noise in pictures (n, 1, h, w) at times (n,), of z (n, space) where `told` (n,) is true."""
        given = z * told[:, None] + self.nothing * ~told[:, None]
        hidden = silu(self.told(given))
        none = np.full(len(times), -1)
        return self.unet(x, times, none, told=self.beside(hidden), ground=self.ground(hidden))


class Prior(Module):
    """z of a picture, from its caption, CLIP's vector of that, and a noisy z.

    Parameters
    ----------
    config : DALLE2Config
    rng : Generator
    """

    def __init__(self, config: DALLE2Config, rng: np.random.Generator):
        c, width = config, config.prior_width
        self.words = initial.normal(rng, (c.vocabulary, width), 0.02)
        self.places = initial.normal(rng, (c.text + 4, width), 0.02, decays=False)
        self.caption, self.noisy = Linear(c.space, width, rng), Linear(c.space, width, rng)
        self.time = [Linear(width, width, rng), Linear(width, width, rng)]
        self.last = initial.normal(rng, (1, 1, width), 0.02)
        shape = GPT2Config(width=width, hidden=4 * width, heads=c.prior_heads, layers=c.prior_layers)
        self.blocks = [Block(shape, rng) for _ in range(c.prior_layers)]
        self.norm = LayerNorm(width)
        self.output = Linear(width, c.space, rng)

    def forward(self, tokens: np.ndarray, caption: Tensor, z: Tensor, times: np.ndarray) -> Tensor:
        """Return z (n, space) as it is believed to be.

        Parameters
        ----------
        tokens : ndarray of int, shape (n, text)
        caption, z : Tensor, shape (n, space)
            CLIP's vector of the caption, and the noisy z.
        times : ndarray, shape (n,)
        """
        n, width = len(tokens), self.words.shape[1]
        time = self.time[1](silu(self.time[0](Tensor(sinusoids(times, width).astype(z.dtype)))))
        rows = [self.caption(caption), time, self.noisy(z)]
        ends = [row.reshape(n, 1, width) for row in rows]
        last = self.last + np.zeros((n, 1, width), z.dtype)
        x = concatenate([embedding(tokens, self.words), *ends, last], 1) + self.places
        mask = causal(x.shape[1])
        for block in self.blocks:
            x = block(x, mask)
        return self.output(self.norm(x[:, -1]))


class DALLE2(Network):
    """Captions to pictures by way of CLIP's space.

    Parameters
    ----------
    config : DALLE2Config
    rng : Generator
    """

    def __init__(self, config: DALLE2Config, rng: np.random.Generator):
        super().__init__(config, rng)
        c = config
        self.decoder = Painter(c, rng) if c.decodes else None
        self.prior = Prior(c, rng) if c.prior else None
        self._cells = c.unet.cells
        self._ideas = c.samples * c.prior_steps * c.space if c.prior else 0
        self.noise = self._ideas + c.steps * self._cells
        self._clip: CLIP | None = None

    # -- CLIP -----------------------------------------------------------------------------------------------------

    def stand_on(self, foundation: Network) -> None:
        """Draw what this CLIP sees."""
        assert isinstance(foundation, CLIP)
        self._clip = foundation

    @property
    def clip(self) -> CLIP:
        """The CLIP that it stands on; without any, a small one that has learned nothing."""
        if self._clip is None:
            small = {"width": 16, "layers": 1, "heads": 2, "text_width": 16, "text_layers": 1, "text_heads": 2}
            self._clip = CLIP(CLIPConfig(space=self.config.space).amend(small), np.random.default_rng(0))
        return self._clip

    def of_pictures(self, pictures: np.ndarray) -> np.ndarray:
        """Return z of pictures (n, h, w), each number of about 1."""
        with no_grad():
            return self.clip.seen(pictures.astype(np.float32, copy=False)).data * math.sqrt(self.config.space)

    def of_texts(self, texts: np.ndarray) -> np.ndarray:
        """Return CLIP's vectors of texts (n,), each number of about 1."""
        with no_grad():
            return self.clip.read(texts).data * math.sqrt(self.config.space)

    # -- learning -------------------------------------------------------------------------------------------------

    def stage(self, number: int) -> dict[str, Parameter]:
        """Return the parameters of a stage: the decoder's, then the prior's; all, if there is one stage alone."""
        if not self.config.recipe.stages:
            return self.parameters()
        part = ("decoder.", "prior.")[number]
        return {name: p for name, p in self.parameters().items() if name.startswith(part)}

    def tokens(self, texts: np.ndarray) -> np.ndarray:
        """Encode captions (n,) as tokens (n, text), `PAD` behind them; of one that is too long the rest is left out."""
        most = self.config.text
        return padded([shipped().encode(text)[:most] for text in texts.tolist()], most)

    def judged(self, stimuli: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, Tensor]:
        """Return what is believed to be under the noise of real pictures, the targets, and the loss of the stage."""
        rng = training_rng() or np.random.default_rng(0)
        dtype = self.decoder.nothing.dtype if self.decoder is not None else np.dtype(np.float32)
        z = self.of_pictures(targets).astype(dtype)
        times = rng.integers(1, TIMES + 1, len(z))
        if self.at_stage == 0 and self.decoder is not None:
            real = images(Tensor(targets * 2 - 1)).data
            noise = rng.standard_normal(real.shape, np.float32).astype(dtype)
            signal, share = _shares(times, real)
            x = signal * real + share * noise
            told = rng.random(len(z)) >= self.config.untold
            predicted = self.decoder(Tensor(x.astype(dtype)), times, Tensor(z), told)
            believed = (x - share * predicted.data) / signal
            return light(believed.clip(-1, 1)).astype(targets.dtype), ((predicted - noise) ** 2).mean()
        assert self.prior is not None
        noise = rng.standard_normal(z.shape, np.float32).astype(dtype)
        signal, share = _shares(times, z)
        caption = Tensor(self.of_texts(stimuli).astype(dtype))
        found = self.prior(self.tokens(stimuli), caption, Tensor((signal * z + share * noise).astype(dtype)), times)
        return targets.copy(), ((found - z) ** 2).mean()

    # -- drawing --------------------------------------------------------------------------------------------------

    def ideas(self, texts: np.ndarray, noise: np.ndarray) -> np.ndarray:
        """Return z (n, space) for captions (n,), given noise (n, samples steps space): the nearest of those drawn."""
        c, caption = self.config, self.of_texts(texts)
        if self.prior is None:
            return caption
        parts = noise.reshape(len(texts), c.samples, -1, c.space)
        count = parts.shape[2]
        tokens = np.repeat(self.tokens(texts), c.samples, 0)
        told = Tensor(np.repeat(caption, c.samples, 0).astype(np.float32))
        z = parts[:, :, 0].reshape(-1, c.space)
        times = taken(count)
        for k in range(count):
            at = np.full(len(z), times[k])
            believed = self.prior(tokens, told, Tensor(z.astype(np.float32)), at).data
            z, deviation = posterior(z, believed, times[k], times[k + 1])
            if times[k + 1]:
                z = z + parts[:, :, k + 1].reshape(z.shape) * deviation
        z = z.reshape(len(texts), c.samples, c.space)
        fits = (z * caption[:, None]).sum(2)
        return z[np.arange(len(z)), fits.argmax(1)]

    def draw(self, z: np.ndarray, noise: np.ndarray) -> np.ndarray:
        """Return pictures (n, h, w) that have z (n, space), given noise (n, steps cells)."""
        *_, last = self._walk(z, noise)
        return last

    def _walk(self, z: np.ndarray, noise: np.ndarray) -> Iterator[np.ndarray]:
        """Yield pictures (n, h, w), from noise to those that have z, one more than there are steps."""
        assert self.decoder is not None
        c = self.config
        parts = noise.reshape(len(z), -1, 1, c.unet.side, c.unet.side).astype(np.float32)
        times, x = taken(parts.shape[1]), parts[:, 0]
        told = Tensor(z.astype(np.float32))
        yield light(x)
        for k in range(parts.shape[1]):
            at = np.full(len(x), times[k])
            noise_told = self.decoder(Tensor(x), at, told, np.ones(len(x), bool)).data
            if c.guidance != 1:
                without = self.decoder(Tensor(x), at, told, np.zeros(len(x), bool)).data
                noise_told = without + (noise_told - without) * np.float32(c.guidance)
            signal, share = _shares(at, x)
            believed = ((x - share * noise_told) / signal).clip(-1, 1)
            x, deviation = posterior(x, believed, times[k], times[k + 1])
            x = x.astype(np.float32)
            if times[k + 1]:
                x = x + parts[:, k + 1] * np.float32(deviation)
            yield light(x)

    def way(self, stimuli: np.ndarray, noise: np.ndarray) -> Iterator[np.ndarray]:
        """Yield pictures (n, h, w) from noise to those of captions (n,), or to variations of pictures (n, h, w)."""
        ideas, rest = noise[:, : self._ideas], noise[:, self._ideas :]
        z = self.of_pictures(stimuli) if stimuli.dtype.kind == "f" else self.ideas(stimuli, ideas)
        note("idea", z)
        return self._walk(z, rest)

    def imagine(self, stimuli: np.ndarray, noise: np.ndarray) -> np.ndarray:
        """Return pictures (n, h, w) of captions (n,), or variations of pictures (n, h, w)."""
        way = list(self.way(stimuli, noise))
        seen = np.linspace(0, len(way) - 1, min(len(way), SEEN)).round().astype(int)
        note("way", np.stack([way[k] for k in seen], 1))
        return way[-1]

    def led(self, picture: np.ndarray, source: str, target: str, shares: np.ndarray, noise: np.ndarray) -> np.ndarray:
        """Return pictures (k, h, w) on the way from one caption to another, as in section 3.3.

        Parameters
        ----------
        picture : ndarray, shape (h, w)
            What the first caption is true of.
        source, target : str
        shares : ndarray, shape (k,)
            How far each is led, 0 to 1.
        noise : ndarray, shape (steps cells,)
            The same for all.
        """
        one, other = self.of_texts(np.array([source, target]))
        z = great_circle(self.of_pictures(picture[None])[0], other - one, shares)
        return self.draw(z, np.repeat(noise[None], len(z), 0))


def great_circle(start: np.ndarray, towards: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Return vectors (k, n) as long as `start` (n,), led a share of the way to the direction `towards` (n,)."""
    length = np.linalg.norm(start)
    a, b = start / length, towards / max(float(np.linalg.norm(towards)), 1e-12)
    angle = math.acos(float((a @ b).clip(-1, 1)))
    if math.sin(angle) < 1e-6:
        return np.repeat(start[None], len(shares), 0)
    along = (np.sin((1 - shares) * angle)[:, None] * a + np.sin(shares * angle)[:, None] * b) / math.sin(angle)
    return along * length


def _shares(times: np.ndarray, like: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the factors of what is there and of noise at times (n,), to be multiplied with (n, ...)."""
    kept = KEPT[times].reshape(-1, *(1,) * (like.ndim - 1))
    return np.sqrt(kept).astype(like.dtype), np.sqrt(1 - kept).astype(like.dtype)


# -- statements of the paper ------------------------------------------------------------------------------------------


def _small(**changes: object) -> DALLE2:
    config = DALLE2Config(
        width=8, groups=4, hidden=12, steps=4, prior_width=16, prior_layers=1, prior_heads=2, prior_steps=4
    )
    return DALLE2(config.amend(changes), np.random.default_rng(0))


TEXTS = np.array(["a small bar at the top.", "a large circle on the left.", "左边有一个圆。"])


def _perfect() -> Finding:
    """Walk back with a prior that knows z: from whatever noise, the walk ends there."""
    network = _small(prior_steps=20)
    wanted = np.random.default_rng(1).standard_normal((1, 64))
    assert network.prior is not None
    network.prior.forward = lambda tokens, caption, z, times: Tensor(np.repeat(wanted, len(tokens), 0))
    noise = np.random.default_rng(2).standard_normal((3, network._ideas))
    off = float(np.abs(network.ideas(TEXTS, noise) - wanted).max())
    return Finding(holds=off < 1e-6, found=f"off by {off:.0e}", wanted="where the prior believes")


def _nearest() -> Finding:
    """Let the prior draw two vectors, and see which is taken (section 2.2)."""
    network = _small()
    assert network.prior is not None
    captions = network.of_texts(TEXTS)
    pair = np.stack([captions, -captions], 1).reshape(-1, 64)
    network.prior.forward = lambda tokens, caption, z, times: Tensor(pair)
    noise = np.zeros((3, network._ideas))
    same = bool(np.abs(network.ideas(TEXTS, noise) - captions).max() < 1e-5)
    return Finding(holds=same, found="the nearer one" if same else "the other", wanted="the nearer to the caption's")


def _guided() -> Finding:
    """Hold what is drawn with guidance 1 and 0 against decoders that are told, and that are not."""
    z = np.random.default_rng(1).standard_normal((2, 64))
    noise = np.random.default_rng(2).standard_normal((2, 4 * 400)).astype(np.float32)
    found = list[np.ndarray]()
    with no_grad():
        for guidance in (1.0, 0.0):
            network = _small(guidance=guidance)
            assert network.decoder is not None
            for p in network.decoder.parameters().values():
                p.data += 0.05 * np.random.default_rng(3).standard_normal(p.shape).astype(np.float32)
            found += [network.draw(z, noise), network.draw(-z, noise)]
    told, untold = (float(np.abs(a - b).max()) for a, b in (found[:2], found[2:]))
    return Finding(
        holds=told > 1e-4 and untold < 1e-6,
        found=f"another z moves a picture by {told:.0e} with guidance 1, by {untold:.0e} with 0",
        wanted="with 0, not at all",
    )


def _round() -> Finding:
    """Lead a vector along a great circle: it keeps its length, and arrives in the new direction."""
    rng = np.random.default_rng(0)
    start, towards = rng.standard_normal((2, 64))
    way = great_circle(start, towards, np.linspace(0, 1, 5))
    off = float(np.abs(np.linalg.norm(way, axis=1) - np.linalg.norm(start)).max())
    end = way[-1] / np.linalg.norm(way[-1]) - towards / np.linalg.norm(towards)
    return Finding(
        holds=off < 1e-9 and float(np.abs(end).max()) < 1e-9 and bool(np.allclose(way[0], start)),
        found=f"its length is off by {off:.0e}", wanted="nothing, and it arrives (section 3.3)",
    )  # fmt: skip


def _kept(learner: Successor[DALLE2], stimuli: np.ndarray, targets: np.ndarray) -> float:
    """Return how much nearer variations are to their own picture than to others, as cosines of CLIP's vectors."""
    network = learner.network
    noise = generator(2022, "timeline.dalle2.variations").standard_normal((len(targets), network.noise))
    with no_grad():
        varied = network.imagine(targets, noise)
    one, other = network.of_pictures(targets), network.of_pictures(varied)
    cosines = one @ other.T / network.config.space
    own = float(np.diag(cosines).mean())
    return own - float((cosines.sum() - np.trace(cosines)) / (cosines.size - len(cosines)))


def _ways(learner: Successor[DALLE2], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return what is asked for, and what the decoder draws of the picture's z, the prior's, and the caption's own."""
    network = learner.network
    noise = generator(2022, "timeline.dalle2.ways").standard_normal((len(stimuli), network.noise))
    ideas, rest = noise[:, : network._ideas], noise[:, network._ideas :]
    with no_grad():
        return {
            "asked for": targets,
            "of the picture's vector": network.draw(network.of_pictures(targets), rest),
            "of the prior's": network.draw(network.ideas(stimuli, ideas), rest),
            "of the caption's": network.draw(network.of_texts(stimuli), rest),
        }


def _leads(learner: Successor[DALLE2], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return variations of pictures, and the way from one caption to the next."""
    network, shown = learner.network, dict[str, np.ndarray]()
    rng = generator(2022, "timeline.dalle2.leads")
    with no_grad():
        for k in range(min(3, len(stimuli) - 1)):
            noise = rng.standard_normal((6, network.config.steps * 400))
            z = np.repeat(network.of_pictures(targets[k : k + 1]), 6, 0)
            shown[f"{k + 1}, varied"] = np.concatenate([targets[k : k + 1], network.draw(z, noise)])
            way = network.led(targets[k], str(stimuli[k]), str(stimuli[k + 1]), np.linspace(0, 1, 6), noise[0])
            shown[f"{k + 1}, led to {stimuli[k + 1]}"] = np.concatenate([targets[k : k + 1], way])
    return shown


def _caption(network: DALLE2, stimuli: np.ndarray) -> np.ndarray:
    return np.zeros(1) if stimuli.dtype.kind == "f" else network.of_texts(stimuli)


PRIOR = DALLE2Config(
    space=1024, decodes=False, vocabulary=49_408, text=77, prior_width=2048, prior_layers=24, prior_heads=32
)

ENTRY = Entry(
    label="DALL·E 2",
    parents=("clip", "diffusion", "gpt2", "transformer"),
    title="Hierarchical text-conditional image generation with CLIP latents",
    authors="A. Ramesh, P. Dhariwal, A. Nichol, C. Chu, M. Chen",
    idea="A prior makes of a caption the vector that CLIP would give to its picture; a decoder draws a picture of it.",
    shrunk="CLIP of 64 numbers for 1,024; a prior of 3 blocks for 24; the retina's U-Net, no caption, no upsamplers.",
    network=DALLE2,
    retina=DALLE2Config(),
    sizes={
        "prior": Size(
            config=PRIOR, published=10**9, rounded=10**9,
            source='table 3: "1 B"; decoder and upsamplers cannot be counted from the paper',
        )
    },
    trials=(
        Trial(
            task="illustrate", options={"most": 2}, at_least=0.86, seeds=3,
            remark="The three seeds score 87, 88 and 93 %.",
        ),
        Trial(
            task="illustrate", options={"most": 2, "language": "zh"}, at_least=0.89, seeds=3, label="in Chinese",
            remark="The three seeds score 87, 87 and 95 %.",
        ),
    ),
    mechanism=Mechanism(
        name="the prior",
        without={"prior": False, "recipe.stages": (), "recipe.steps": 3_000, "recipe.eval_every": 3_000},
    ),
    accepts=Port.TEXT,
    answers=Port.FIELD,
    other=((Port.FRAME, Port.FIELD),),
    tasks=("illustrate",),
    foundation=Foundation(system="clip"),
    checks=(
        Check(name="the prior's walk ends where it believes", run=_perfect),
        Check(name="of two vectors the nearer to the caption's is taken", run=_nearest),
        Check(name="guidance 1 is the decoder told, 0 the one that is not", run=_guided),
        Check(name="a vector is led along a great circle", run=_round),
    ),
    measures=(
        Measure(name="variations nearer to their own picture than to others, as CLIP sees them", run=_kept, stimuli=40),
    ),
    figures=(
        Figure(name="ways", title="Asked for, and drawn of three vectors", measure=_ways, stimuli=10),
        Figure(name="leads", title="Variations, and from one caption to another", measure=_leads, stimuli=4),
    ),
    registers=(
        Watch(name="from snow to the picture", path="way", rendering=Rendering.MAPS),
        Watch(name="prior's vector", path="idea", rendering=Rendering.BARS),
        Watch(name="caption's vector", rendering=Rendering.BARS, measure=_caption),
        Watch(name="noise told", path="decoder.unet.leave", rendering=Rendering.MAPS),
    ),
    small={
        "width": 4, "groups": 2, "hidden": 5, "steps": 2, "prior_width": 8, "prior_layers": 1, "prior_heads": 2,
        "prior_steps": 2, "text": 6,
    },
)  # fmt: skip
