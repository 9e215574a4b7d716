"""Long short-term memory over a whole sequence, as one operation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from successors.nn.hooks import note, watched
from successors.nn.macs import count
from successors.nn.recurrent_common import Back, check, columns, given, halve, join, states_of
from successors.nn.tensor import ShapeError, Tensor, make, recording


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
    last: bool = False,
) -> Any:
    """Return the hidden states of a long short-term memory.

    i, f, o = sigmoid(W x_t + U h_{t-1} + b), g = tanh(the same), c_t = f c_{t-1} + i g, h_t = o tanh(c_t)

    Without `forget` the cell keeps its content with weight 1, the constant error carousel: c_t = c_{t-1} + i g.
    Peepholes add p_i c_{t-1}, p_f c_{t-1} and p_o c_t to the sums of the gates.

    Parameters
    ----------
    x : Tensor, shape (n, T, d)
    w_in : Tensor, shape (4h, d)
        Blocks in the order i, f, g, o; without `forget` (3h, d), in the order i, g, o; likewise in the next two.
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
    last : bool
        Whether to return the last cell as well.

    Returns
    -------
    Tensor, shape (n, T, h)
        With `last` a tuple of it and the cell after the last step, (n, h). With `trace` a dict of arrays of the shape
        of the states follows: "input", "forget" (if there is one), "candidate", "output" and "cell".

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
    starts: tuple[Tensor, ...] = () if start is None else tuple(start)
    if len(starts) not in (0, 2):
        raise ShapeError(f"start of {len(starts)} tensors; state and cell wanted", where="lstm")
    n, steps, d, h = check("lstm", gates, x, w_in, w_state, (bias,), starts)
    if peephole is not None and not (peephole.shape == (gates - 1, h)):
        raise ShapeError(f"peephole {peephole.shape}; {(gates - 1, h)} is wanted", where="lstm")
    count(n * steps * gates * h * (h + d))

    # The internal order is g, i, f, o: sigmoids together, and last the output gate, whose peephole needs the new c.
    order = np.arange(gates * h).reshape(gates, h)[[2, 0, 1, 3] if forget else [1, 0, 2]].reshape(-1)
    weight = join(w_state.data, bias.data, w_in.data)[order]
    weight[h:] *= 0.5
    z = columns(x.data, h, starts[0] if starts else None)
    dtype = z.dtype
    # Without a backward pass only the current step is needed.
    shows = trace or watched()
    keep = shows or (recording() and any(p.requires_grad for p in (x, w_in, w_state, bias, *given(peephole), *starts)))
    a = np.empty_like(z, shape=(steps if keep else 1, gates * h, n))
    cells = np.empty_like(z, shape=(steps + 1 if keep else 2, h, n))
    squashed = np.empty_like(z, shape=(steps if keep else 1, h, n))
    cells[0] = starts[1].data.T if starts else 0
    spare = np.empty_like(z, shape=(h, n))
    peeps = None if peephole is None else peephole.data[:, :, None].astype(dtype) * dtype.type(0.5)
    for t in range(steps):
        before, after = (cells[t], cells[t + 1]) if keep else (cells[t % 2], cells[1 - t % 2])
        if keep or not t:  # otherwise all steps use the same memory, and of a single reel a view costs what a sum does
            act, tanh_after = a[t], squashed[t]
            candidate, gate_in, gate_forget, gate_out = act[:h], act[h : 2 * h], act[2 * h : 3 * h], act[-h:]
            sigmoids = act[h:] if peeps is None else act[h:-h]
        np.dot(weight, z[t], out=act)  # as matmul does, but it begins sooner
        if peeps is None:
            np.tanh(act, out=act)
        else:
            for gate in range(gates - 2):
                act[(gate + 1) * h : (gate + 2) * h] += np.multiply(peeps[gate], before, out=spare)
            np.tanh(act[:-h], out=act[:-h])
        halve(sigmoids)
        np.multiply(candidate, gate_in, out=after)
        after += np.multiply(gate_forget, before, out=spare) if forget else before
        if peeps is not None:
            gate_out += np.multiply(peeps[-1], after, out=spare)
            np.tanh(gate_out, out=gate_out)
            halve(gate_out)
        np.tanh(after, out=tanh_after)
        np.multiply(gate_out, tanh_after, out=z[t + 1, :h])

    def backward(g: np.ndarray) -> Sequence[np.ndarray | None]:
        plain = weight.copy()
        plain[h:] *= 2
        back = Back(x, plain, z, h)
        da, slope = np.empty((2, gates * h, n), dtype)
        dh, spare = np.empty((2, h, n), dtype)
        dc = g[:, steps].T.astype(dtype, order="C") if last else np.zeros((h, n), dtype)
        full = None if peeps is None else peeps * 2
        dp = np.zeros((gates - 1, h), dtype)
        for t in range(steps - 1, -1, -1):
            act, before, tc = a[t], cells[t], squashed[t]
            gi, gf, go = act[h : 2 * h], act[2 * h : 3 * h], act[-h:]
            np.add(back.dz[:h], g[:, t].T, out=dh)
            # The derivatives of all gates at once: s - s² of the sigmoids, 1 - g² of the candidate.
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
            if full is not None:
                d_out *= slope[-h:]
                dc += np.multiply(full[-1], d_out, out=spare)
                dp[-1] += np.einsum("hn,hn->h", d_out, cells[t + 1])
            np.multiply(dc, gi, out=da[:h])
            np.multiply(dc, act[:h], out=da[h : 2 * h])
            if forget:
                np.multiply(dc, before, out=da[2 * h : 3 * h])
                dc *= gf
            if full is None:
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
        out = [back.dx, gradient[:, h + 1 :], gradient[:, :h], gradient[:, h]]
        if full is not None:
            out.append(dp)
        if starts:
            out += [back.dz[:h].T.copy(), dc.T.copy()]
        return out

    value = states_of(z, h)
    if last:
        # States and last cell are one tensor on the tape, so that there is one backward pass for both.
        value = np.concatenate([value, cells[steps if keep else steps % 2].T[:, None]], 1)
    states = make(value, (x, w_in, w_state, bias, *given(peephole), *starts), backward)
    results: tuple[Any, ...] = (states[:, :steps], states[:, steps]) if last else (states,)
    if not shows:
        return results if last else states
    names = ("candidate", "input", "forget", "output") if forget else ("candidate", "input", "output")
    shown = {name: a[:, k * h : (k + 1) * h].transpose(2, 0, 1).copy() for k, name in enumerate(names)}
    shown["cell"] = cells[1:].transpose(2, 0, 1).copy()
    for name, array in shown.items():
        note(name, array)
    if trace:
        results = (*results, shown)
    return results if len(results) > 1 else states


def lstm_cell(sums: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
    """Return state and cell after one step of a long short-term memory whose sums are known.

    For networks in which what a step reads depends on the state before it, so that `lstm` cannot run them all at once.

    Parameters
    ----------
    sums : Tensor, shape (n, 4h)
        W x + U h + b of the gates, in the order i, f, g, o.
    cell : Tensor, shape (n, h)
        The cell before.

    Returns
    -------
    state, cell : Tensor, shape (n, h)

    Raises
    ------
    ShapeError
        If the shapes do not fit together.

    References
    ----------
    As of `lstm`.
    """
    n, h = cell.shape
    if sums.shape != (n, 4 * h):
        raise ShapeError(f"sums {sums.shape} of cells {cell.shape}; {(n, 4 * h)} is wanted", where="lstm_cell")
    a = sums.data * 0.5
    a[:, 2 * h : 3 * h] *= 2
    np.tanh(a, out=a)
    halve(a[:, : 2 * h])
    halve(a[:, 3 * h :])
    i, f, g, o = (a[:, k * h : (k + 1) * h] for k in range(4))
    after = f * cell.data + i * g
    squashed = np.tanh(after)

    def backward(back: np.ndarray) -> tuple[np.ndarray | None, ...]:
        dh, dc = back[0], back[1] + back[0] * o * (1 - squashed * squashed)
        da = np.empty_like(a)
        da[:, :h] = dc * g * i * (1 - i)
        da[:, h : 2 * h] = dc * cell.data * f * (1 - f)
        da[:, 2 * h : 3 * h] = dc * i * (1 - g * g)
        da[:, 3 * h :] = dh * squashed * o * (1 - o)
        return da, dc * f

    # State and cell are one tensor on the tape, so that there is one backward pass for both.
    both = make(np.stack([o * squashed, after]), (sums, cell), backward)
    return both[0], both[1]
