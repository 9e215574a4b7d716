"""Networks that draw: as functions of weights by our names, and as mirrors that draw their noise by torch's own means.

The functions are written anew from paper and program. They are timed in float32 by `bench_successors.py`, and in
float64 our outputs and gradients are held against them by `tests/successors/timeline/test_reference_drawing.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import torch
import torch.nn.functional as F

from mirrors.mirror import Mirror
from successors.nn.learner import Successor
from successors.timeline.y2014_gan import GANConfig
from successors.timeline.y2020_diffusion import KEPT, TIMES, DiffusionConfig
from successors.timeline.y2020_stylegan2 import LENGTH_KEPT, STEADY, StyleGAN2Config

Weights = Mapping[str, torch.Tensor]


def linear(w: Weights, name: str, x: torch.Tensor) -> torch.Tensor:
    return F.linear(x, w[f"{name}.weight"], w[f"{name}.bias"])


# -- 2006 -------------------------------------------------------------------------------------------------------------


def encoded(w: Weights, x: torch.Tensor, layers: int, of: int) -> torch.Tensor:
    """Return what the first of so many layers make of pictures (n, cells); the units of the last are linear."""
    for k in range(layers):
        x = linear(w, f"up.{k}", x)
        x = x if k == of - 1 else torch.sigmoid(x)
    return x


def given_back(w: Weights, x: torch.Tensor, layers: int) -> torch.Tensor:
    """Return the logits of what is given back of pictures (n, cells)."""
    x = encoded(w, x, layers, layers)
    for k in reversed(range(layers)):
        x = linear(w, f"down.{k}", x)
        x = x if k == 0 else torch.sigmoid(x)
    return x


def free_energy(w: Weights, k: int, v: torch.Tensor, *, code: bool) -> torch.Tensor:
    """Return the free energies (n,) of units v of the machine of layer k; units of the code are linear."""
    sums = linear(w, f"up.{k}", v)
    hidden = 0.5 * sums.square() if code else F.softplus(sums)
    return -(v @ w[f"down.{k}.bias"]) - hidden.sum(1)


def contrast(w: Weights, k: int, v: torch.Tensor, noise: torch.Tensor, *, code: bool) -> torch.Tensor:
    """Return the contrastive divergence of layer k over units v, whose hidden units are drawn by noise (n, units)."""
    with torch.no_grad():
        sums = linear(w, f"up.{k}", v)
        h = sums + noise if code else (noise < torch.sigmoid(sums)).to(v.dtype)
        back = torch.sigmoid(h @ w[f"up.{k}.weight"] + w[f"down.{k}.bias"])
    return (free_energy(w, k, v, code=code) - free_energy(w, k, back, code=code)).mean()


# -- 2013, 2014 -------------------------------------------------------------------------------------------------------


def vae(w: Weights, x: torch.Tensor, noise: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return logits of cells (n, cells), and mean and log variance of what they could come from."""
    h = torch.tanh(linear(w, "encoder.hidden", x))
    mean, spread = linear(w, "encoder.mean", h), linear(w, "encoder.spread", h)
    z = mean + (spread / 2).exp() * noise
    return linear(w, "decoder.output", torch.tanh(linear(w, "decoder.hidden", z))), mean, spread


def forged(w: Weights, z: torch.Tensor, told: torch.Tensor, config: GANConfig) -> torch.Tensor:
    """Return pictures (n, cells) of noise and classes."""
    x = torch.cat([z, told], 1)
    for k in range(len(config.hidden)):
        x = F.relu(linear(w, f"creator.hidden.{k}", x))
    return torch.sigmoid(linear(w, "creator.output", x))


def detected(
    w: Weights, x: torch.Tensor, told: torch.Tensor, config: GANConfig, *, learns: bool = False
) -> torch.Tensor:
    """Return logits (n,) that pictures (n, cells) are real."""
    x = torch.cat([F.dropout(x, config.drop_input, learns), told], 1)
    for name in ("first", "second"):
        x = linear(w, f"critic.{name}", x).reshape(len(x), config.pieces, config.units).amax(1)
        x = F.dropout(x, config.drop_hidden, learns)
    return linear(w, "critic.output", x)[:, 0]


# -- diffusion --------------------------------------------------------------------------------------------------------


def conv(w: Weights, name: str, x: torch.Tensor, **how: Any) -> torch.Tensor:
    return F.conv2d(x, w[f"{name}.weight"], w[f"{name}.bias"], **how)


def normed(w: Weights, name: str, x: torch.Tensor, groups: int) -> torch.Tensor:
    return F.group_norm(x, groups, w[f"{name}.gain"], w[f"{name}.bias"], eps=1e-6)


def looked(w: Weights, name: str, x: torch.Tensor, groups: int) -> torch.Tensor:
    n, c, h, width = x.shape
    rows = normed(w, f"{name}.norm", x, groups).flatten(2).transpose(1, 2)
    q, k, v = (linear(w, f"{name}.{part}", rows) for part in ("query", "key", "value"))
    shares = (q @ k.transpose(1, 2) / math.sqrt(c)).softmax(-1)
    return x + linear(w, f"{name}.output", shares @ v).transpose(1, 2).reshape(n, c, h, width)


def residual(w: Weights, name: str, x: torch.Tensor, time: torch.Tensor, groups: int) -> torch.Tensor:
    h = conv(w, f"{name}.conv1", F.silu(normed(w, f"{name}.norm1", x, groups)), padding=1)
    h = h + linear(w, f"{name}.time", F.silu(time))[:, :, None, None]
    h = conv(w, f"{name}.conv2", F.silu(normed(w, f"{name}.norm2", h, groups)), padding=1)
    x = h + (conv(w, f"{name}.shortcut", x) if f"{name}.shortcut.weight" in w else x)
    return looked(w, f"{name}.attention", x, groups) if f"{name}.attention.norm.gain" in w else x


def denoised(
    w: Weights,
    x: torch.Tensor,
    times: torch.Tensor,
    kinds: torch.Tensor | None,
    config: DiffusionConfig,
    told: torch.Tensor | None = None,
    ground: torch.Tensor | None = None,
) -> torch.Tensor:
    """Return the noise in x: the authors' unet.py, with the class and positions of the retina where they are.

    Whoever builds on it may tell it more: `told` beside the time, `ground` as maps of the last scale.
    """
    g, half = config.groups, config.width // 2
    angles = times[:, None] * torch.exp(torch.arange(half) * (-math.log(10_000) / (half - 1)))
    time = linear(w, "unet.time.0", torch.cat([angles.sin(), angles.cos()], 1))
    time = linear(w, "unet.time.1", F.silu(time))
    if config.asked:
        time = time + w["unet.classes.table"][kinds]
    if told is not None:
        time = time + told
    h = conv(w, "unet.enter", F.pixel_unshuffle(x, config.patch), padding=1)
    kept = []
    for scale in range(len(config.multiples)):
        if scale:
            h = conv(w, f"unet.shrink.{scale - 1}", h, stride=2, padding=1)
        if config.positions:
            h = h + w[f"unet.positions.{scale}"]
        kept.append(h)
        for k in range(config.blocks):
            h = residual(w, f"unet.down.{scale}.{k}", h, time, g)
            kept.append(h)
    if config.asked:
        h = h + w["unet.maps.table"][kinds].reshape(h.shape)
    if ground is not None:
        h = h + ground.reshape(h.shape)
    for k in range(2):
        h = residual(w, f"unet.middle.{k}", h, time, g)
    for scale in range(len(config.multiples)):
        if scale:
            h = conv(w, f"unet.grow.{scale - 1}", F.interpolate(h, scale_factor=2), padding=1)
        for k in range(config.blocks + 1):
            h = residual(w, f"unet.up.{scale}.{k}", torch.cat([h, kept.pop()], 1), time, g)
    h = conv(w, "unet.leave", F.silu(normed(w, "unet.norm", h, g)), padding=1)
    return F.pixel_shuffle(h, config.patch)


# -- StyleGAN2 --------------------------------------------------------------------------------------------------------


@lru_cache
def binomial(gain: float, dtype: torch.dtype) -> torch.Tensor:
    """Return the filter [1, 3, 3, 1] in both directions, (1, 1, 4, 4)."""
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0], dtype=dtype) / 8
    return (taps[:, None] * taps * gain).flip(0, 1)[None, None]


def upfirdn(x: torch.Tensor, up: int, down: int, before: int, after: int, gain: float = 1.0) -> torch.Tensor:
    """Return images with zeros between, padded, under the filter [1, 3, 3, 1], and thinned out."""
    n, c, h, width = x.shape
    if up > 1:
        x = F.pad(x.reshape(n, c, h, 1, width, 1), (0, up - 1, 0, 0, 0, up - 1)).reshape(n, c, h * up, width * up)
    x = F.pad(x, (before, after, before, after))
    return F.conv2d(x, binomial(gain, x.dtype).expand(c, 1, 4, 4), stride=down, groups=c)


def equal(w: Weights, name: str, x: torch.Tensor, rate: float = 1.0) -> torch.Tensor:
    weight, bias = w[f"{name}.weight"], w[f"{name}.bias"]
    return F.linear(x, weight * (rate / math.sqrt(weight.shape[1])), bias * rate)


def act(x: torch.Tensor) -> torch.Tensor:
    return F.leaky_relu(x, 0.2) * math.sqrt(2)


def modulated(
    w: Weights,
    name: str,
    x: torch.Tensor,
    latent: torch.Tensor,
    *,
    own: bool,
    rises: bool = False,
    demodulates: bool = True,
) -> torch.Tensor:
    """Return images under kernels with a style, as `modulated_conv2d_layer`.

    By groups, with kernels of their own for each picture, as when the authors' program draws; or by scaling what the
    kernels read and write, as when their later one (stylegan2-ada-pytorch) learns.
    """
    weight = w[f"{name}.weight"]
    f, c, size, _ = weight.shape
    style = equal(w, f"{name}.style", latent)
    weight, n = weight / math.sqrt(c * size**2), len(style)
    if own:
        kernels = weight[None] * style[:, None, :, None, None]
        if demodulates:
            kernels = kernels * torch.rsqrt((kernels**2).sum((2, 3, 4), keepdim=True) + 1e-8)
        h, width = x.shape[2:]
        x = x.expand(n, -1, -1, -1).reshape(1, n * c, h, width)
        if rises:
            kernels = kernels.transpose(1, 2).reshape(n * c, f, size, size)
            x = F.conv_transpose2d(x, kernels, stride=2, groups=n)
            return upfirdn(x.reshape(n, f, *x.shape[2:]), 1, 1, 1, 1, gain=4)
        x = F.conv2d(x, kernels.reshape(n * f, c, size, size), padding=size // 2, groups=n)
        return x.reshape(n, f, h, width)
    x = x * style[:, :, None, None]
    if rises:
        x = upfirdn(F.conv_transpose2d(x, weight.transpose(0, 1), stride=2), 1, 1, 1, 1, gain=4)
    else:
        x = F.conv2d(x, weight, padding=size // 2)
    if demodulates:
        x = x * torch.rsqrt(style.square() @ weight.square().sum((2, 3)).T + 1e-8)[:, :, None, None]
    return x


def mapped(w: Weights, z: torch.Tensor, told: torch.Tensor, config: StyleGAN2Config) -> torch.Tensor:
    x = torch.cat([z, told @ w["creator.mapping.classes"]], 1)
    x = x * torch.rsqrt((x**2).mean(1, keepdim=True) + 1e-8)
    for k in range(config.mapping):
        x = act(equal(w, f"creator.mapping.layers.{k}", x, config.mapping_rate))
    return x


def styled(
    w: Weights, name: str, x: torch.Tensor, latent: torch.Tensor, noise: torch.Tensor, **how: Any
) -> torch.Tensor:
    x = modulated(w, f"{name}.conv", x, latent, **how) + w[f"{name}.strength"] * noise
    return act(x + w[f"{name}.bias"][:, None, None])


def coloured(w: Weights, k: int, x: torch.Tensor, latent: torch.Tensor, *, own: bool) -> torch.Tensor:
    name = f"creator.synthesis.colour.{k}"
    x = modulated(w, name, x, latent, own=own, demodulates=False)
    return x + w[f"creator.synthesis.colour_bias.{k}"][:, None, None]


def painted(
    w: Weights, latents: Sequence[torch.Tensor], noise: Sequence[torch.Tensor], config: StyleGAN2Config, *, own: bool
) -> torch.Tensor:
    """Return pictures from -1 to 1 of a latent for each layer, as `G_synthesis_stylegan2` with skips."""
    base = "creator.synthesis"
    x = styled(w, f"{base}.first", w[f"{base}.const"], latents[0], noise[0], own=own)
    picture = coloured(w, 0, x, latents[1], own=own)
    for k in range(1, len(config.channels)):
        x = styled(w, f"{base}.rise.{k - 1}", x, latents[2 * k - 1], noise[2 * k - 1], own=own, rises=True)
        x = styled(w, f"{base}.stay.{k - 1}", x, latents[2 * k], noise[2 * k], own=own)
        picture = upfirdn(picture, 2, 1, 2, 1, gain=4) + coloured(w, k, x, latents[2 * k + 1], own=own)
    return torch.tanh(picture) if config.squashed else picture


def judged(w: Weights, x: torch.Tensor, told: torch.Tensor, config: StyleGAN2Config) -> torch.Tensor:
    """Return logits of pictures from -1 to 1, as `D_stylegan2` with residual blocks."""

    def convolved(name: str, x: torch.Tensor, bias: bool = True, down: bool = False) -> torch.Tensor:
        weight = w[f"{name}.weight"]
        size = weight.shape[2]
        weight = weight / math.sqrt(weight.shape[1] * size**2)
        if down:
            edge = size // 2 + 1
            x = F.conv2d(upfirdn(x, 1, 1, edge, edge), weight, stride=2)
        else:
            x = F.conv2d(x, weight, padding=size // 2)
        return x + w[f"{name}.bias"][:, None, None] if bias else x

    x = act(convolved("critic.enter.0", x))
    for k in reversed(range(len(config.channels) - 1)):
        name = f"critic.down.{k}"
        y = act(convolved(f"{name}.conv2", act(convolved(f"{name}.conv1", x)), down=True))
        x = (y + convolved(f"{name}.skip", x, bias=False, down=True)) / math.sqrt(2)
    n, c, h, width = x.shape
    groups = x.reshape(min(config.group, n), -1, 1, c, h, width)
    spread = (groups.var(0, unbiased=False) + 1e-8).sqrt().mean((2, 3, 4), keepdim=True).squeeze(2)
    x = torch.cat([x, spread.repeat(min(config.group, n), 1, h, width)], 1)
    x = act(convolved("critic.conv", x))
    x = act(equal(w, "critic.full", x.flatten(1)))
    return (equal(w, "critic.output", x) * told).sum(1)


def r1(verdict: Callable[[torch.Tensor], torch.Tensor], seen: torch.Tensor) -> torch.Tensor:
    """Return the mean squared length of the gradient of verdicts on pictures, by a backward pass through another."""
    seen = seen.detach().requires_grad_()
    slope = torch.autograd.grad(verdict(seen).sum(), seen, create_graph=True)[0]
    return slope.square().sum((1, 2, 3)).mean()


def path_lengths(picture: torch.Tensor, latent: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Return the lengths (n,) of the gradient of pictures, times y, by their latents, to be differentiated again."""
    slope = torch.autograd.grad((picture * y).sum(), latent, create_graph=True)[0]
    return slope.square().sum(1).sqrt()


# -- mirrors ----------------------------------------------------------------------------------------------------------


class Autoencoder(Mirror):
    def forward(self, x):
        return given_back(self.w, x.flatten(1), len(self.settings.widths) - 1)

    def loss(self, outputs, targets):
        return F.binary_cross_entropy_with_logits(outputs, targets.flatten(1)) * outputs.shape[1]

    def layer_loss(self, x, number, noise=None):
        """Return the contrast of a layer, with a factor that gives it a learning rate of its own."""
        layers, settings = len(self.settings.widths) - 1, self.settings
        with torch.no_grad():
            v = encoded(self.w, x.flatten(1), number, layers)
        code = number == layers - 1
        if noise is None:
            noise = (torch.randn if code else torch.rand)(len(v), settings.widths[number + 1])
        rate = settings.code_rate if code else settings.layer_rate
        return contrast(self.w, number, v, noise, code=code) * (rate / settings.recipe.rate)


class VAE(Mirror):
    def step(self, targets):
        """Return what is given back of pictures, and the loss."""
        cells = (torch.rand(targets.shape) < targets).to(targets.dtype).flatten(1)
        logits, loss = self.objective(cells, torch.randn(len(cells), self.settings.latents))
        return torch.sigmoid(logits.detach()), loss

    def objective(self, cells, noise):
        logits, mean, spread = vae(self.w, cells, noise)
        lost = F.binary_cross_entropy_with_logits(logits, cells, reduction="sum")
        divergence = -0.5 * (1 + spread - mean.square() - spread.exp()).sum()
        return logits, (lost + divergence) / len(cells)


class Rival(Mirror):
    """Base of two networks, each the other's loss."""

    def part(self, name):
        """Return the parameters of the creator or of the critic."""
        return {n: p for n, p in self.w.items() if n.startswith(f"{name}.")}

    def critic_loss(self, real, made, told):
        """Return the loss, having told how many were told rightly."""
        of_real, of_made = self.verdict(real, told), self.verdict(made, told)
        (of_real.detach() > 0).float().mean(), (of_made.detach() <= 0).float().mean()
        loss = F.binary_cross_entropy_with_logits(of_real, torch.ones_like(of_real))
        return loss + F.binary_cross_entropy_with_logits(of_made, torch.zeros_like(of_made))

    def creator_loss(self, made, told):
        verdict = self.verdict(made, told)
        return F.binary_cross_entropy_with_logits(verdict, torch.ones_like(verdict))

    def one_hot(self, labels):
        return F.one_hot(labels, self.settings.classes).to(torch.get_default_dtype())

    def told(self, given):
        """Return what both networks are told of what the system is given: classes, unless it says otherwise."""
        return self.one_hot(given)

    def proceed(self, step):
        """Prepare what depends on the step."""

    def lazy(self, name):
        """Return after how many steps a network has its penalty; 0: never."""
        return 0


class GAN(Rival):
    def make(self, told, z=None):
        if z is None:
            z = torch.randn(len(told), self.settings.latents)
        side = self.settings.side
        return forged(self.w, z, told, self.settings).reshape(-1, side, side)

    def verdict(self, pictures, told):
        return detected(self.w, pictures.flatten(1), told, self.settings, learns=self.training)


class Diffusion(Mirror):
    def __init__(self, learner: Successor):
        super().__init__(learner)
        kept = torch.from_numpy(KEPT)
        self.signal, self.share = kept.sqrt().float(), (1 - kept).sqrt().float()

    def step(self, targets, labels):
        """Return what is believed to be under the noise that pictures are given, and the loss."""
        n = len(targets)
        kinds = torch.where(torch.rand(n) < self.settings.unnamed, self.settings.classes, labels)
        times = torch.randint(1, TIMES + 1, (n,))
        real = targets[:, None] * 2 - 1
        noise = torch.randn(real.shape)
        signal, share = self.signal[times][:, None, None, None], self.share[times][:, None, None, None]
        x = signal * real + share * noise
        predicted = self(x, times, kinds)
        believed = (x - share * predicted.detach()) / signal
        return (believed.clamp(-1, 1)[:, 0] * 0.5 + 0.5).clamp(0, 1), F.mse_loss(predicted, noise)

    def forward(self, x, times, kinds):
        return denoised(self.w, x, times, kinds, self.settings)


class StyleGAN2(Rival):
    """Kernels are one for all pictures of a batch, which is faster here than kernels of their own."""

    def __init__(self, learner: Successor):
        super().__init__(learner)
        self.mean_w, self.mean_length = torch.zeros(self.settings.latents), torch.zeros(())
        self.layers = 2 * len(self.settings.channels)

    def lazy(self, name):
        if name == "critic":
            return self.settings.lazy
        return self.settings.lazy // 2 if self.settings.path else 0

    def latents(self, told, z=None):
        if z is None:
            z = torch.randn(len(told), self.settings.latents)
        w = mapped(self.w, z, told, self.settings)
        if self.training:
            self.mean_w.lerp_(w.detach().mean(0), 1 - STEADY)
        return w

    def grain(self, n):
        return [torch.randn(n, 1, side, side) for side in self.settings.noise_sides]

    def make(self, told, z=None, grain=None, second=None, cut=None):
        """Return pictures from 0 to 1; in training, most have a second style from some layer on."""
        n, mixing = len(told), self.settings.mixing if self.training else 0.0
        w = self.latents(told, z)
        ws = [w] * self.layers
        if mixing or cut is not None:
            other = self.latents(told, second)
            if cut is None:
                cut = torch.where(torch.rand(n) < mixing, torch.randint(1, self.layers, (n,)), self.layers)
            ws = [torch.where((cut <= k)[:, None], other, w) for k in range(self.layers)]
        grain = self.grain(n) if grain is None else grain
        return painted(self.w, ws, grain, self.settings, own=False)[:, 0] * 0.5 + 0.5

    def verdict(self, pictures, told):
        return judged(self.w, pictures[:, None] * 2 - 1, told, self.settings)

    def critic_penalty(self, real, told):
        settings = self.settings
        length = r1(lambda x: judged(self.w, x, told, settings), real[:, None] * 2 - 1)
        return length * (settings.gamma / 2 * settings.lazy)

    def creator_penalty(self, told, z=None, grain=None, y=None):
        """Return the path length of half of the batch."""
        told = told[: len(told) // 2]
        n, side, every = len(told), self.settings.sides[-1], self.settings.lazy // 2
        w = self.latents(told, z)
        y = torch.randn(n, 1, side, side) / side if y is None else y
        grain = self.grain(n) if grain is None else grain
        lengths = path_lengths(painted(self.w, [w] * self.layers, grain, self.settings, own=False), w, y)
        penalty = (lengths - self.mean_length).square().mean() * (self.settings.path * every)
        if self.training:
            self.mean_length.lerp_(lengths.detach().mean(), 1 - LENGTH_KEPT)
        return penalty
