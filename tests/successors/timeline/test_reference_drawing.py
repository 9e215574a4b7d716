"""The systems that draw against the same written plainly with PyTorch, as the authors' programs are, with our weights.

Each is written here anew from paper and program: StyleGAN2 with a kernel of its own for each picture and filters by
zeros and convolution, its penalties by a backward pass through a backward pass, which our engine has not. Outputs may
differ by 1e-10 of the largest, gradients of every parameter by 1e-8.
"""

import math

import numpy as np
import pytest

from marki.io.responses import binary_code, lamps
from successors.nn.tensor import Tensor
from successors.timeline import (
    y2013_vae,
    y2014_gan,
    y2020_diffusion,
    y2020_stylegan2,
    y2021_animegan2,
    y2021_arcanegan,
    y2022_dualstylegan,
)

torch = pytest.importorskip("torch")
torch.set_num_threads(1)
functional = torch.nn.functional

OUTPUTS, GRADIENTS = 1e-10, 1e-8
RNG = np.random.default_rng(0)
CODES = lamps(binary_code(10))[:4]


@pytest.fixture(autouse=True)
def float64():
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


def both(network):
    """Return a network in float64, none of its arrays constant, and its parameters for PyTorch by name."""
    network.astype(np.float64)
    for p in network.parameters().values():
        if p.data.std() < 0.02:
            p.data += 0.1 * RNG.standard_normal(p.shape)
        p.grad = None
    return network, {n: torch.tensor(p.data, requires_grad=True) for n, p in network.parameters().items()}


def agree(network, weights, ours, theirs):
    """Compare outputs, and the gradients of their sum with random weights."""
    if ours.ndim:
        found, wanted = ours.data, theirs.detach().numpy()
        assert np.abs(found - wanted).max() <= OUTPUTS * max(1, np.abs(wanted).max())
        errors = RNG.standard_normal(ours.shape)
        ours, theirs = (ours * errors).sum(), (theirs * torch.tensor(errors)).sum()
    assert ours.item() == pytest.approx(theirs.item(), rel=1e-9)
    ours.backward()
    theirs.backward()
    compared = 0
    for name, p in network.parameters().items():
        wanted = weights[name].grad
        # What a loss does not depend on has no gradient, or a gradient of zeros.
        found, wanted = (np.zeros(p.shape) if g is None else np.asarray(g) for g in (p.grad, wanted))
        compared += bool(wanted.any())
        assert np.abs(found - wanted).max() <= GRADIENTS * max(1, np.abs(wanted).max()), name
    assert compared > 3


def linear(w, name, x):
    return functional.linear(x, w[f"{name}.weight"], w[f"{name}.bias"])


# -- 2013, 2014 -------------------------------------------------------------------------------------------------------


def test_the_vae():
    net, w = both(y2013_vae.VAE(y2013_vae.VAEConfig(side=5, hidden=7, latents=3), np.random.default_rng(0)))
    x, noise = (RNG.random((6, 25)) < 0.5).astype(float), RNG.standard_normal((6, 3))
    h = torch.tanh(linear(w, "encoder.hidden", torch.tensor(x)))
    mean, spread = linear(w, "encoder.mean", h), linear(w, "encoder.spread", h)
    posterior = torch.distributions.Normal(mean, (spread / 2).exp())
    kl = torch.distributions.kl_divergence(posterior, torch.distributions.Normal(0, 1)).sum(1)
    z = mean + (spread / 2).exp() * torch.tensor(noise)
    logits = linear(w, "decoder.output", torch.tanh(linear(w, "decoder.hidden", z)))
    lost = functional.binary_cross_entropy_with_logits(logits, torch.tensor(x), reduction="none").sum(1)
    agree(net, w, net.objective(x, noise)[1], (lost + kl).mean())


def test_the_adversarial_nets():
    config = y2014_gan.GANConfig(hidden=(7, 6), units=5, pieces=3, latents=4)
    net, w = both(y2014_gan.GAN(config, np.random.default_rng(0)))
    noise = RNG.standard_normal((4, 5))
    told = torch.eye(10)[:4]
    x = torch.cat([torch.tensor(noise[:, :-1]), told], 1)
    for k in range(2):
        x = functional.relu(linear(w, f"creator.hidden.{k}", x))
    made = torch.sigmoid(linear(w, "creator.output", x))
    y = torch.cat([made, told], 1)
    for name in ("first", "second"):
        y = linear(w, f"critic.{name}", y).reshape(4, 3, 5).amax(1)
    verdict = linear(w, "critic.output", y)[:, 0]
    loss = functional.binary_cross_entropy_with_logits(verdict, torch.ones(4))
    agree(net, w, net.creator_loss(net.verdict(net.make(CODES, noise), CODES)), loss)


# -- diffusion --------------------------------------------------------------------------------------------------------


def conv(w, name, x, **how):
    return functional.conv2d(x, w[f"{name}.weight"], w[f"{name}.bias"], **how)


def normed(w, name, x, groups):
    return functional.group_norm(x, groups, w[f"{name}.gain"], w[f"{name}.bias"], eps=1e-6)


def looked(w, name, x, groups):
    n, c, h, width = x.shape
    rows = normed(w, f"{name}.norm", x, groups).flatten(2).transpose(1, 2)
    q, k, v = (linear(w, f"{name}.{part}", rows) for part in ("query", "key", "value"))
    shares = (q @ k.transpose(1, 2) / math.sqrt(c)).softmax(-1)
    return x + linear(w, f"{name}.output", shares @ v).transpose(1, 2).reshape(n, c, h, width)


def residual(w, name, x, time, groups):
    h = conv(w, f"{name}.conv1", functional.silu(normed(w, f"{name}.norm1", x, groups)), padding=1)
    h = h + linear(w, f"{name}.time", functional.silu(time))[:, :, None, None]
    h = conv(w, f"{name}.conv2", functional.silu(normed(w, f"{name}.norm2", h, groups)), padding=1)
    x = h + (conv(w, f"{name}.shortcut", x) if f"{name}.shortcut.weight" in w else x)
    return looked(w, f"{name}.attention", x, groups) if f"{name}.attention.norm.gain" in w else x


def denoised(w, x, times, kinds, config):
    """Return the noise in x: the authors' unet.py, with the class and positions of the retina where they are."""
    g, half = config.groups, config.width // 2
    angles = torch.tensor(times)[:, None] * torch.exp(torch.arange(half) * (-math.log(10_000) / (half - 1)))
    time = linear(w, "unet.time.0", torch.cat([angles.sin(), angles.cos()], 1))
    time = linear(w, "unet.time.1", functional.silu(time))
    if config.asked:
        time = time + w["unet.classes.table"][kinds]
    h = conv(w, "unet.enter", functional.pixel_unshuffle(x, config.patch), padding=1)
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
    for k in range(2):
        h = residual(w, f"unet.middle.{k}", h, time, g)
    for scale in range(len(config.multiples)):
        if scale:
            h = conv(w, f"unet.grow.{scale - 1}", functional.interpolate(h, scale_factor=2), padding=1)
        for k in range(config.blocks + 1):
            h = residual(w, f"unet.up.{scale}.{k}", torch.cat([h, kept.pop()], 1), time, g)
    h = conv(w, "unet.leave", functional.silu(normed(w, "unet.norm", h, g)), padding=1)
    return functional.pixel_shuffle(h, config.patch)


@pytest.mark.parametrize("size", ["retina", "paper"])
def test_the_u_net(size):
    small = {"width": 8, "groups": 4, "last": 1.0, "drop": 0.0}
    if size == "retina":
        config = y2020_diffusion.DiffusionConfig().amend(small)
    else:
        config = y2020_diffusion.CIFAR.amend(small)
    net, w = both(y2020_diffusion.Diffusion(config, np.random.default_rng(0)))
    x = RNG.standard_normal((3, config.colours, config.side, config.side))
    times, kinds = np.array([1, 480, 1000]), np.array([2, 7, 10])
    agree(net, w, net.unet(Tensor(x), times, kinds), denoised(w, torch.tensor(x), times, kinds, config))


# -- StyleGAN2 --------------------------------------------------------------------------------------------------------


def upfirdn(x, up, down, before, after, gain=1.0):
    """Return images with zeros between, padded, under the filter [1, 3, 3, 1], and thinned out."""
    n, c, h, width = x.shape
    x = torch.nn.functional.pad(x.reshape(n, c, h, 1, width, 1), (0, up - 1, 0, 0, 0, up - 1))
    x = functional.pad(x.reshape(n, c, h * up, width * up), (before, after, before, after))
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8
    kernel = (taps[:, None] * taps * gain).flip(0, 1).expand(c, 1, 4, 4)
    return functional.conv2d(x, kernel, groups=c)[:, :, ::down, ::down]


def equal(w, name, x, rate=1.0):
    weight, bias = w[f"{name}.weight"], w[f"{name}.bias"]
    return functional.linear(x, weight * (rate / math.sqrt(weight.shape[1])), bias * rate)


def act(x):
    return functional.leaky_relu(x, 0.2) * math.sqrt(2)


def modulated(w, name, x, latent, *, rises=False, demodulates=True):
    """Return images under kernels of their own, by groups, as `modulated_conv2d_layer`."""
    weight = w[f"{name}.weight"]
    f, c, size, _ = weight.shape
    style = equal(w, f"{name}.style", latent)
    n = len(style)
    kernels = (weight / math.sqrt(c * size**2))[None] * style[:, None, :, None, None]
    if demodulates:
        kernels = kernels * torch.rsqrt((kernels**2).sum((2, 3, 4), keepdim=True) + 1e-8)
    h, width = x.shape[2:]
    x = x.expand(n, -1, -1, -1).reshape(1, n * c, h, width)
    if rises:
        kernels = kernels.transpose(1, 2).reshape(n * c, f, size, size)
        x = functional.conv_transpose2d(x, kernels, stride=2, groups=n)
        return upfirdn(x.reshape(n, f, *x.shape[2:]), 1, 1, 1, 1, gain=4)
    x = functional.conv2d(x, kernels.reshape(n * f, c, size, size), padding=size // 2, groups=n)
    return x.reshape(n, f, h, width)


def mapped(w, z, told, config):
    x = torch.cat([z, told @ w["creator.mapping.classes"]], 1)
    x = x * torch.rsqrt((x**2).mean(1, keepdim=True) + 1e-8)
    for k in range(config.mapping):
        x = act(equal(w, f"creator.mapping.layers.{k}", x, config.mapping_rate))
    return x


def styled(w, name, x, latent, noise, **how):
    x = modulated(w, f"{name}.conv", x, latent, **how) + w[f"{name}.strength"] * noise
    return act(x + w[f"{name}.bias"][:, None, None])


def coloured(w, k, x, latent):
    name = f"creator.synthesis.colour.{k}"
    return modulated(w, name, x, latent, demodulates=False) + w[f"creator.synthesis.colour_bias.{k}"][:, None, None]


def painted(w, latent, noise, config):
    """Return pictures from -1 to 1, as `G_synthesis_stylegan2` with skips."""
    base = "creator.synthesis"
    x = styled(w, f"{base}.first", w[f"{base}.const"], latent, noise[0])
    picture = coloured(w, 0, x, latent)
    for k in range(1, len(config.channels)):
        x = styled(w, f"{base}.rise.{k - 1}", x, latent, noise[2 * k - 1], rises=True)
        x = styled(w, f"{base}.stay.{k - 1}", x, latent, noise[2 * k])
        picture = upfirdn(picture, 2, 1, 2, 1, gain=4) + coloured(w, k, x, latent)
    return torch.tanh(picture) if config.squashed else picture


def judged(w, x, told, config):
    """Return logits of pictures from -1 to 1, as `D_stylegan2` with residual blocks."""

    def convolved(name, x, bias=True, down=False):
        weight = w[f"{name}.weight"]
        size = weight.shape[2]
        weight = weight / math.sqrt(weight.shape[1] * size**2)
        if down:
            edge = size // 2 + 1
            x = functional.conv2d(upfirdn(x, 1, 1, edge, edge), weight, stride=2)
        else:
            x = functional.conv2d(x, weight, padding=size // 2)
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


@pytest.fixture(scope="module", params=[True, False], ids=["squashed", "plain"])
def pair(request):
    config = y2020_stylegan2.StyleGAN2Config(
        channels=(6, 5, 4), latents=5, mapping=3, gamma=3.0, squashed=request.param
    )
    return y2020_stylegan2.StyleGAN2(config, np.random.default_rng(0)), config


def test_the_generator(pair):
    net, config = pair
    net, w = both(net)
    noise = RNG.standard_normal((4, net.noise))
    grain = [torch.tensor(g) for g in net.grain(noise)]
    latent = mapped(w, torch.tensor(noise[:, :5]), torch.eye(10)[:4], config)
    theirs = painted(w, latent, grain, config)[:, 0] / 2 + 0.5
    agree(net, w, net.make(CODES, noise), theirs)


def test_the_discriminator(pair):
    net, config = pair
    net, w = both(net)
    x = RNG.random((4, 20, 20))
    theirs = judged(w, torch.tensor(x)[:, None] * 2 - 1, torch.eye(10)[:4], config)
    agree(net, w, net.verdict(Tensor(x), CODES), theirs)


def test_r1_by_a_backward_pass_through_a_backward_pass(pair):
    net, config = pair
    net, w = both(net)
    x = RNG.random((4, 20, 20))
    seen = torch.tensor(x[:, None] * 2 - 1, requires_grad=True)
    verdict = judged(w, seen, torch.eye(10)[:4], config).sum()
    slope = torch.autograd.grad(verdict, seen, create_graph=True)[0]
    theirs = (slope**2).sum((1, 2, 3)).mean() * (config.gamma / 2 * config.lazy)
    agree(net, w, net.critic_penalty(0, x, CODES), theirs)


def test_the_path_length_by_a_backward_pass_through_a_backward_pass(pair):
    net, config = pair
    net, w = both(net)
    net.lengths[...] = 0.6, 0
    ours = net.creator_penalty(0, CODES, np.random.default_rng(3))
    rng = np.random.default_rng(3)
    noise = rng.standard_normal((2, net.noise))
    y = torch.tensor(rng.standard_normal((2, 1, 20, 20)) / 20)
    latent = mapped(w, torch.tensor(noise[:, :5]), torch.eye(10)[:2], config)
    picture = painted(w, latent, [torch.tensor(g) for g in net.grain(noise)], config)
    slope = torch.autograd.grad((picture * y).sum(), latent, create_graph=True)[0]
    theirs = ((slope.square().sum(1).sqrt() - 0.6) ** 2).mean() * (config.path * config.lazy / 2)
    agree(net, w, ours, theirs)


# -- what stands on them ----------------------------------------------------------------------------------------------


def anime_normed(w, name, x, kind):
    groups = 1 if kind == "layer" else x.shape[1]
    return functional.group_norm(x, groups, w[f"{name}.gain"], w[f"{name}.bias"])


def anime_conv(w, name, x, kind, stride=1):
    """Return `Conv2DNormLReLU` of the program, padded with zeros."""
    weight = w[f"{name}.conv.weight"]
    x = functional.conv2d(x, weight, stride=stride, padding=weight.shape[2] // 2)
    return functional.leaky_relu(anime_normed(w, f"{name}.norm", x, kind), 0.2)


def anime_generated(w, x, config):
    """Return pictures from -1 to 1, as `G_net` of the program, parts A to E."""
    kind, base = config.norm, "creator"
    for k, stride in enumerate((1, 2, 1)):
        x = anime_conv(w, f"{base}.enter.{k}", x, kind, stride)
    for k, stride in enumerate((2, 1, 1)):
        x = anime_conv(w, f"{base}.narrow.{k}", x, kind, stride)
    for k in range(config.blocks):
        name = f"{base}.blocks.{k}"
        y = anime_conv(w, f"{name}.widen", x, kind)
        y = functional.conv2d(y, w[f"{name}.each.weight"], w[f"{name}.each.bias"], padding=1, groups=y.shape[1])
        y = functional.leaky_relu(anime_normed(w, f"{name}.norm1", y, kind), 0.2)
        y = anime_normed(w, f"{name}.norm2", functional.conv2d(y, w[f"{name}.narrow.weight"]), kind)
        x = x + y if x.shape == y.shape else y
    x = anime_conv(w, f"{base}.middle", x, kind)
    for part, count in (("rise", 2), ("leave", 3)):
        x = functional.interpolate(x, scale_factor=2)
        for k in range(count):
            x = anime_conv(w, f"{base}.{part}.{k}", x, kind)
    return torch.tanh(functional.conv2d(x, w[f"{base}.output.weight"], w[f"{base}.output.bias"]))


def anime_judged(w, x, config):
    """Return verdicts of patches, as `D_net` of the program without spectral normalisation."""

    def conv(name, x, stride=1):
        return functional.conv2d(x, w[f"critic.{name}.weight"], stride=stride, padding=1)

    def normed(k, x):
        if config.critic_norm:
            x = functional.group_norm(x, 1, w[f"critic.norms.{k}.gain"], w[f"critic.norms.{k}.bias"])
        return functional.leaky_relu(x, 0.2)

    x = functional.leaky_relu(conv("enter", x), 0.2)
    for k in range(2):
        x = functional.leaky_relu(conv(f"halve.{k}", x, stride=2), 0.2)
        x = normed(k, conv(f"widen.{k}", x))
    return conv("output", normed(2, conv("last", x)))


@pytest.mark.parametrize("kind", ["layer", "instance"])
def test_animegan2(kind):
    small = {"width": 2, "blocks": 3, "critic_width": 2, "critic_norm": True, "norm": kind, "vgg_widths": (3, 4)}
    config = y2021_animegan2.AnimeGAN2Config().amend(small)
    net, w = both(y2021_animegan2.AnimeGAN2(config, np.random.default_rng(0)))
    x = RNG.random((3, 20, 20))
    made = anime_generated(w, torch.tensor(x)[:, None] * 2 - 1, config)
    agree(net, w, net.make(x, np.zeros((3, 0))), made[:, 0] / 2 + 0.5)
    for p in net.parameters().values():
        p.grad = None
    w = {name: value.detach().requires_grad_() for name, value in w.items()}
    theirs = anime_judged(w, torch.tensor(x)[:, None] * 2 - 1, config).flatten(1)
    agree(net, w, net.verdict(Tensor(x), CODES), theirs)


def test_the_u_net_of_arcanegan():
    config = y2021_arcanegan.ArcaneGANConfig().amend(
        {"channels": (4, 3, 2), "latents": 3, "mapping": 2, "maps": (2, 3, 4)}
    )
    net, w = both(y2021_arcanegan.ArcaneGAN(config, np.random.default_rng(0)))
    x = RNG.random((3, 20, 20))

    def double(name, x):
        for part in ("first", "second"):
            x = functional.relu(conv(w, f"unet.{name}.{part}", x, padding=1))
        return x

    full = double("down.0", torch.tensor(x)[:, None])
    half = double("down.1", functional.max_pool2d(full, 2))
    low = double("down.2", functional.max_pool2d(half, 2))
    half = double("up.1", torch.cat([functional.interpolate(low, scale_factor=2), half], 1))
    full = double("up.0", torch.cat([functional.interpolate(half, scale_factor=2), full], 1))
    theirs = torch.sigmoid(conv(w, "unet.output", full))[:, 0]
    agree(net, w, net.unet(Tensor(x[:, None]))[:, 0], theirs)


def test_the_two_paths_of_dualstylegan():
    small = {"channels": (6, 5, 4), "latents": 5, "mapping": 3, "maps": (2, 3, 4), "full": 6}
    config = y2022_dualstylegan.DualStyleGANConfig().amend(small)
    net, w = both(y2022_dualstylegan.DualStyleGAN(config, np.random.default_rng(0)))
    ws, e = RNG.standard_normal((3, 6, 5)), RNG.standard_normal((3, 5))
    structure, colour = 0.7, 0.4
    latent, exemplar = torch.tensor(ws), torch.tensor(e)
    base = "generator.synthesis"
    code = exemplar * torch.rsqrt((exemplar**2).mean(1, keepdim=True) + 1e-8)
    for k in range(2):
        code = act(equal(w, f"extrinsic.code.{k}", code, config.mapping_rate))

    def block(k, x):
        """Return `AdaResBlock` of the program."""
        y = x
        for part in range(2):
            name = f"extrinsic.structure.{k}"
            style = linear(w, f"{name}.norms.{part}.style", code)[:, :, None, None]
            gain, shift = style.chunk(2, 1)
            y = functional.instance_norm(y, eps=1e-5) * gain + shift
            weight = w[f"{name}.convs.{part}.weight"]
            y = functional.conv2d(y, weight / math.sqrt(weight.shape[1] * 9), w[f"{name}.convs.{part}.bias"], padding=1)
            y = act(y)
        return x + structure * y

    def fine(k, layer):
        return colour * equal(w, f"extrinsic.colour.{k}", exemplar) + (1 - colour) * latent[:, layer]

    def picture_of(k, x, latent):
        bias = w[f"{base}.colour_bias.{k}"][:, None, None]
        return modulated(w, f"{base}.colour.{k}", x, latent, demodulates=False) + bias

    x = block(0, styled(w, f"{base}.first", w[f"{base}.const"], latent[:, 0], 0.0))
    picture = picture_of(0, x, latent[:, 1])
    x = block(1, styled(w, f"{base}.rise.0", x, latent[:, 1], 0.0, rises=True))
    x = block(2, styled(w, f"{base}.stay.0", x, latent[:, 2], 0.0))
    picture = upfirdn(picture, 2, 1, 2, 1, gain=4) + picture_of(1, x, fine(0, 3))
    x = styled(w, f"{base}.rise.1", x, fine(0, 3), 0.0, rises=True)
    x = styled(w, f"{base}.stay.1", x, fine(1, 4), 0.0)
    picture = upfirdn(picture, 2, 1, 2, 1, gain=4) + picture_of(2, x, fine(2, 5))
    theirs = torch.tanh(picture)[:, 0] / 2 + 0.5
    agree(net, w, net.paint(Tensor(ws), Tensor(e), structure=structure, colour=colour), theirs)
