"""Recurrent layers as one operation over a whole sequence, with backpropagation through time written by hand.

Inside, time is the first axis and the examples are the last: a gate of a step is then one contiguous block, and
NumPy walks it in a single loop. State, a row of ones and input of a step lie above each other in one array, so that
state weights, bias and input weights are one matrix, and a step costs one product and no addition. Sigmoids are
tanh(a / 2) / 2 + 1/2, with the inner half already in the weights, so that one call of tanh serves all gates.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from successors.nn.tensor import Tensor, count, demand, make, recording


def rnn(
    x: Tensor, w_in: Tensor, w_state: Tensor, bias: Tensor, start: Tensor | None = None, activation: str = "tanh"
) -> Tensor:
    """Return the states of a simple recurrent network.

    h_t = f(W_in x_t + W_state h_{t-1} + b)

    Parameters
    ----------
    x : Tensor, shape (n, T, d)
    w_in : Tensor, shape (h, d)
    w_state : Tensor, shape (h, h)
    bias : Tensor, shape (h,)
    start : Tensor, shape (n, h), optional
        State before the first step; zeros if left out.
    activation : {"tanh", "relu"}
        f.

    Returns
    -------
    Tensor, shape (n, T, h)

    Raises
    ------
    ShapeError
        If the shapes do not fit together.

    References
    ----------
    Elman 1990, "Finding structure in time" (tanh in place of his logistic); Le, Jaitly & Hinton 2015 for relu.
    """
    if activation not in ("tanh", "relu"):
        raise ValueError(f"activation {activation!r}: neither 'tanh' nor 'relu'")
    n, steps, d, h = _check("rnn", 1, x, w_in, w_state, (bias,), (start,))
    count(n * steps * h * (h + d))
    weight = _join(w_state.data, bias.data, w_in.data)
    z = _columns(x.data, h, start)
    tanh = activation == "tanh"
    for t in range(steps):
        state = z[t + 1, :h]
        np.matmul(weight, z[t], out=state)
        if tanh:
            np.tanh(state, out=state)
        else:
            np.maximum(state, 0, out=state)

    def backward(g: np.ndarray) -> Sequence[np.ndarray | None]:
        back = _Back(x, weight, z, h)
        da, slope = np.empty((2, h, n), z.dtype)
        for t in range(steps - 1, -1, -1):
            np.add(back.dz[:h], g[:, t].T, out=da)
            state = z[t + 1, :h]
            if tanh:
                np.multiply(state, state, out=slope)
                np.subtract(1, slope, out=slope)
                da *= slope
            else:
                da *= state > 0
            back.step(t, da)
        gradient = back.dw
        start_gradient = () if start is None else (back.dz[:h].T.copy(),)
        return back.dx, gradient[:, h + 1 :], gradient[:, :h], gradient[:, h], *start_gradient

    return make(_states(z, h), (x, w_in, w_state, bias, *_given(start)), backward)


def lstm(
    x: Tensor,
    w_in: Tensor,
    w_state: Tensor,
    bias: Tensor,
    start: tuple[Tensor, Tensor] | None = None,
    *,
    forget: bool = True,
    peephole: Tensor | None = None,
    trace: bool = False,
) -> Any:
    """Return the states of a long short-term memory.

    i, f, o = sigmoid(W x_t + U h_{t-1} + b), g = tanh(the same), c_t = f c_{t-1} + i g, h_t = o tanh(c_t)

    Without `forget` the cell keeps its content with weight 1, the constant error carousel: c_t = c_{t-1} + i g.
    Peepholes add p_i c_{t-1}, p_f c_{t-1} and p_o c_t to the sums of the gates.

    Parameters
    ----------
    x : Tensor, shape (n, T, d)
    w_in : Tensor, shape (4h, d)
        Blocks in the order i, f, g, o; without `forget` (3h, d), in the order i, g, o. So of the next two.
    w_state : Tensor, shape (4h, h)
    bias : Tensor, shape (4h,)
    start : tuple of two Tensors, shape (n, h), optional
        State and cell before the first step; zeros if left out.
    forget : bool
        Whether there is a forget gate.
    peephole : Tensor, shape (3, h), optional
        Rows p_i, p_f, p_o; without `forget` (2, h), p_i and p_o.
    trace : bool
        Whether to return the activations as well.

    Returns
    -------
    Tensor, shape (n, T, h)
        With `trace` a tuple of it and a dict of arrays of that shape: "input", "forget" (if there is one),
        "candidate", "output" and "cell".

    Raises
    ------
    ShapeError
        If the shapes do not fit together.

    References
    ----------
    Hochreiter & Schmidhuber 1997, "Long short-term memory", section 4 (with tanh for their squashing functions);
    Gers, Schmidhuber & Cummins 2000, "Learning to forget" (forget gate); Gers, Schraudolph & Schmidhuber
    2002 (peepholes).
    """
    gates = 4 if forget else 3
    start = (None, None) if start is None else tuple(start)
    demand(len(start) == 2, f"start of {len(start)} tensors; state and cell wanted", "lstm")
    n, steps, d, h = _check("lstm", gates, x, w_in, w_state, (bias,), start)
    if peephole is not None:
        demand(peephole.shape == (gates - 1, h), f"peephole {peephole.shape}; {(gates - 1, h)} is wanted", "lstm")
    count(n * steps * gates * h * (h + d))

    # Inside the order is g, i, f, o: sigmoids together, and the output gate, whose peephole has to wait for c, last.
    order = np.arange(gates * h).reshape(gates, h)[[2, 0, 1, 3] if forget else [1, 0, 2]].reshape(-1)
    weight = _join(w_state.data, bias.data, w_in.data)[order]
    weight[h:] *= 0.5
    z = _columns(x.data, h, start[0])
    dtype = z.dtype
    # Without a way back only the present step is needed.
    keep = trace or (recording() and any(p.requires_grad for p in (x, w_in, w_state, bias, *_given(peephole, *start))))
    a = np.empty((steps if keep else 1, gates * h, n), dtype)
    cells = np.empty((steps + 1 if keep else 2, h, n), dtype)
    squashed = np.empty((steps if keep else 1, h, n), dtype)
    cells[0] = 0 if start[1] is None else start[1].data.T
    spare = np.empty((h, n), dtype)
    peeps = None if peephole is None else peephole.data[:, :, None].astype(dtype) * dtype.type(0.5)
    for t in range(steps):
        s = t if keep else 0
        before, after = (cells[t], cells[t + 1]) if keep else (cells[t % 2], cells[1 - t % 2])
        act = a[s]
        np.matmul(weight, z[t], out=act)
        if peeps is None:
            np.tanh(act, out=act)
            _half(act[h:])
        else:
            for gate in range(gates - 2):
                act[(gate + 1) * h : (gate + 2) * h] += np.multiply(peeps[gate], before, out=spare)
            np.tanh(act[:-h], out=act[:-h])
            _half(act[h:-h])
        np.multiply(act[:h], act[h : 2 * h], out=after)
        after += np.multiply(act[2 * h : 3 * h], before, out=spare) if forget else before
        gate_out = act[-h:]
        if peeps is not None:
            gate_out += np.multiply(peeps[-1], after, out=spare)
            np.tanh(gate_out, out=gate_out)
            _half(gate_out)
        np.tanh(after, out=squashed[s])
        np.multiply(gate_out, squashed[s], out=z[t + 1, :h])

    def backward(g: np.ndarray) -> Sequence[np.ndarray | None]:
        plain = weight.copy()
        plain[h:] *= 2
        back = _Back(x, plain, z, h)
        da, slope = np.empty((2, gates * h, n), dtype)
        dh, spare = np.empty((2, h, n), dtype)
        dc = np.zeros((h, n), dtype)
        full = None if peeps is None else peeps * 2
        dp = None if peephole is None else np.zeros((gates - 1, h), dtype)
        for t in range(steps - 1, -1, -1):
            act, before, tc = a[t], cells[t], squashed[t]
            gi, gf, go = act[h : 2 * h], act[2 * h : 3 * h], act[-h:]
            np.add(back.dz[:h], g[:, t].T, out=dh)
            # The slopes of all gates at once: s - s² of the sigmoids, 1 - g² of the candidate.
            np.multiply(act, act, out=slope)
            np.subtract(1, slope[:h], out=slope[:h])
            np.subtract(act[h:], slope[h:], out=slope[h:])
            # Through h = o tanh(c): do = dh tanh(c), dc += dh o (1 - tanh² c), where o dh tanh² c = o tanh(c) do.
            d_out = da[-h:]
            np.multiply(dh, tc, out=d_out)
            dh *= go
            dc += dh
            np.multiply(z[t + 1, :h], d_out, out=spare)
            dc -= spare
            if peeps is not None:
                d_out *= slope[-h:]
                dc += np.multiply(full[-1], d_out, out=spare)
                dp[-1] += np.einsum("hn,hn->h", d_out, cells[t + 1])
            np.multiply(dc, gi, out=da[:h])
            np.multiply(dc, act[:h], out=da[h : 2 * h])
            if forget:
                np.multiply(dc, before, out=da[2 * h : 3 * h])
                dc *= gf
            if peeps is None:
                da *= slope
            else:
                da[:-h] *= slope[:-h]
                for gate in range(gates - 2):
                    d_gate = da[(gate + 1) * h : (gate + 2) * h]
                    dc += np.multiply(full[gate], d_gate, out=spare)
                    dp[gate] += np.einsum("hn,hn->h", d_gate, before)
            back.step(t, da)
        gradient = np.empty_like(back.dw)
        gradient[order] = back.dw
        out = [back.dx, gradient[:, h + 1 :], gradient[:, :h], gradient[:, h], *_given(dp)]
        if start[0] is not None:
            out += [back.dz[:h].T.copy(), dc.T.copy()]
        return out

    states = make(_states(z, h), (x, w_in, w_state, bias, *_given(peephole, *start)), backward)
    if not trace:
        return states
    names = ("candidate", "input", "forget", "output") if forget else ("candidate", "input", "output")
    shown = {name: a[:, k * h : (k + 1) * h].transpose(2, 0, 1).copy() for k, name in enumerate(names)}
    shown["cell"] = cells[1:].transpose(2, 0, 1).copy()
    return states, shown


def gru(
    x: Tensor, w_in: Tensor, w_state: Tensor, bias_in: Tensor, bias_state: Tensor, start: Tensor | None = None
) -> Tensor:
    """Return the states of gated recurrent units.

    r, z = sigmoid(W x_t + b + U h_{t-1} + b'), n = tanh(W_n x_t + b_n + r (U_n h_{t-1} + b'_n)),
    h_t = (1 - z) n + z h_{t-1}

    Parameters
    ----------
    x : Tensor, shape (n, T, d)
    w_in : Tensor, shape (3h, d)
        Blocks in the order r, z, n; so of the next three.
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
    n, steps, d, h = _check("gru", 3, x, w_in, w_state, (bias_in, bias_state), (start,))
    count(n * steps * 3 * h * (h + d))
    z = _columns(x.data, h, start)
    dtype = z.dtype
    # Four blocks: candidate's share of the state, r, z, candidate's share of the input. The first sees state and one,
    # the last sees one and input, the others see all of a column.
    from_state = np.concatenate([w_state.data[2 * h :], bias_state.data[2 * h :, None]], 1).astype(dtype)
    from_input = np.concatenate([bias_in.data[2 * h :, None], w_in.data[2 * h :]], 1).astype(dtype)
    both = _join(w_state.data, bias_in.data + bias_state.data, w_in.data)[: 2 * h] * dtype.type(0.5)
    parents = (x, w_in, w_state, bias_in, bias_state, *_given(start))
    keep = recording() and any(p.requires_grad for p in parents)
    a = np.empty((steps if keep else 1, 4 * h, n), dtype)
    spare = np.empty((h, n), dtype)
    for t in range(steps):
        act = a[t if keep else 0]
        column = z[t]
        np.matmul(from_state, column[: h + 1], out=act[:h])
        np.matmul(both, column, out=act[h : 3 * h])
        np.matmul(from_input, column[h:], out=act[3 * h :])
        gates, candidate, after = act[h : 3 * h], act[3 * h :], z[t + 1, :h]
        np.tanh(gates, out=gates)
        _half(gates)
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
            # h = n + z (h' - n): dz = dh (h' - n), and dn = dh - z dh, where z dh is also what h' receives.
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

    return make(_states(z, h), parents, backward)


class _Back:
    """What the ways back of `rnn` and `lstm` share: gradients of the joined weights and of the columns."""

    def __init__(self, x: Tensor, weight: np.ndarray, z: np.ndarray, h: int):
        self.z, self.h = z, h
        self.dx = np.empty(x.shape, z.dtype) if x.requires_grad else None
        self.dw = np.zeros_like(weight)
        self._part = np.empty_like(weight)
        # The row of ones wants no gradient; nor does the input, often.
        columns = np.concatenate([weight[:, :h], weight[:, h + 1 :]], 1) if x.requires_grad else weight[:, :h]
        self._weight = np.ascontiguousarray(columns.T)
        self.dz = np.zeros((len(self._weight), z.shape[2]), z.dtype)

    def step(self, t: int, da: np.ndarray) -> None:
        """Take the gradient (gates h, n) of the sums at step t."""
        np.matmul(self._weight, da, out=self.dz)
        self.dw += np.matmul(da, self.z[t].T, out=self._part)
        if self.dx is not None:
            self.dx[:, t] = self.dz[self.h :].T


def _half(a: np.ndarray) -> None:
    """Turn tanh(a / 2) into sigmoid(a), in place."""
    a *= 0.5
    a += 0.5


def _join(w_state: np.ndarray, bias: np.ndarray, w_in: np.ndarray) -> np.ndarray:
    """Return the weights for columns of state, one, input."""
    return np.concatenate([w_state, bias[:, None], w_in], 1)


def _columns(x: np.ndarray, h: int, start: Tensor | None) -> np.ndarray:
    """Return the columns (T + 1, h + 1 + d, n) of state, one, input, with the first state filled in."""
    n, steps, d = x.shape
    z = np.empty((steps + 1, h + 1 + d, n), x.dtype)
    z[0, :h] = 0 if start is None else start.data.T
    z[:, h] = 1
    z[:-1, h + 1 :] = x.transpose(1, 2, 0)
    return z


def _states(z: np.ndarray, h: int) -> np.ndarray:
    return np.ascontiguousarray(z[1:, :h].transpose(2, 0, 1))


def _given(*values: Any) -> tuple[Any, ...]:
    return tuple(v for v in values if v is not None)


def _check(
    where: str,
    gates: int,
    x: Tensor,
    w_in: Tensor,
    w_state: Tensor,
    biases: Sequence[Tensor],
    starts: Sequence[Tensor | None],
) -> tuple[int, int, int, int]:
    """Return n, T, d, h of operands that fit together and are of one dtype."""
    demand(x.ndim == 3, f"x {x.shape}; (n, T, d) is wanted", where)
    demand(w_state.ndim == 2, f"w_state {w_state.shape}; ({gates}h, h) is wanted", where)
    n, steps, d = x.shape
    h = w_state.shape[1]
    demand(w_state.shape == (gates * h, h), f"w_state {w_state.shape}; {(gates * h, h)} is wanted", where)
    demand(w_in.shape == (gates * h, d), f"w_in {w_in.shape} for x {x.shape}; {(gates * h, d)} is wanted", where)
    for bias in biases:
        demand(bias.shape == (gates * h,), f"bias {bias.shape}; {(gates * h,)} is wanted", where)
    for start in _given(*starts):
        demand(start.shape == (n, h), f"start {start.shape} for x {x.shape}; {(n, h)} is wanted", where)
    dtypes = {t.dtype for t in (x, w_in, w_state, *biases, *_given(*starts))}
    demand(len(dtypes) == 1, f"operands of dtypes {sorted(map(str, dtypes))}; one is wanted", where)
    return n, steps, d, h
