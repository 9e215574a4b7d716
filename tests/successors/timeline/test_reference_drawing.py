"""The systems that draw against the same written plainly with PyTorch, as the authors' programs are, with our weights.

Each is written anew from paper and program, in `benchmarks/mirrors/` (`drawing.py`, `restyled.py`), where it is timed
as well: StyleGAN2 with a kernel of its own for each picture, or without, and filters by zeros and convolution, its
penalties by a backward pass through a backward pass, which our engine has not. Outputs may differ by 1e-10 of the
largest, gradients of every parameter by 1e-8.
"""

import sys
from pathlib import Path

import numpy as np
import pytest

from marki.io.responses import binary_code, lamps
from successors.nn.tensor import Tensor
from successors.timeline import (
    y2006_autoencoder,
    y2013_vae,
    y2014_gan,
    y2020_diffusion,
    y2020_stylegan2,
    y2021_animegan2,
    y2021_arcanegan,
    y2022_dualstylegan,
)

torch = pytest.importorskip("torch")
sys.path.append(str(Path(__file__).parents[3] / "benchmarks"))
drawing = pytest.importorskip("mirrors.drawing")
restyled = pytest.importorskip("mirrors.restyled")
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


def agree(network, weights, ours, theirs, *, parameters=4):
    """Compare outputs, and the gradients of their sum with random weights; not so few parameters have one."""
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
    assert compared >= parameters


# -- 2006, 2013, 2014 -------------------------------------------------------------------------------------------------


def autoencoder():
    config = y2006_autoencoder.AutoencoderConfig(widths=(12, 7, 5, 3), deviation=0.5)
    net, w = both(y2006_autoencoder.Autoencoder(config, np.random.default_rng(0)))
    return net, w, RNG.random((6, 12))


def test_the_autoencoder():
    net, w, x = autoencoder()
    logits = drawing.given_back(w, torch.tensor(x), 3)
    loss = functional.binary_cross_entropy_with_logits(logits, torch.tensor(x), reduction="none").sum(1).mean()
    agree(net, w, net.loss(net(Tensor(x)), x), loss)


@pytest.mark.parametrize("layer", [0, 1, 2])
def test_a_layer_of_the_autoencoder_by_itself(layer):
    net, w, x = autoencoder()
    code = layer == 2
    below = drawing.encoded(w, torch.tensor(x), layer, 3).detach()
    rng = np.random.default_rng(0)  # what ours draws from outside a training
    shape = (6, net.config.widths[layer + 1])
    noise = torch.tensor(rng.standard_normal(shape) if code else rng.random(shape))
    rate = net.config.code_rate if code else net.config.layer_rate
    theirs = drawing.contrast(w, layer, below, noise, code=code) * (rate / net.config.recipe.rate)
    agree(net, w, net.contrast(below.numpy(), layer), theirs, parameters=3)


def test_the_vae():
    net, w = both(y2013_vae.VAE(y2013_vae.VAEConfig(side=5, hidden=7, latents=3), np.random.default_rng(0)))
    x, noise = (RNG.random((6, 25)) < 0.5).astype(float), RNG.standard_normal((6, 3))
    logits, mean, spread = drawing.vae(w, torch.tensor(x), torch.tensor(noise))
    posterior = torch.distributions.Normal(mean, (spread / 2).exp())
    kl = torch.distributions.kl_divergence(posterior, torch.distributions.Normal(0, 1)).sum(1)
    lost = functional.binary_cross_entropy_with_logits(logits, torch.tensor(x), reduction="none").sum(1)
    agree(net, w, net.objective(x, noise)[1], (lost + kl).mean())


def test_the_adversarial_nets():
    config = y2014_gan.GANConfig(hidden=(7, 6), units=5, pieces=3, latents=4)
    net, w = both(y2014_gan.GAN(config, np.random.default_rng(0)))
    noise = RNG.standard_normal((4, 5))
    told = torch.eye(10)[:4]
    made = drawing.forged(w, torch.tensor(noise[:, :-1]), told, config)
    loss = functional.binary_cross_entropy_with_logits(drawing.detected(w, made, told, config), torch.ones(4))
    agree(net, w, net.creator_loss(net.verdict(net.make(CODES, noise), CODES)), loss)


# -- diffusion --------------------------------------------------------------------------------------------------------


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
    theirs = drawing.denoised(w, *(torch.tensor(a) for a in (x, times, kinds)), config)
    agree(net, w, net.unet(Tensor(x), times, kinds), theirs)


# -- StyleGAN2 --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=[True, False], ids=["squashed", "plain"])
def pair(request):
    config = y2020_stylegan2.StyleGAN2Config(
        channels=(6, 5, 4), latents=5, mapping=3, gamma=3.0, squashed=request.param
    )
    return y2020_stylegan2.StyleGAN2(config, np.random.default_rng(0)), config


@pytest.mark.parametrize("own", [True, False], ids=["own kernels", "one kernel"])
def test_the_generator(pair, own):
    net, config = pair
    net, w = both(net)
    noise = RNG.standard_normal((4, net.noise))
    grain = [torch.tensor(g) for g in net.grain(noise)]
    latent = drawing.mapped(w, torch.tensor(noise[:, :5]), torch.eye(10)[:4], config)
    theirs = drawing.painted(w, [latent] * 6, grain, config, own=own)[:, 0] / 2 + 0.5
    agree(net, w, net.make(CODES, noise), theirs)


def test_the_discriminator(pair):
    net, config = pair
    net, w = both(net)
    x = RNG.random((4, 20, 20))
    theirs = drawing.judged(w, torch.tensor(x)[:, None] * 2 - 1, torch.eye(10)[:4], config)
    agree(net, w, net.verdict(Tensor(x), CODES), theirs)


def test_r1_by_a_backward_pass_through_a_backward_pass(pair):
    net, config = pair
    net, w = both(net)
    x = RNG.random((4, 20, 20))
    seen = torch.tensor(x[:, None] * 2 - 1)
    theirs = drawing.r1(lambda seen: drawing.judged(w, seen, torch.eye(10)[:4], config), seen)
    agree(net, w, net.critic_penalty(0, x, CODES), theirs * (config.gamma / 2 * config.lazy))


@pytest.mark.parametrize("own", [True, False], ids=["own kernels", "one kernel"])
def test_the_path_length_by_a_backward_pass_through_a_backward_pass(pair, own):
    net, config = pair
    net, w = both(net)
    net.lengths[...] = 0.6, 0
    ours = net.creator_penalty(0, CODES, np.random.default_rng(3))
    rng = np.random.default_rng(3)
    noise = rng.standard_normal((2, net.noise))
    y = torch.tensor(rng.standard_normal((2, 1, 20, 20)) / 20)
    latent = drawing.mapped(w, torch.tensor(noise[:, :5]), torch.eye(10)[:2], config)
    picture = drawing.painted(w, [latent] * 6, [torch.tensor(g) for g in net.grain(noise)], config, own=own)
    theirs = ((drawing.path_lengths(picture, latent, y) - 0.6) ** 2).mean() * (config.path * config.lazy / 2)
    agree(net, w, ours, theirs)


# -- what stands on them ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["layer", "instance"])
def test_animegan2(kind):
    small = {"width": 2, "blocks": 3, "critic_width": 2, "critic_norm": True, "norm": kind, "vgg_widths": (3, 4)}
    config = y2021_animegan2.AnimeGAN2Config().amend(small)
    net, w = both(y2021_animegan2.AnimeGAN2(config, np.random.default_rng(0)))
    x = RNG.random((3, 20, 20))
    made = restyled.anime_generated(w, torch.tensor(x)[:, None] * 2 - 1, config)
    agree(net, w, net.make(x, np.zeros((3, 0))), made[:, 0] / 2 + 0.5)
    for p in net.parameters().values():
        p.grad = None
    w = {name: value.detach().requires_grad_() for name, value in w.items()}
    theirs = restyled.anime_judged(w, torch.tensor(x)[:, None] * 2 - 1, config).flatten(1)
    agree(net, w, net.verdict(Tensor(x), CODES), theirs)


def test_the_u_net_of_arcanegan():
    config = y2021_arcanegan.ArcaneGANConfig().amend(
        {"channels": (4, 3, 2), "latents": 3, "mapping": 2, "maps": (2, 3, 4)}
    )
    net, w = both(y2021_arcanegan.ArcaneGAN(config, np.random.default_rng(0)))
    x = RNG.random((3, 20, 20))
    theirs = restyled.arcane_drawn(w, torch.tensor(x)[:, None], config)[:, 0]
    agree(net, w, net.unet(Tensor(x[:, None]))[:, 0], theirs)


@pytest.mark.parametrize("own", [True, False], ids=["own kernels", "one kernel"])
def test_the_two_paths_of_dualstylegan(own):
    small = {"channels": (6, 5, 4), "latents": 5, "mapping": 3, "maps": (2, 3, 4), "full": 6}
    config = y2022_dualstylegan.DualStyleGANConfig().amend(small)
    net, w = both(y2022_dualstylegan.DualStyleGAN(config, np.random.default_rng(0)))
    ws, e = RNG.standard_normal((3, 6, 5)), RNG.standard_normal((3, 5))
    how = {"structure": 0.7, "colour": 0.4}
    theirs = restyled.dual_painted(w, torch.tensor(ws), torch.tensor(e), config, own=own, **how)
    agree(net, w, net.paint(Tensor(ws), Tensor(e), **how), theirs)
