"""Systems of picture and language: as functions of weights by our names, and as mirrors.

The functions are written anew from paper and program. They are timed in float32 by `bench_successors.py`, and in
float64 our losses and gradients are held against them by `tests/benchmarks/test_mirrors.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
import torch.nn.functional as F

from mirrors.mirror import Mirror
from successors.nn.bytepairs import END, START, padded, shipped
from successors.nn.learner import Successor
from successors.timeline.y2015_show_tell import ShowTellConfig
from successors.timeline.y2021_clip import HOTTEST, CLIPConfig

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
