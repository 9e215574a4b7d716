"""Networks that read and write text: the loss of a step from the texts themselves, which both sides make tokens of."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F

from mirrors.mirror import Mirror
from successors.nn.bytepairs import END, PAD, START, padded, shipped
from successors.nn.learner import Successor
from successors.timeline.y2017_transformer import sinusoids


class Text(Mirror):
    """Base: attention, and what stands around it."""

    def __init__(self, learner: Successor):
        super().__init__(learner)
        self.network = learner.network

    def attend(self, x, name, *, source=None, **how):
        heads, weight, bias = self.settings.heads, self.w[f"{name}.weight"], self.w.get(f"{name}.bias")
        if source is None:
            q, k, v = F.linear(x, weight, bias).unflatten(-1, (3, heads, -1)).permute(2, 0, 3, 1, 4).unbind()
        else:
            width = x.shape[-1]
            q = F.linear(x, weight[:width]).unflatten(-1, (heads, -1)).transpose(1, 2)
            k, v = F.linear(source, weight[width:]).unflatten(-1, (2, heads, -1)).permute(2, 0, 3, 1, 4).unbind()
        read = F.scaled_dot_product_attention(q, k, v, **how).transpose(1, 2).flatten(2)
        return F.linear(read, self.w[f"{name}.output.weight"], self.w.get(f"{name}.output.bias"))

    def feed(self, x, name, activation):
        return self.linear(activation(self.linear(x, f"{name}.first")), f"{name}.second")

    def layer(self, x, name, activation, eps=1e-5, **how):
        """Attend to oneself, and feed forward, normalised behind."""
        x = self.layer_norm(x + self.attend(x, f"{name}.attention", **how), f"{name}.norm1", eps)
        return self.layer_norm(x + self.feed(x, f"{name}.feed_forward", activation), f"{name}.norm3", eps)

    def gelu(self, x):
        return F.gelu(x, approximate="tanh")

    def onward(self, states, tokens):
        """Return the loss of going on with tokens."""
        there = torch.from_numpy(tokens[:, 1:] != PAD)
        return F.cross_entropy(
            F.linear(states[:, :-1][there], self.w["tokens"]), torch.from_numpy(tokens)[:, 1:][there]
        )


class Transformer(Text):
    def step(self, stimuli, targets):
        rows = [shipped().encode(text) for text in targets.tolist()]
        wanted = padded([[*row, END] for row in rows])
        given = padded([[START, *row] for row in rows])
        source = self.network.rows(stimuli)
        mask = torch.from_numpy(source != PAD)[:, None, None, :]
        x = self.embed(source)
        for name in self.parts("encoder"):
            x = self.layer(x, name, F.relu, attn_mask=mask)
        y = self.embed(given)
        for name in self.parts("decoder"):
            y = self.layer_norm(y + self.attend(y, f"{name}.attention", is_causal=True), f"{name}.norm1")
            read = self.attend(y, f"{name}.reading", source=x, attn_mask=mask)
            y = self.layer_norm(y + read, f"{name}.norm2")
            y = self.layer_norm(y + self.feed(y, f"{name}.feed_forward", F.relu), f"{name}.norm3")
        there = torch.from_numpy(wanted != PAD)
        scores = F.linear(y, self.w["tokens"])
        scores.detach().argmax(-1)  # what it would have written is told as well
        smoothing = self.settings.smoothing
        return F.cross_entropy(scores[there], torch.from_numpy(wanted)[there], label_smoothing=smoothing)

    def embed(self, tokens):
        x = F.embedding(torch.from_numpy(tokens), self.w["tokens"]) * self.settings.width**0.5
        return x + torch.from_numpy(self.network._positions[: tokens.shape[1]])


class GPT(Text):
    def step(self, texts, _):
        tokens = self.network.rows(texts.tolist())
        x = F.embedding(torch.from_numpy(tokens), self.w["tokens"]) + self.w["positions"][: tokens.shape[1]]
        for name in self.parts("blocks"):
            x = self.layer(x, name, self.gelu, is_causal=True)
        return self.onward(x, tokens)


class GPT2(Text):
    def step(self, texts, _):
        tokens = self.network.rows(texts.tolist(), end=True)
        return self.onward(self.states(tokens, self.w["positions"]), tokens)

    def states(self, tokens, positions):
        x = F.embedding(torch.from_numpy(tokens), self.w["tokens"]) + positions[: tokens.shape[1]]
        for name in self.parts("blocks"):
            x = x + self.attend(self.layer_norm(x, f"{name}.norm1"), f"{name}.attention", is_causal=True)
            x = x + self.feed(self.layer_norm(x, f"{name}.norm2"), f"{name}.mlp", self.gelu)
        return self.layer_norm(x, "norm")


class GPT3(GPT2):
    """As `LanguageModel` counts: every token but the last is read, and of all that follow the loss is the mean."""

    def step(self, texts, _):
        return self.going_on(texts)

    def going_on(self, texts):
        rows = padded([self.network.row(text, end=True) for text in texts.tolist()])
        scores = F.linear(self.states(rows[:, :-1])[torch.from_numpy(rows[:, 1:] != PAD)], self.w["tokens"])
        return F.cross_entropy(scores, torch.from_numpy(rows[:, 1:][rows[:, 1:] != PAD]))

    def states(self, tokens, positions=None):
        return super().states(tokens, self.w["positions"])


class MTNLG(GPT3):
    """Micro-batches one after the other, weighted by their tokens."""

    def step(self, texts, _):
        micros = np.array_split(texts, min(self.settings.micro, len(texts)))
        tokens = [sum(len(self.network.row(text, end=True)) - 1 for text in micro.tolist()) for micro in micros]
        return sum(self.going_on(micro) * (count / sum(tokens)) for micro, count in zip(micros, tokens, strict=True))


class Gopher(GPT3):
    """Relative positions by the shift of Transformer-XL's program."""

    def __init__(self, learner: Successor):
        super().__init__(learner)
        width = self.settings.width
        self.waves = torch.from_numpy(sinusoids(self.settings.longest, width + width % 2)[:, :width])

    def states(self, tokens, positions=None):
        x, t = F.embedding(torch.from_numpy(tokens), self.w["tokens"]), tokens.shape[1]
        ahead = torch.ones(t, t, dtype=torch.bool).triu(1)
        for name in self.parts("blocks"):
            x = x + self.attend_far(self.rms_norm(x, f"{name}.norm1"), f"{name}.attention", ahead)
            y = F.linear(self.rms_norm(x, f"{name}.norm2"), self.w[f"{name}.up.weight"])
            x = x + F.linear(self.gelu(y), self.w[f"{name}.down.weight"])
        return self.rms_norm(x, "norm")

    def rms_norm(self, x, name):
        return F.rms_norm(x, x.shape[-1:], self.w[f"{name}.gain"], 1e-5)

    def attend_far(self, x, name, ahead):
        w, heads, t = self.w, self.settings.heads, x.shape[1]
        q, k, v = F.linear(x, w[f"{name}.weight"]).unflatten(-1, (3, heads, -1)).permute(2, 0, 3, 1, 4).unbind()
        content, distance = (w[f"{name}.{kind}_bias"].view(heads, 1, -1) for kind in ("content", "distance"))
        far = (
            F.linear(self.waves[:t].flip(0), w[f"{name}.distances.weight"]).unflatten(-1, (heads, -1)).permute(1, 2, 0)
        )
        table = F.pad((q + distance) @ far, (1, 0))
        table = table.view(*table.shape[:2], t + 1, t)[:, :, 1:]
        scores = ((q + content) @ k.mT + table) * q.shape[-1] ** -0.5
        read = scores.masked_fill(ahead, -torch.inf).softmax(-1) @ v
        return F.linear(read.transpose(1, 2).flatten(2), w[f"{name}.output.weight"])


class PaLM(Text):
    def __init__(self, learner: Successor):
        super().__init__(learner)
        settings = self.settings
        angles = torch.arange(settings.longest)[:, None] * 10_000 ** (
            -torch.arange(0, settings.head, 2) / settings.head
        )
        self.cosine, self.sine = angles.cos(), angles.sin()

    def step(self, stimuli, targets):
        pairs = zip(stimuli.tolist(), targets.tolist(), strict=True)
        encode, longest = self.network.encoding.encode, self.settings.longest
        both = [(encode(asked), [*encode(f" {wanted}"), END]) for asked, wanted in pairs]
        rows = padded([[START, *asked, *wanted][-longest:] for asked, wanted in both])
        length = (rows != PAD).sum(1)
        begun = length - [min(len(wanted), longest - 1) for _, wanted in both]
        at = np.arange(1, rows.shape[1])
        there = (at >= begun[:, None]) & (at < length[:, None])
        scores = F.linear(self.states(rows[:, :-1])[torch.from_numpy(there)], self.w["tokens"])
        scores.detach().argmax(-1)  # what it would have written is told as well
        return F.cross_entropy(scores, torch.from_numpy(rows[:, 1:][there]))

    def states(self, tokens):
        x = F.embedding(torch.from_numpy(tokens), self.w["tokens"])
        for name in self.parts("blocks"):
            y = self.norm(x, f"{name}.norm")
            one, other = F.linear(y, self.w[f"{name}.up.weight"]).chunk(2, -1)
            fed = F.linear(F.silu(one) * other, self.w[f"{name}.down.weight"])
            x = x + self.attend_turned(y, f"{name}.attention") + fed
        return self.norm(x, "norm")

    def norm(self, x, name):
        return F.layer_norm(x, x.shape[-1:], self.w[f"{name}.gain"])

    def attend_turned(self, x, name):
        """Attend with queries and keys turned by their positions; heads share one key and value without a copy."""
        w, heads, head = self.w, self.settings.heads, self.settings.head
        q = self.turned(F.linear(x, w[f"{name}.queries.weight"]).unflatten(-1, (heads, head)).transpose(1, 2))
        k, v = F.linear(x, w[f"{name}.keys_values.weight"]).unflatten(-1, (2, 1, head)).permute(2, 0, 3, 1, 4).unbind()
        k, v = (part.expand(-1, heads, -1, -1) for part in (self.turned(k), v))
        read = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return F.linear(read.transpose(1, 2).flatten(2), w[f"{name}.output.weight"])

    def turned(self, x):
        cosine, sine = self.cosine[: x.shape[-2]], self.sine[: x.shape[-2]]
        one, other = x.chunk(2, -1)
        return torch.cat([one * cosine - other * sine, one * sine + other * cosine], -1)


class InCoder(GPT2):
    """The holes are those of the stimuli, where ours draws others while it learns."""

    def step(self, stimuli, targets):
        both = zip(stimuli.tolist(), targets.tolist(), strict=True)
        documents = [self.network.document(*pair, None) for pair in both]
        tokens = padded([[START, *told, *span, END] for _, told, span in documents])
        begun = np.array([len(told) for _, told, _ in documents])
        there = (tokens[:, 1:] != PAD) & (np.arange(tokens.shape[1] - 1) >= begun[:, None])
        states = self.states(tokens, torch.from_numpy(self.network.positions.data))[:, :-1]
        scores = F.linear(states[torch.from_numpy(there)], self.w["tokens"])
        scores.detach().argmax(-1)  # what it would have written is told as well
        return F.cross_entropy(scores, torch.from_numpy(tokens[:, 1:][there]))


class AlphaCode(Text):
    """No token of a statement is masked, which ours does while it learns."""

    def step(self, stimuli, targets):
        statements, (given, wanted) = self.network.rows(stimuli.tolist()), self.network.programs(targets.tolist())
        mask = torch.from_numpy(statements != PAD)[:, None, None]
        read = self.embed(statements, "words", "places")
        for name in self.parts("encoder"):
            y = self.layer_norm(read, f"{name}.norm1")
            read = read + self.attend_few(y, y, f"{name}.attention", attn_mask=mask)
            read = read + self.feed(self.layer_norm(read, f"{name}.norm3"), f"{name}.mlp", self.gelu)
        read = self.layer_norm(read, "norm1")
        x = self.embed(given, "tokens", "positions")
        for name in self.parts("decoder"):
            y = self.layer_norm(x, f"{name}.norm1")
            x = x + self.attend_few(y, y, f"{name}.attention", is_causal=True)
            x = x + self.attend_few(self.layer_norm(x, f"{name}.norm2"), read, f"{name}.reading", attn_mask=mask)
            x = x + self.feed(self.layer_norm(x, f"{name}.norm3"), f"{name}.mlp", self.gelu)
        scores = F.linear(self.layer_norm(x, "norm2"), self.w["tokens"])
        scores.detach().argmax(-1)  # what it would have written is told as well
        there = torch.from_numpy(wanted != PAD)
        return F.cross_entropy(scores[there], torch.from_numpy(wanted)[there])

    def embed(self, tokens, table, positions):
        return F.embedding(torch.from_numpy(tokens), self.w[table]) + self.w[positions][: tokens.shape[1]]

    def attend_few(self, x, source, name, **how):
        """Attend with few heads of keys; each is expanded, without a copy, to the heads of queries that share it."""
        keys, shared = self.settings.keys, self.settings.queries // self.settings.keys
        q = F.linear(x, self.w[f"{name}.query.weight"]).unflatten(-1, (keys * shared, -1)).transpose(1, 2)
        k, v = F.linear(source, self.w[f"{name}.source.weight"]).unflatten(-1, (2, keys, 1, -1)).unbind(2)
        k, v = (part.expand(-1, -1, -1, shared, -1).flatten(2, 3).transpose(1, 2) for part in (k, v))
        read = F.scaled_dot_product_attention(q, k, v, **how).transpose(1, 2).flatten(2)
        return F.linear(read, self.w[f"{name}.output.weight"])


class BERT(Text):
    def step(self, texts, rng):
        tokens, segments, shown, chosen, follows = self.network.posed(texts, rng or np.random.default_rng(0))
        x = F.embedding(torch.from_numpy(shown), self.w["tokens"])
        x = x + F.embedding(torch.from_numpy(segments), self.w["segments"]) + self.w["positions"][: tokens.shape[1]]
        x = self.layer_norm(x, "norm", 1e-12)
        mask = torch.from_numpy(shown != PAD)[:, None, None, :]
        for name in self.parts("layers"):
            x = self.layer(x, name, self.gelu, 1e-12, attn_mask=mask)
        there = torch.from_numpy(chosen)
        found = self.layer_norm(self.gelu(self.linear(x[there], "turn")), "turn_norm", 1e-12)
        scores = F.linear(found, self.w["tokens"], self.w["output_bias"])
        pooled = torch.tanh(self.linear(x[:, 0], "pooler"))
        loss = F.cross_entropy(scores, torch.from_numpy(tokens)[there])
        return loss + F.cross_entropy(self.linear(pooled, "following"), torch.from_numpy(follows))
