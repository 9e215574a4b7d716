"""Systems that draw what they are shown in another manner: as functions of weights by our names, and as mirrors.

As in `drawing`, the functions are written anew from the programs; `tests/successors/timeline/test_reference_drawing.py`
holds ours against them.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from mirrors.drawing import (
    Rival,
    StyleGAN2,
    Weights,
    act,
    conv,
    equal,
    linear,
    mapped,
    modulated,
    painted,
    styled,
    upfirdn,
)
from mirrors.mirror import Mirror
from successors.nn.learner import Successor
from successors.timeline.y2021_animegan2 import MADE, REAL, SMOOTHED, STEADY, AnimeGAN2Config
from successors.timeline.y2021_arcanegan import ArcaneGANConfig
from successors.timeline.y2022_dualstylegan import EPS_NORM, DualStyleGANConfig


def renamed(w: Weights, old: str, new: str) -> Weights:
    """Return the weights of a part of that name, under another."""
    return {new + name.removeprefix(old): p for name, p in w.items() if name.startswith(old)}


# -- AnimeGANv2 -------------------------------------------------------------------------------------------------------


def anime_normed(w: Weights, name: str, x: torch.Tensor, kind: str) -> torch.Tensor:
    groups = 1 if kind == "layer" else x.shape[1]
    return F.group_norm(x, groups, w[f"{name}.gain"], w[f"{name}.bias"])


def anime_conv(w: Weights, name: str, x: torch.Tensor, kind: str, stride: int = 1) -> torch.Tensor:
    """Return `Conv2DNormLReLU` of the program, padded with zeros."""
    weight = w[f"{name}.conv.weight"]
    x = F.conv2d(x, weight, stride=stride, padding=weight.shape[2] // 2)
    return F.leaky_relu(anime_normed(w, f"{name}.norm", x, kind), 0.2)


def anime_generated(w: Weights, x: torch.Tensor, config: AnimeGAN2Config) -> torch.Tensor:
    """Return pictures from -1 to 1, as `G_net` of the program, parts A to E."""
    kind, base = config.norm, "creator"
    for k, stride in enumerate((1, 2, 1)):
        x = anime_conv(w, f"{base}.enter.{k}", x, kind, stride)
    for k, stride in enumerate((2, 1, 1)):
        x = anime_conv(w, f"{base}.narrow.{k}", x, kind, stride)
    for k in range(config.blocks):
        name = f"{base}.blocks.{k}"
        y = anime_conv(w, f"{name}.widen", x, kind)
        y = F.conv2d(y, w[f"{name}.each.weight"], w[f"{name}.each.bias"], padding=1, groups=y.shape[1])
        y = F.leaky_relu(anime_normed(w, f"{name}.norm1", y, kind), 0.2)
        y = anime_normed(w, f"{name}.norm2", F.conv2d(y, w[f"{name}.narrow.weight"]), kind)
        x = x + y if x.shape == y.shape else y
    x = anime_conv(w, f"{base}.middle", x, kind)
    for part, count in (("rise", 2), ("leave", 3)):
        x = F.interpolate(x, scale_factor=2)
        for k in range(count):
            x = anime_conv(w, f"{base}.{part}.{k}", x, kind)
    return torch.tanh(F.conv2d(x, w[f"{base}.output.weight"], w[f"{base}.output.bias"]))


def anime_judged(w: Weights, x: torch.Tensor, config: AnimeGAN2Config) -> torch.Tensor:
    """Return verdicts of patches, as `D_net` of the program without spectral normalisation."""

    def convolved(name: str, x: torch.Tensor, stride: int = 1) -> torch.Tensor:
        return F.conv2d(x, w[f"critic.{name}.weight"], stride=stride, padding=1)

    def normed(k: int, x: torch.Tensor) -> torch.Tensor:
        if config.critic_norm:
            x = F.group_norm(x, 1, w[f"critic.norms.{k}.gain"], w[f"critic.norms.{k}.bias"])
        return F.leaky_relu(x, 0.2)

    x = F.leaky_relu(convolved("enter", x), 0.2)
    for k in range(2):
        x = F.leaky_relu(convolved(f"halve.{k}", x, stride=2), 0.2)
        x = normed(k, convolved(f"widen.{k}", x))
    return convolved("output", normed(2, convolved("last", x)))


def anime_features(w: Weights, x: torch.Tensor, config: AnimeGAN2Config) -> torch.Tensor:
    """Return the maps of VGG's last convolution, not rectified, of pictures (n, c, h, w) of light."""
    for block, depth in enumerate(config.vgg_depths):
        x = F.max_pool2d(F.relu(x), 2) if block else x
        for k in range(depth):
            x = conv(w, f"features.blocks.{block}.{k}", F.relu(x) if k else x, padding=1)
    return x


def gram(maps: torch.Tensor) -> torch.Tensor:
    """Return the mean product of each pair of maps (n, c, h, w), (c, c)."""
    rows = maps.transpose(0, 1).flatten(1)
    return rows @ rows.T / rows.shape[1]


def smoothed(pictures: torch.Tensor) -> torch.Tensor:
    """Return pictures (n, h, w) without their edges."""
    taps = torch.tensor([0.25, 0.5, 0.25], dtype=pictures.dtype)
    kernel = torch.outer(taps, taps)[None, None]
    return F.conv2d(F.conv2d(pictures[:, None], kernel, padding=1), kernel, padding=1)[:, 0]


class AnimeGAN2(Rival):
    """What is drawn and judged is what it is shown; a step of its creator needs what was made last."""

    def __init__(self, learner: Successor):
        super().__init__(learner)
        self.at_stage, self.style, self.made = 0, self.moments["style"], torch.empty(0)
        for name, p in self.w.items():
            p.requires_grad_(not name.startswith("features."))

    def lazy(self, name):
        return 1

    def proceed(self, step):
        self.at_stage = self.settings.recipe.stage_at(step)[0]

    def told(self, photographs):
        return photographs

    def make(self, photographs):
        self.made = anime_generated(self.w, photographs[:, None] * 2 - 1, self.settings)[:, 0] * 0.5 + 0.5
        return self.made

    def verdict(self, pictures, photographs):
        return anime_judged(self.w, pictures[:, None] * 2 - 1, self.settings)

    def critic_loss(self, real, made, photographs):
        of_real, of_made = self.verdict(real, photographs), self.verdict(made, photographs)
        (of_real.detach() > 0.5).float().mean(), (of_made.detach() <= 0.5).float().mean()
        return (of_real - 1).square().mean() * REAL + of_made.square().mean() * MADE

    def critic_penalty(self, real, photographs):
        """Return the loss of smoothed pictures; the Gram matrix of the real ones is noted."""
        if self.training:
            with torch.no_grad():
                found = gram(anime_features(self.w, real[:, None], self.settings))
            self.style = torch.lerp(found, self.style, STEADY) if self.style.any() else found
        return self.verdict(smoothed(real), photographs).square().mean() * SMOOTHED

    def creator_loss(self, made, photographs):
        return (self.verdict(made, photographs) - 1).square().mean() * (self.settings.rival if self.at_stage else 0.0)

    def creator_penalty(self, photographs):
        c, made = self.settings, self.made
        with torch.no_grad():
            wanted = anime_features(self.w, photographs[:, None], c)
        found = anime_features(self.w, made[:, None], c)
        loss = F.l1_loss(found, wanted) * c.content
        loss = loss + F.mse_loss(made, photographs) * (c.cells if self.at_stage else c.cells_first)
        if self.at_stage:
            loss = loss + F.l1_loss(gram(found), self.style) * c.gram
        return loss


# -- ArcaneGAN --------------------------------------------------------------------------------------------------------


def arcane_drawn(w: Weights, x: torch.Tensor, config: ArcaneGANConfig) -> torch.Tensor:
    """Return what the U-Net makes of pictures (n, c, h, w)."""

    def double(name: str, x: torch.Tensor) -> torch.Tensor:
        for part in ("first", "second"):
            x = F.relu(conv(w, f"unet.{name}.{part}", x, padding=1))
        return x

    seen = []
    for k in range(len(config.maps)):
        x = double(f"down.{k}", F.max_pool2d(x, 2) if k else x)
        seen.append(x)
    for k in reversed(range(len(config.maps) - 1)):
        x = double(f"up.{k}", torch.cat([F.interpolate(x, scale_factor=2), seen[k]], 1))
    return torch.sigmoid(conv(w, "unet.output", x))


class ArcaneGAN(StyleGAN2):
    """Two stages: the new generator and its critic, without mixing, and the U-Net from pairs."""

    def __init__(self, learner: Successor):
        super().__init__(learner)
        self.base = renamed(self.w, "base.", "creator.")
        self.blended = renamed(self.w, "blended.", "creator.synthesis.")
        for name, p in self.w.items():
            p.requires_grad_(not name.startswith(("base.", "blended.")))

    def told(self, classes):
        return self.one_hot(torch.randint(self.settings.classes, (len(classes),)))

    def make(self, told, z=None, grain=None):
        return self.painted(self.w, self.latents(told, z), self.grain(len(told)) if grain is None else grain)

    def verdict(self, pictures, told):
        """Return the logits of pictures, all classes alike."""
        return super().verdict(pictures, torch.full_like(told, 1 / self.settings.classes))

    def critic_penalty(self, real, told):
        return super().critic_penalty(real, torch.full_like(told, 1 / self.settings.classes))

    def painted(self, w, latent, grain):
        return painted(w, [latent] * self.layers, grain, self.settings, own=False)[:, 0] * 0.5 + 0.5

    def pairs(self, told, z=None, grain=None):
        """Return pictures of the old generator, and those of the same w by the blended one."""
        z = torch.randn(len(told), self.settings.latents) if z is None else z
        grain = self.grain(len(told)) if grain is None else grain
        with torch.no_grad():
            latent = mapped(self.base, z, told, self.settings)
            return self.painted(self.base, latent, grain), self.painted(self.blended, latent, grain)

    def difference(self, old, new):
        made = arcane_drawn(self.w, old[:, None], self.settings)[:, 0]
        return (made - new).square().sum() / len(old)


# -- DualStyleGAN -----------------------------------------------------------------------------------------------------


def structured(w: Weights, k: int, x: torch.Tensor, style: torch.Tensor, dial: float) -> torch.Tensor:
    """Return `AdaResBlock` of the program."""
    y, name = x, f"extrinsic.structure.{k}"
    for part in range(2):
        gain, shift = linear(w, f"{name}.norms.{part}.style", style)[:, :, None, None].chunk(2, 1)
        weight = w[f"{name}.convs.{part}.weight"]
        weight = weight / math.sqrt(weight[0].numel())
        y = F.instance_norm(y, eps=EPS_NORM) * gain + shift
        y = act(F.conv2d(y, weight, w[f"{name}.convs.{part}.bias"], padding=1))
    return x + y * dial


def dual_painted(
    w: Weights,
    latents: torch.Tensor,
    exemplar: torch.Tensor | None,
    config: DualStyleGANConfig,
    *,
    own: bool,
    structure: float = 1.0,
    colour: float = 1.0,
) -> torch.Tensor:
    """Return pictures (n, h, w) of latents (n, layers, latents) and the code of an exemplar; without, by StyleGAN2."""
    base, style = "generator.synthesis", exemplar
    if exemplar is not None:
        style = exemplar * torch.rsqrt(exemplar.square().mean(1, keepdim=True) + 1e-8)
        for k in range(config.codes):
            style = act(equal(w, f"extrinsic.code.{k}", style, config.mapping_rate))

    def added(k: int, x: torch.Tensor) -> torch.Tensor:
        return x if style is None or k > 2 * config.coarse - 2 else structured(w, k, x, style, structure)

    def code(layer: int) -> torch.Tensor:
        fine = layer - 2 * config.coarse + 1
        if exemplar is None or fine < 0:
            return latents[:, layer]
        return colour * equal(w, f"extrinsic.colour.{fine}", exemplar) + (1 - colour) * latents[:, layer]

    def coloured(k: int, x: torch.Tensor) -> torch.Tensor:
        x = modulated(w, f"{base}.colour.{k}", x, code(2 * k + 1), own=own, demodulates=False)
        return x + w[f"{base}.colour_bias.{k}"][:, None, None]

    silent = torch.zeros(())
    x = added(0, styled(w, f"{base}.first", w[f"{base}.const"], code(0), silent, own=own))
    picture = coloured(0, x)
    for k in range(1, len(config.channels)):
        x = styled(w, f"{base}.rise.{k - 1}", x, code(2 * k - 1), silent, own=own, rises=True)
        x = added(2 * k - 1, x)
        x = added(2 * k, styled(w, f"{base}.stay.{k - 1}", x, code(2 * k), silent, own=own))
        picture = upfirdn(picture, 2, 1, 2, 1, gain=4) + coloured(k, x)
    return torch.tanh(picture)[:, 0] * 0.5 + 0.5


def encoded(w: Weights, name: str, pictures: torch.Tensor, config: DualStyleGANConfig) -> torch.Tensor:
    """Return the codes (n, codes, latents) of pictures (n, h, w)."""
    x = pictures[:, None]
    for k in range(len(config.maps)):
        x = F.relu(conv(w, f"{name}.convs.{k}", x, stride=2 if k else 1, padding=1))
    x = linear(w, f"{name}.output", F.relu(linear(w, f"{name}.full", x.flatten(1))))
    return x.unflatten(1, (-1, config.latents))


class DualStyleGAN(Mirror):
    """With one kernel for all pictures of a batch."""

    def paint(self, latents, exemplar=None):
        c = self.settings
        return dual_painted(self.w, latents, exemplar, c, own=False, structure=c.structure, colour=c.colour)

    def inverted_loss(self, prints, z=None, told=None):
        """Return the loss of stage one: of prints, and of generated pictures whose codes are known."""
        c, n = self.settings, len(prints)
        z = torch.randn(n, c.latents) if z is None else z
        told = F.one_hot(torch.randint(c.classes, (n,)), c.classes).to(z.dtype) if told is None else told
        with torch.no_grad():
            wanted = mapped(renamed(self.w, "generator.", "creator."), z, told, c)
            wanted = wanted[:, None].expand(-1, 2 * len(c.channels), -1)
            pictures = self.paint(wanted)
        half = n // 2
        seen = torch.cat([prints[: n - half], pictures[:half]])
        codes = encoded(self.w, "intrinsic", seen, c)
        loss = (self.paint(codes) - seen).square().sum() / n
        return loss + F.mse_loss(codes[n - half :], wanted[:half])

    def manner_loss(self, reels, targets):
        """Return the loss of stage two."""
        c = self.settings
        exemplar = encoded(self.w, "manner", reels[:, -1], c)[:, 0]
        made = self.paint(encoded(self.w, "intrinsic", reels[:, 0], c), exemplar)
        return (made - targets).square().sum() / len(made)
