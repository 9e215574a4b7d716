"""R1 and path length against numerical gradients in float64: of a discriminator with the deviation of a minibatch and
two verdicts by class, and of a generator with modulated convolutions. The bound, 1e-5, is that of the issue.
"""

import numpy as np
import pytest

from successors.nn import dual, initial
from successors.nn.module import Module
from successors.nn.penalties import path_length, r1
from successors.nn.tensor import Tensor, held, no_grad

BOUND = 1e-5
STEP = 1e-6


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


class Critic(Module):
    """A discriminator as StyleGAN2's, small: filters, a residual way, the deviation of the minibatch, a projection."""

    def __init__(self, rng):
        self.first = initial.normal(rng, (4, 1, 3, 3), 0.4)
        self.bias = initial.normal(rng, (4,), 0.3)
        self.second = initial.normal(rng, (4, 4, 3, 3), 0.3)
        self.side = initial.normal(rng, (4, 4, 1, 1), 0.5)
        self.third = initial.normal(rng, (6, 5 * 9), 0.3)
        self.out = initial.normal(rng, (1, 6), 0.5)
        self.classes = initial.normal(rng, (3, 6), 0.5)

    def forward(self, x, kinds):
        x = dual.leaky_relu(dual.conv2d(x.reshape(len(x), 1, 6, 6), self.first, self.bias, padding=1))
        main = dual.leaky_relu(dual.conv2d(dual.fir(x, padding=(2, 2)), self.second, stride=2))
        x = (main + dual.fir(dual.conv2d(x, self.side), down=2)) * 0.5**0.5
        n = len(x)
        apart = x - x.mean(0, keepdims=True)
        deviation = ((apart * apart).mean(0) + 1e-8).sqrt().mean()
        x = dual.concatenate([x, deviation * np.ones((n, 1, 3, 3))], 1)
        x = dual.leaky_relu(dual.linear(x.flatten(), self.third))
        return dual.linear(x, self.out)[:, 0] + (x * self.classes[kinds]).sum(1)


class Painter(Module):
    """A generator as StyleGAN2's, small: two modulated convolutions with demodulation, one upwards, and a skip."""

    def __init__(self, rng):
        self.start = initial.normal(rng, (4, 3, 3), 1.0)
        self.style = initial.normal(rng, (4, 5), 0.5)
        self.kernels = initial.normal(rng, (4, 4, 3, 3), 0.4)
        self.style_up = initial.normal(rng, (4, 5), 0.5)
        self.kernels_up = initial.normal(rng, (4, 4, 3, 3), 0.4)
        self.skip = initial.normal(rng, (1, 4, 1, 1), 0.5)

    def modulated(self, x, w, style, kernels, *, up=False):
        s = dual.linear(w, style) + 1.0
        x = x * s.reshape(len(s), 4, 1, 1)
        x = dual.fir(dual.conv_transpose2d(x, kernels), padding=(1, 1)) if up else dual.conv2d(x, kernels, padding=1)
        power = (kernels * kernels).sum((2, 3))  # (in, out) of a transposed kernel, (out, in) of the other
        power = power.transpose(1, 0) if up else power
        scale = (dual.linear(s * s, power) + 1e-8) ** -0.5
        return dual.leaky_relu(x * scale.reshape(len(s), 4, 1, 1))

    def forward(self, w):
        first = self.modulated(self.start.reshape(1, 4, 3, 3), w, self.style, self.kernels)
        second = self.modulated(first, w, self.style_up, self.kernels_up, up=True)
        return dual.conv2d(second, self.skip) + dual.fir(dual.conv2d(first, self.skip), up=2)


CRITIC = Critic(np.random.default_rng(1)).astype(np.float64)
PAINTER = Painter(np.random.default_rng(2)).astype(np.float64)
PICTURES, KINDS = numbers(4, 6, 6, seed=3), np.array([0, 2, 1, 1])
LATENTS, DIRECTIONS, MEAN = numbers(3, 5, seed=4), numbers(3, 1, 6, 6, seed=5) / 6, 0.7


def numerical(penalty, module):
    """Return the greatest difference of a penalty's gradients from central differences of its value, relative to the
    greatest gradient of all."""
    module_parameters = module.parameters()
    for p in module_parameters.values():
        p.grad = None
    penalty().backward()
    found = {n: p.gradient.copy() for n, p in module_parameters.items()}
    scale, worst = max(float(np.abs(g).max()) for g in found.values()), 0.0
    assert scale > 0.01
    rng = np.random.default_rng(0)
    for name, p in module_parameters.items():
        flat = p.data.reshape(-1)
        for k in rng.choice(flat.size, min(8, flat.size), replace=False):
            kept, values = flat[k], []
            for moved in (kept + STEP, kept - STEP):
                flat[k] = moved
                values.append(penalty().item())
            flat[k] = kept
            wanted = (values[0] - values[1]) / (2 * STEP)
            worst = max(worst, abs(float(found[name].reshape(-1)[k]) - wanted) / scale)
    return worst


def penalise():
    return r1(lambda x: CRITIC(x, KINDS), PICTURES, CRITIC.parameters().values())


def lengthen():
    return path_length(PAINTER, LATENTS, DIRECTIONS, MEAN, PAINTER.parameters().values())[0]


def test_r1_is_half_the_mean_squared_length_of_the_gradient_and_so_is_its_gradient():
    h, slopes = 1e-6, np.zeros_like(PICTURES)
    with no_grad():
        for at in np.ndindex(PICTURES.shape):
            moved = np.zeros_like(PICTURES)
            moved[at] = h
            up, down = (CRITIC(Tensor(PICTURES + m), KINDS).sum().item() for m in (moved, -moved))
            slopes[at] = (up - down) / (2 * h)
    assert penalise().item() == pytest.approx(0.5 * (slopes**2).sum() / len(PICTURES), rel=1e-6)
    assert numerical(penalise, CRITIC) < BOUND


def test_path_length_is_the_spread_of_the_lengths_and_so_is_its_gradient():
    penalty, lengths = path_length(PAINTER, LATENTS, DIRECTIONS, MEAN, PAINTER.parameters().values())
    h, wanted = 1e-6, np.zeros_like(LATENTS)
    with no_grad():
        for at in np.ndindex(LATENTS.shape):
            moved = np.zeros_like(LATENTS)
            moved[at] = h
            up, down = ((PAINTER(Tensor(LATENTS + m)).data * DIRECTIONS).sum() for m in (moved, -moved))
            wanted[at] = (up - down) / (2 * h)
    assert lengths == pytest.approx(np.sqrt((wanted**2).sum(1)), rel=1e-6)
    assert penalty.item() == pytest.approx(((lengths - MEAN) ** 2).mean(), rel=1e-6)
    assert numerical(lengthen, PAINTER) < BOUND


def test_penalties_leave_the_gradients_of_others_alone():
    before = {n: np.full(p.shape, 7.0) for n, p in CRITIC.parameters().items()}
    for n, p in CRITIC.parameters().items():
        p.grad = before[n]
    penalise()
    assert all(p.grad is before[n] for n, p in CRITIC.parameters().items())
    assert all(p.requires_grad for p in CRITIC.parameters().values())


def test_held_parameters_get_no_gradient_even_after_an_error():
    p = CRITIC.bias
    p.grad = None

    def fail():
        with held([p]):
            (Tensor(np.ones(4), requires_grad=True) * p).sum().backward()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert p.grad is None
    assert p.requires_grad
