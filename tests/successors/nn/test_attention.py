"""Attention: against central differences, and against torch."""

import numpy as np
import pytest

from successors.nn.attention import MANY, attention
from successors.nn.gradcheck import check
from successors.nn.macs import tally
from successors.nn.tensor import ShapeError, Tensor

B, HEADS, T, S, D, E = 2, 3, 4, 5, 6, 7


def arrays(dtype=np.float64):
    rng = np.random.default_rng(0)
    shapes = ((B, HEADS, T, D), (B, HEADS, S, D), (B, HEADS, S, E), (HEADS, T, S))
    return [rng.standard_normal(s).astype(dtype) for s in shapes]


MASK = np.tri(T, S, 1, dtype=bool)
DROPOUT = np.random.default_rng(1).integers(0, 2, (B, HEADS, T, S)) * 2.0


@pytest.mark.parametrize("mask", [None, MASK, np.arange(S) < 3])
@pytest.mark.parametrize("dropout", [None, DROPOUT])
def test_differences(mask, dropout):
    q, k, v, bias = arrays()
    check(lambda *a: attention(*a, mask=mask, dropout=dropout), q, k, v)
    check(lambda q, k, v, b: attention(q, k, v, mask=mask, bias=b, dropout=dropout), q, k, v, bias)


def test_differences_with_broadcast_leading_axes():
    q, k, v, _ = arrays()
    check(attention, q, k[:, :1], v)
    check(attention, q[0, 0], k[0, 0], v)
    check(attention, q[0, 0], k[0, 0], v[0, 0])


@pytest.mark.parametrize("mask", [None, MASK])
@pytest.mark.parametrize("biased", [False, True])
def test_same_as_torch(mask, biased):
    torch = pytest.importorskip("torch")
    given = arrays(np.float32)[: 4 if biased else 3]
    ours = [Tensor(a, requires_grad=True) for a in given]
    theirs = [torch.tensor(a, requires_grad=True) for a in given]
    added = torch.zeros(T, S) if mask is None else torch.zeros(T, S).masked_fill(~torch.tensor(mask), -torch.inf)
    if biased:
        added = added + theirs[3]
    wanted = torch.nn.functional.scaled_dot_product_attention(*theirs[:3], attn_mask=added)
    found = attention(*ours[:3], mask=mask, bias=ours[3] if biased else None)
    g = np.random.default_rng(2).standard_normal(found.shape).astype(np.float32)
    found.backward(g)
    wanted.backward(torch.tensor(g))
    np.testing.assert_allclose(found.data, wanted.detach().numpy(), rtol=1e-5, atol=1e-5)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a.grad, b.grad.numpy(), rtol=1e-5, atol=1e-5)
        assert a.grad.dtype == np.float32


def test_same_as_torch_multi_head():
    torch = pytest.importorskip("torch")
    layer = torch.nn.MultiheadAttention(12, 3, batch_first=True, bias=False)
    x = np.random.default_rng(3).standard_normal((B, T, 12)).astype(np.float32)
    their_x = torch.tensor(x, requires_grad=True)
    wanted, _ = layer(their_x, their_x, their_x, need_weights=False)
    our_x = Tensor(x, requires_grad=True)
    joined, out = (
        Tensor(w.detach().numpy().T.copy(), requires_grad=True) for w in (layer.in_proj_weight, layer.out_proj.weight)
    )
    parts = (our_x @ joined).reshape(B, T, 3, 3, 4).transpose(2, 0, 3, 1, 4)
    found = attention(parts[0], parts[1], parts[2]).transpose(0, 2, 1, 3).reshape(B, T, 12) @ out
    g = np.random.default_rng(2).standard_normal(found.shape).astype(np.float32)
    found.backward(g)
    wanted.backward(torch.tensor(g))
    np.testing.assert_allclose(found.data, wanted.detach().numpy(), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(our_x.grad, their_x.grad.numpy(), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(joined.grad, layer.in_proj_weight.grad.numpy().T, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(out.grad, layer.out_proj.weight.grad.numpy().T, rtol=1e-5, atol=1e-5)


def test_query_that_may_look_nowhere_reads_zeros():
    q, k, v, _ = (Tensor(a, requires_grad=True) for a in arrays())
    mask = MASK.copy()
    mask[1] = False
    out = attention(q, k, v, mask=mask)
    out.backward(np.ones(out.shape))
    assert not out.data[:, :, 1].any()
    assert not q.grad[:, :, 1].any()
    assert np.isfinite(k.grad).all()


def test_great_scores_do_not_overflow():
    q, k, v, _ = (Tensor(a.astype(np.float32) * 1000) for a in arrays())
    assert np.isfinite(attention(q, k, v, mask=MASK).data).all()


def test_cost():
    q, k, v, _ = (Tensor(a) for a in arrays())
    with tally() as spent:
        attention(q, k, v)
    assert spent == [B * HEADS * T * S * (D + E)]


@pytest.mark.parametrize(
    ("place", "shape"),
    [(0, (B, HEADS, T, D + 1)), (1, (B, HEADS, S + 1, D)), (2, (B + 1, HEADS, S, E)), (1, (B, 2, S, D)), (0, (D,))],
)
def test_wrong_shapes_are_named(place, shape):
    given = [Tensor(a) for a in arrays()[:3]]
    given[place] = Tensor(np.zeros(shape))
    with pytest.raises(ShapeError) as error:
        attention(*given)
    assert str(shape) in str(error.value)


@pytest.mark.parametrize("name", ["mask", "bias", "dropout"])
def test_wrong_extras_are_named(name):
    q, k, v, _ = (Tensor(a) for a in arrays())
    extra = np.ones((T, S + 1))
    with pytest.raises(ShapeError, match=rf"{name} \(4, 6\)"):
        attention(q, k, v, **{name: Tensor(extra) if name == "bias" else extra})


@pytest.mark.parametrize("mask", [None, np.tri(16, dtype=bool)])
def test_many_scores_have_the_bits_of_few(mask):
    rng = np.random.default_rng(0)
    q, k, v = (rng.standard_normal((40, HEADS, 16, D)).astype(np.float32) for _ in range(3))
    k[3, 1] = -np.inf  # infinite scores, and no others
    q[3, 1] = np.abs(q[3, 1])
    with np.errstate(invalid="ignore"):
        whole = attention(Tensor(q), Tensor(k), Tensor(v), mask=mask).data
        parts = [attention(Tensor(a), Tensor(b), Tensor(c), mask=mask).data for a, b, c in zip(q, k, v, strict=True)]
    assert whole.tobytes() == np.stack(parts).tobytes()
    assert q.size // D * 16 > MANY > 16 * 16 * HEADS
