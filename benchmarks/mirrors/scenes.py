"""Systems of picture and language: as functions of weights by our names, and as mirrors.

The functions are written anew from paper and program. They are timed in float32 by `bench_successors.py`, and in
float64 our losses and gradients are held against them by `tests/benchmarks/test_mirrors.py`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import torch
import torch.nn.functional as F

from mirrors.drawing import denoised
from mirrors.mirror import Mirror
from successors.nn.bytepairs import END, PAD, START, padded, shipped
from successors.nn.learner import Successor
from successors.timeline.y2015_show_tell import ShowTellConfig
from successors.timeline.y2020_diffusion import KEPT, TIMES
from successors.timeline.y2021_clip import HOTTEST, CLIPConfig
from successors.timeline.y2021_dalle import TEMPERATURES, TEXT_SHARE, DALLEConfig
from successors.timeline.y2022_dalle2 import DALLE2Config

Weights = Mapping[str, torch.Tensor]


def linear(w: Weights, name: str, x: torch.Tensor) -> torch.Tensor:
    return F.linear(x, w[f"{name}.weight"], w.get(f"{name}.bias"))


def normed(w: Weights, name: str, x: torch.Tensor) -> torch.Tensor:
    return F.layer_norm(x, x.shape[-1:], w[f"{name}.gain"], w[f"{name}.bias"])


def looked(w: Weights, pictures: torch.Tensor, layers: int) -> torch.Tensor:
    """Return the maps that the eye makes of pictures (n, h, w)."""
    x = pictures[:, None]
    for k in range(layers):
        name = f"eye.layers.{k}"
        x = F.relu(F.conv2d(x, w[f"{name}.weight"], w[f"{name}.bias"], stride=2 if k < 2 else 1, padding=1))
    return x


def under(w: Weights, part: str) -> Weights:
    """Return the weights of a part, by their names in it."""
    return {name.removeprefix(f"{part}."): p for name, p in w.items() if name.startswith(f"{part}.")}


# -- captions ---------------------------------------------------------------------------------------------------------


def captioned(
    w: Weights, pictures: torch.Tensor, tokens: torch.Tensor, lengths: Sequence[int], config: ShowTellConfig
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the logits after every token of captions, the longest first, and how unevenly all places are looked at.

    The logits are those after the first token of each caption, then those after the second, and so on.
    """
    places = looked(w, pictures, len(config.filters)).flatten(2).transpose(1, 2)
    places = normed(w, "norm", places) + w["positions"]
    keys, mean = linear(w, "attention.places.0", places), places.mean(1)
    state, cell = torch.tanh(linear(w, "start_state", mean)), torch.tanh(linear(w, "start_cell", mean))
    words = F.embedding(tokens, w["tokens"])
    inputs = torch.cat([w["memory.w_in"], w["context.weight"]], 1)
    nothing = torch.zeros_like(w["memory.bias"])  # PyTorch's cell has two biases
    looks, uneven = torch.zeros(places.shape[:2]), torch.zeros(())
    read, states, contexts = [], [], []
    for t in range(tokens.shape[1]):
        m = sum(length > t for length in lengths)
        if m < len(state):
            uneven = uneven + (1 - looks[m:]).square().sum()
            places, keys, state, cell, looks = (a[:m] for a in (places, keys, state, cell, looks))
        seen = torch.tanh(keys + linear(w, "attention.hidden", state)[:, None])
        alpha = linear(w, "attention.score", seen).squeeze(2).softmax(1)
        found = torch.bmm(alpha[:, None], places).squeeze(1) * torch.sigmoid(linear(w, "attention.gate", state))
        given = torch.cat([words[:m, t], found], 1)
        state, cell = torch.lstm_cell(given, (state, cell), inputs, w["memory.w_state"], w["memory.bias"], nothing)
        looks = looks + alpha
        read.append(words[:m, t])
        states.append(state)
        contexts.append(found)
    uneven = uneven + (1 - looks).square().sum()
    spoken = torch.cat(read) + linear(w, "out_state", torch.cat(states)) + linear(w, "out_context", torch.cat(contexts))
    return linear(w, "output", torch.tanh(spoken)), uneven


class ShowTell(Mirror):
    """With soft attention; each token goes one step further with those captions that are not over."""

    def step(self, stimuli, targets):
        rows = [shipped().encode(text)[: self.settings.longest - 1] for text in targets.tolist()]
        order = np.argsort([-len(row) for row in rows], kind="stable")
        lengths = [len(rows[k]) + 1 for k in order]
        tokens, wanted = padded([[START, *rows[k]] for k in order]), padded([[*rows[k], END] for k in order])
        there = np.arange(tokens.shape[1])[:, None] < np.array(lengths)
        pictures = torch.from_numpy(stimuli[order])
        logits, uneven = captioned(self.w, pictures, torch.from_numpy(tokens), lengths, self.settings)
        logits.detach().argmax(-1)  # what it would have written is told as well
        loss = F.cross_entropy(logits, torch.from_numpy(wanted.T[there]))
        return loss + uneven * (self.settings.doubly / len(rows))


# -- questions --------------------------------------------------------------------------------------------------------


class VQA(Mirror):
    """With PyTorch's own LSTM, which has a second bias in each layer."""

    def __init__(self, learner: Successor):
        super().__init__(learner)
        self.network, c = learner.network, self.settings
        self.memory = torch.nn.LSTM(c.word, c.hidden, num_layers=c.layers, batch_first=True)
        for k in range(c.layers):
            for theirs, ours in (("weight_ih", "w_in"), ("weight_hh", "w_state"), ("bias_ih", "bias")):
                setattr(self.memory, f"{theirs}_l{k}", self.w[f"memory.{k}.{ours}"])
            torch.nn.init.zeros_(getattr(self.memory, f"bias_hh_l{k}"))

    def step(self, stimuli, labels):
        frames = torch.from_numpy(np.ascontiguousarray(stimuli["frame"])).to(torch.get_default_dtype())
        outputs = self(frames, torch.from_numpy(self.network.rows(stimuli["text"])))
        self.decide(outputs.detach())
        return F.cross_entropy(outputs, torch.from_numpy(labels))

    def forward(self, pictures, tokens):
        w, c = self.w, self.settings
        _, (states, cells) = self.memory(F.embedding(tokens, w["tokens"]))
        heard = torch.stack([states, cells], 1).flatten(0, 1).transpose(0, 1).flatten(1)
        features = looked(w, pictures, len(c.filters)).permute(0, 2, 3, 1).flatten(1)
        features = F.relu(linear(w, "seen", features))
        image = torch.tanh(linear(w, "image", F.normalize(features, eps=1e-4) * c.length))
        return linear(w, "output", torch.tanh(linear(w, "question", heard)) * image)


# -- CLIP -------------------------------------------------------------------------------------------------------------


def attended(w: Weights, name: str, x: torch.Tensor, heads: int, *, causal: bool) -> torch.Tensor:
    """Return what rows (n, t, width) find in each other, or in those before them."""
    q, k, v = linear(w, name, x).unflatten(-1, (3, heads, -1)).permute(2, 0, 3, 1, 4).unbind()
    read = F.scaled_dot_product_attention(q, k, v, is_causal=causal)
    return linear(w, f"{name}.output", read.transpose(1, 2).flatten(2))


def quick(w: Weights, name: str, x: torch.Tensor, layers: int, heads: int, *, causal: bool) -> torch.Tensor:
    """Go through blocks as `openai/CLIP` has them."""
    for k in range(layers):
        at = f"{name}.{k}"
        x = x + attended(w, f"{at}.attention", normed(w, f"{at}.norm1", x), heads, causal=causal)
        y = linear(w, f"{at}.mlp.first", normed(w, f"{at}.norm2", x))
        x = x + linear(w, f"{at}.mlp.second", y * torch.sigmoid(1.702 * y))
    return x


def pictured(w: Weights, x: torch.Tensor, config: CLIPConfig) -> torch.Tensor:
    """Return vectors of pictures (n, c, h, w), of length 1: a convolution without bias, a class token before it."""
    size, weight = config.patch, w["image.patches.weight"]
    y = F.conv2d(x, weight.reshape(len(weight), -1, size, size), stride=size).flatten(2).transpose(1, 2)
    y = torch.cat([w["image.token.row"].expand(len(y), 1, -1), y], 1) + w["image.positions"]
    y = quick(w, "image.blocks", normed(w, "image.before", y), config.layers, config.heads, causal=False)
    return F.normalize(linear(w, "image.output", normed(w, "image.after", y[:, 0])), eps=0)


def read(w: Weights, tokens: torch.Tensor, config: CLIPConfig) -> torch.Tensor:
    """Return vectors of texts (n, t), of length 1: causal blocks, read at the end token."""
    x = F.embedding(tokens, w["text.tokens"]) + w["text.positions"][: tokens.shape[1]]
    x = quick(w, "text.blocks", x, config.text_layers, config.text_heads, causal=True)
    ends = (tokens == END).int().argmax(1)
    return F.normalize(linear(w, "text.output", normed(w, "text.norm", x[torch.arange(len(x)), ends])), eps=0)


class CLIP(Mirror):
    """With the vision transformer."""

    def __init__(self, learner: Successor):
        super().__init__(learner)
        self.network = learner.network

    def step(self, stimuli, targets):
        frames = torch.from_numpy(np.ascontiguousarray(stimuli["frame"])).to(torch.get_default_dtype())
        logits = self(frames[:, None], torch.from_numpy(self.network.rows(targets)))
        # Who has the same caption is not wrong.
        twins = torch.from_numpy((targets[:, None] == targets) & ~np.eye(len(targets), dtype=bool))
        logits = logits.masked_fill(twins, -torch.inf)
        logits.detach().argmax(1)  # which caption it takes is told as well
        true = torch.arange(len(logits))
        return (F.cross_entropy(logits, true) + F.cross_entropy(logits.T, true)) / 2

    def forward(self, pictures, tokens):
        scale = self.w["scale"].clamp(max=HOTTEST).exp()
        return scale * pictured(self.w, pictures, self.settings) @ read(self.w, tokens, self.settings).T


# -- DALL·E -----------------------------------------------------------------------------------------------------------


def maps(w: Weights, name: str, x: torch.Tensor) -> torch.Tensor:
    """Return maps under a convolution that keeps their sides."""
    weight = w[f"{name}.weight"]
    return F.conv2d(x, weight, w[f"{name}.bias"], padding=weight.shape[2] // 2)


def residual(w: Weights, name: str, x: torch.Tensor, gain: float) -> torch.Tensor:
    y = x
    for k in range(4):
        y = maps(w, f"{name}.convs.{k}", F.relu(y))
    return (maps(w, f"{name}.shortcut", x) if f"{name}.shortcut.weight" in w else x) + gain * y


def coded(w: Weights, x: torch.Tensor, config: DALLEConfig) -> torch.Tensor:
    """Return the logits of the codes of pictures (n, c, h, w), (n, K, grid, grid)."""
    x = maps(w, "codes.encoder.enter", F.pixel_unshuffle(x, config.patch))
    for group in range(config.groups):
        x = F.max_pool2d(x, 2) if group else x
        for k in range(config.blocks):
            x = residual(w, f"codes.encoder.groups.{group}.{k}", x, 1 / (config.groups * config.blocks) ** 2)
    return maps(w, "codes.encoder.leave", F.relu(x))


def decoded(w: Weights, shares: torch.Tensor, config: DALLEConfig) -> torch.Tensor:
    """Return the logits of cells (n, c, h, w) of codes as shares (n, K, grid, grid)."""
    x = maps(w, "codes.decoder.enter", shares)
    for group in range(config.groups):
        x = F.interpolate(x, scale_factor=2, mode="nearest") if group else x
        for k in range(config.blocks):
            x = residual(w, f"codes.decoder.groups.{group}.{k}", x, 1 / (config.groups * config.blocks) ** 2)
    return F.pixel_shuffle(maps(w, "codes.decoder.leave", F.relu(x)), config.patch)


def unbounded(
    w: Weights, x: torch.Tensor, noise: torch.Tensor, temperature: float, beta: float, config: DALLEConfig
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the logits of cells, and minus the bound of each picture in the mean."""
    logits = coded(w, x, config)
    drawn = decoded(w, ((logits + noise) / temperature).softmax(1), config)
    lost = F.binary_cross_entropy_with_logits(drawn, x, reduction="sum")
    logs = logits.log_softmax(1)
    divergence = (logs.exp() * (logs + math.log(config.codes))).sum()
    return drawn, (lost + beta * divergence) / len(x)


def blocks(w: Weights, name: str, x: torch.Tensor, layers: int, heads: int) -> torch.Tensor:
    """Go through the blocks of GPT-2."""
    for k in range(layers):
        at = f"{name}.{k}"
        x = x + attended(w, f"{at}.attention", normed(w, f"{at}.norm1", x), heads, causal=True)
        y = F.gelu(linear(w, f"{at}.mlp.first", normed(w, f"{at}.norm2", x)), approximate="tanh")
        x = x + linear(w, f"{at}.mlp.second", y)
    return x


def streamed(w: Weights, tokens: torch.Tensor, codes: torch.Tensor, config: DALLEConfig) -> torch.Tensor:
    """Return the loss of captions (n, text) and the codes of their pictures (n, places)."""
    filled = (tokens == PAD)[..., None]
    words = torch.where(filled, w["stream.filling"], F.embedding(tokens, w["stream.words"])) + w["stream.places"]
    grid = (w["stream.rows"][:, None] + w["stream.columns"]).flatten(0, 1)[:-1]
    x = torch.cat([words, F.embedding(codes[:, :-1], w["stream.codes"]) + grid], 1)
    x = normed(w, "stream.norm", blocks(w, "stream.blocks", x, config.layers, config.heads))
    logits, last = linear(w, "stream.head", x), config.text - 1
    written, drawn = logits[:, :last, : config.vocabulary], logits[:, last:, config.vocabulary :]
    loss = F.cross_entropy(written.flatten(0, 1), tokens[:, 1:].flatten()) * TEXT_SHARE
    return loss + F.cross_entropy(drawn.flatten(0, 1), codes.flatten()) * (1 - TEXT_SHARE)


class DALLE(Mirror):
    def codes_loss(self, pictures, progress, noise=None):
        """Return the loss of stage one; what is drawn is told as well."""
        c, x = self.settings, pictures[:, None]
        if noise is None:
            noise = -torch.empty(len(x), c.codes, c.grid, c.grid).exponential_().log()
        hot, cold = TEMPERATURES
        temperature = hot * (cold / hot) ** min(1.0, progress / c.cooling)
        drawn, loss = unbounded(self.w, x, noise, temperature, c.kl * progress, c)
        torch.sigmoid(drawn.detach())
        return loss

    def stream_loss(self, tokens, pictures):
        """Return the loss of stage two; what is drawn of the codes of real pictures is told as well."""
        c = self.settings
        with torch.no_grad():
            codes = coded(self.w, pictures[:, None], c).argmax(1)
            shares = F.one_hot(codes, c.codes).permute(0, 3, 1, 2).to(pictures.dtype)
            torch.sigmoid(decoded(self.w, shares, c))
        return streamed(self.w, tokens, codes.flatten(1), c)


# -- DALL·E 2 ---------------------------------------------------------------------------------------------------------


def painted_noise(
    w: Weights, x: torch.Tensor, times: torch.Tensor, z: torch.Tensor, told: torch.Tensor, config: DALLE2Config
) -> torch.Tensor:
    """Return the noise in pictures (n, 1, h, w), of z (n, space) where `told` (n,) is true."""
    given = torch.where(told[:, None], z, w["decoder.nothing"])
    hidden = F.silu(linear(w, "decoder.told", given))
    more = {"told": linear(w, "decoder.beside", hidden), "ground": linear(w, "decoder.ground", hidden)}
    return denoised(under(w, "decoder"), x, times, None, config.unet, **more)


def believed(
    w: Weights, tokens: torch.Tensor, caption: torch.Tensor, z: torch.Tensor, times: torch.Tensor, config: DALLE2Config
) -> torch.Tensor:
    """Return z (n, space) as the prior believes it to be, of captions (n, text), their vectors, and noisy z."""
    n, half = len(tokens), config.prior_width // 2
    angles = times[:, None] * torch.exp(torch.arange(half) * (-math.log(10_000) / (half - 1)))
    time = linear(w, "prior.time.0", torch.cat([angles.sin(), angles.cos()], 1))
    time = linear(w, "prior.time.1", F.silu(time))
    ends = torch.stack([linear(w, "prior.caption", caption), time, linear(w, "prior.noisy", z)], 1)
    x = torch.cat([F.embedding(tokens, w["prior.words"]), ends, w["prior.last"].expand(n, -1, -1)], 1)
    x = blocks(w, "prior.blocks", x + w["prior.places"], config.prior_layers, config.prior_heads)
    return linear(w, "prior.output", normed(w, "prior.norm", x[:, -1]))


class DALLE2(Mirror):
    """With the CLIP that it stands on, which does not learn."""

    def __init__(self, learner: Successor):
        super().__init__(learner)
        self.network, network = learner.network, learner.network.clip
        self.clip = {name: torch.from_numpy(p.data.copy()) for name, p in network.parameters().items()}
        self.clip_settings, self.length = network.config, math.sqrt(self.settings.space)
        kept, dtype = torch.from_numpy(KEPT), torch.get_default_dtype()
        self.signal, self.share = kept.sqrt().to(dtype), (1 - kept).sqrt().to(dtype)

    def of_pictures(self, pictures):
        with torch.no_grad():
            return pictured(self.clip, pictures[:, None], self.clip_settings) * self.length

    def of_texts(self, texts):
        with torch.no_grad():
            return read(self.clip, torch.from_numpy(self.network.clip.rows(texts)), self.clip_settings) * self.length

    def decoder_loss(self, pictures, times=None, noise=None, told=None):
        """Return the loss of stage one; what is believed to be under the noise is told as well."""
        n, z, x = len(pictures), self.of_pictures(pictures), pictures[:, None] * 2 - 1
        times = torch.randint(1, TIMES + 1, (n,)) if times is None else times
        noise = torch.randn(x.shape) if noise is None else noise
        told = torch.rand(n) >= self.settings.untold if told is None else told
        signal, share = self.signal[times][:, None, None, None], self.share[times][:, None, None, None]
        x = signal * x + share * noise
        predicted = painted_noise(self.w, x, times, z, told, self.settings)
        found = (x - share * predicted.detach()) / signal
        (found.clamp(-1, 1)[:, 0] * 0.5 + 0.5).clamp(0, 1)
        return F.mse_loss(predicted, noise)

    def prior_loss(self, texts, pictures, times=None, noise=None):
        """Return the loss of stage two."""
        z, caption = self.of_pictures(pictures), self.of_texts(texts)
        times = torch.randint(1, TIMES + 1, (len(z),)) if times is None else times
        noise = torch.randn(z.shape) if noise is None else noise
        noisy = self.signal[times][:, None] * z + self.share[times][:, None] * noise
        tokens = torch.from_numpy(self.network.tokens(texts))
        return F.mse_loss(believed(self.w, tokens, caption, noisy, times, self.settings), z)
