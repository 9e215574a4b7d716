"""Penalties on gradients, to first order: R1 of discriminators and path length of generators.

Each returns a scalar whose value is the penalty, and whose gradient with respect to the parameters is that of the
penalty; it is added to a loss like any other term. How this is done stands in `successors.nn.dual`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from successors.nn.dual import Dual
from successors.nn.tensor import Tensor, as_tensor, held


def r1(critic: Callable[[Any], Any], x: np.ndarray, parameters: Iterable[Tensor]) -> Tensor:
    """Return half the mean squared length of the gradient of a discriminator at real pictures.

    Parameters
    ----------
    critic : callable
        ``critic(pictures)``: the verdicts, of pictures that are a tensor or a `Dual`.
    x : ndarray, shape (n, ...)
        The pictures.
    parameters : iterable of Tensor
        Those of the critic.

    Returns
    -------
    Tensor
        The penalty, a scalar. A verdict may depend on the other pictures too, as with the deviation of a minibatch: the
        gradient is that of the sum of all verdicts.

    References
    ----------
    Mescheder, Geiger & Nowozin 2018, "Which training methods for GANs do actually converge?", eq. 9.
    """
    with held(parameters):
        inputs = Tensor(x, requires_grad=True)
        critic(inputs).sum().backward()
    v = inputs.gradient
    slope = critic(Dual(Tensor(x), Tensor(v))).tangent.sum()
    # The value of the slope is |v|²; its gradient is that of ½ |v|².
    return (slope - 0.5 * float(np.vdot(v, v))) * (1 / len(x))


def path_length(
    generator: Callable[[Any], Any], w: np.ndarray | Tensor, y: np.ndarray, mean: float, parameters: Iterable[Tensor]
) -> tuple[Tensor, np.ndarray]:
    """Return how far the lengths of a generator's Jacobian, along random pictures, are from their mean.

    Parameters
    ----------
    generator : callable
        ``generator(latents)``: pictures, of latents that are a tensor or a `Dual`; each of its own row alone.
    w : ndarray or Tensor, shape (n, k)
        The latents; if they were computed from parameters, these get their gradient as well.
    y : ndarray, shape of the pictures
        Random directions; as in the paper, normal and divided by the root of the number of cells.
    mean : float
        a, the running mean of the lengths.
    parameters : iterable of Tensor
        Those of the generator.

    Returns
    -------
    penalty : Tensor
        The mean of (|Jᵀy| - a)², a scalar.
    lengths : ndarray, shape (n,)
        |Jᵀy|, for the running mean.

    References
    ----------
    Karras et al. 2020, "Analyzing and improving the image quality of StyleGAN", eq. 4.
    """
    latents = as_tensor(w, Tensor(y))
    with held(parameters):
        inputs = Tensor(latents.data, requires_grad=True)
        (generator(inputs) * y).sum().backward()
    u = inputs.gradient
    lengths = np.sqrt((u * u).sum(1))
    off = lengths - mean
    direction = u * (2 * off / np.maximum(lengths, np.finfo(u.dtype).tiny))[:, None]
    slope = (generator(Dual(latents, Tensor(direction))).tangent * y).sum()
    constant = float(np.vdot(direction, u)) - float(np.vdot(off, off))
    return (slope - constant) * (1 / len(latents)), lengths
