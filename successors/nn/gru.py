"""Gated recurrent units over a whole sequence, as one operation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from successors.nn.hooks import note, watched
from successors.nn.macs import count
from successors.nn.recurrent_common import check, columns, given, halve, join, states_of
from successors.nn.tensor import Tensor, make, recording


def gru(
    x: Tensor, w_in: Tensor, w_state: Tensor, bias_in: Tensor, bias_state: Tensor, start: Tensor | None = None
) -> Tensor:
    """Return the hidden states of gated recurrent units.

    r, z = sigmoid(W x_t + b + U h_{t-1} + b'), n = tanh(W_n x_t + b_n + r (U_n h_{t-1} + b'_n)),
    h_t = (1 - z) n + z h_{t-1}

    Parameters
    ----------
    x : Tensor, shape (n, T, d)
    w_in : Tensor, shape (3h, d)
        Blocks in the order r, z, n; likewise in the next three.
    w_state : Tensor, shape (3h, h)
    bias_in, bias_state : Tensor, shape (3h,)
    start : Tensor, shape (n, h), optional
        State before the first step; zeros if left out.

    Returns
    -------
    Tensor, shape (n, T, h)

    Raises
    ------
    ShapeError
        If the shapes do not fit together.

    References
    ----------
    Cho et al. 2014, "Learning phrase representations using RNN encoder-decoder", eq. 5 to 8, with the reset gate
    after the product, as in the first version of that paper (arXiv 1406.1078v1) and in PyTorch.
    """
    n, steps, d, h = check("gru", 3, x, w_in, w_state, (bias_in, bias_state), (start,))
    count(n * steps * 3 * h * (h + d))
    z = columns(x.data, h, start)
    dtype = z.dtype
    # Four blocks: the candidate's sum over the state, r, z, the candidate's sum over the input. The first sees state
    # and one, the last sees one and input, the others see the whole column.
    from_state = np.concatenate([w_state.data[2 * h :], bias_state.data[2 * h :, None]], 1).astype(dtype)
    from_input = np.concatenate([bias_in.data[2 * h :, None], w_in.data[2 * h :]], 1).astype(dtype)
    both = join(w_state.data, bias_in.data + bias_state.data, w_in.data)[: 2 * h] * dtype.type(0.5)
    parents = (x, w_in, w_state, bias_in, bias_state, *given(start))
    keep = watched() or (recording() and any(p.requires_grad for p in parents))
    a = np.empty_like(z, shape=(steps if keep else 1, 4 * h, n))
    spare = np.empty_like(z, shape=(h, n))
    for t in range(steps):
        act = a[t if keep else 0]
        column = z[t]
        np.dot(from_state, column[: h + 1], out=act[:h])  # as matmul does, but it begins sooner
        np.dot(both, column, out=act[h : 3 * h])
        np.dot(from_input, column[h:], out=act[3 * h :])
        gates, candidate, after = act[h : 3 * h], act[3 * h :], z[t + 1, :h]
        np.tanh(gates, out=gates)
        halve(gates)
        candidate += np.multiply(gates[:h], act[:h], out=spare)
        np.tanh(candidate, out=candidate)
        np.subtract(column[:h], candidate, out=after)
        after *= gates[h:]
        after += candidate

    def backward(g: np.ndarray) -> Sequence[np.ndarray | None]:
        to_state = np.concatenate([w_state.data[2 * h :], w_state.data[: 2 * h]]).astype(dtype).T.copy()
        to_input = w_in.data.astype(dtype).T.copy()
        dx = np.empty(x.shape, dtype) if x.requires_grad else None
        dz = np.empty((d, n), dtype)
        da = np.empty((4 * h, n), dtype)
        slope = np.empty((2 * h, n), dtype)
        carry, dh, spare = np.zeros((3, h, n), dtype)
        dw_state, part_state = np.zeros((2, 3 * h, h + 1), dtype)
        dw_input, part_input = np.zeros((2, 3 * h, d + 1), dtype)
        for t in range(steps - 1, -1, -1):
            act, column = a[t], z[t]
            reset, update, candidate = act[h : 2 * h], act[2 * h : 3 * h], act[3 * h :]
            np.add(carry, g[:, t].T, out=dh)
            # h = n + z (h' - n): dz = dh (h' - n), and dn = dh - z dh, where z dh is also the gradient of h'.
            np.subtract(column[:h], candidate, out=da[2 * h : 3 * h])
            da[2 * h : 3 * h] *= dh
            np.multiply(dh, update, out=carry)
            dh -= carry
            d_candidate = da[3 * h :]
            np.multiply(candidate, candidate, out=spare)
            np.subtract(1, spare, out=spare)
            np.multiply(dh, spare, out=d_candidate)
            np.multiply(d_candidate, reset, out=da[:h])
            np.multiply(d_candidate, act[:h], out=da[h : 2 * h])
            np.multiply(act[h : 3 * h], act[h : 3 * h], out=slope)
            np.subtract(act[h : 3 * h], slope, out=slope)
            da[h : 3 * h] *= slope
            carry += np.matmul(to_state, da[: 3 * h], out=spare)
            dw_state += np.matmul(da[: 3 * h], column[: h + 1].T, out=part_state)
            dw_input += np.matmul(da[h:], column[h:].T, out=part_input)
            if dx is not None:
                dx[:, t] = np.matmul(to_input, da[h:], out=dz).T
        # The state's blocks were in the order n, r, z.
        dw_state = np.concatenate([dw_state[h:], dw_state[:h]])
        start_gradient = () if start is None else (carry.T.copy(),)
        return dx, dw_input[:, 1:], dw_state[:, :h], dw_input[:, 0], dw_state[:, h], *start_gradient

    if watched():
        for k, name in enumerate(("reset", "update", "candidate"), start=1):
            note(name, a[:, k * h : (k + 1) * h].transpose(2, 0, 1))
    return make(states_of(z, h), parents, backward)
