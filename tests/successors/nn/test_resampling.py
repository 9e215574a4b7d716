"""Transposed convolution, upsampling and filters: against central differences, and against what defines them."""

import numpy as np
import pytest

from successors.nn.convolution import conv2d
from successors.nn.gradcheck import check
from successors.nn.macs import tally
from successors.nn.resampling import conv_transpose2d, fir, upsample2
from successors.nn.tensor import ShapeError, Tensor

ORDERS = {"NCHW": (0, 1, 2, 3), "NHWC": (0, 2, 3, 1), "CHWN": (1, 2, 3, 0)}


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def laid(a, order):
    """Return the same (N, C, H, W) array with its memory in another order."""
    axes = ORDERS[order]
    return np.ascontiguousarray(a.transpose(axes)).transpose(np.argsort(axes))


CASES = [
    ((3, 3), {}),
    ((4, 4), {"padding": 1}),
    ((3, 2), {"stride": (1, 3), "padding": (1, 0)}),
    ((2, 2), {"stride": 3}),
    ((1, 1), {}),
]


@pytest.mark.parametrize(("kernel", "options"), CASES)
def test_transposed_convolution_against_differences(kernel, options):
    x, w, b = numbers(2, 3, 4, 3), numbers(3, 2, *kernel, seed=1), numbers(2, seed=2)
    check(lambda *t: conv_transpose2d(*t, **options), x, w, b, places=20)
    check(lambda *t: conv_transpose2d(*t, **options), x, w, places=20)


@pytest.mark.parametrize(("kernel", "options"), CASES)
def test_transposed_convolution_is_the_adjoint_of_convolution(kernel, options):
    # <conv(a), x> = <a, conv_transpose(x)>, with the same kernels, read the other way round.
    x, w = numbers(2, 3, 4, 3), numbers(3, 2, *kernel, seed=1)
    up = conv_transpose2d(Tensor(x), Tensor(w), **options).data
    a = numbers(*up.shape, seed=3)
    down = conv2d(Tensor(a), Tensor(w), **{"stride": 2, **options}).data
    assert down.shape == x.shape
    assert (down * x).sum() == pytest.approx((a * up).sum(), rel=1e-12)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    "run",
    [
        lambda x, *weights: conv_transpose2d(x, *weights, padding=1),
        lambda x, *_: upsample2(x),
        lambda x, *_: fir(x, up=2),
    ],
)
def test_memory_order_does_not_matter_and_is_kept(run, order):
    a = numbers(3, 4, 5, 6)
    results = []
    for given in (a, laid(a, order)):
        arrays = (given, numbers(4, 5, 3, 3, seed=1), numbers(5, seed=2))
        tensors = [Tensor(array, requires_grad=True) for array in arrays]
        out = run(*tensors)
        out.backward(laid(numbers(*out.shape, seed=5), order))
        results.append([out.data, *(t.grad for t in tensors if t.grad is not None)])
    for first, second in zip(*results, strict=True):
        np.testing.assert_allclose(first, second, rtol=1e-12, atol=1e-12)
    kept = "NHWC" if order == "NHWC" else "CHWN"
    assert run(Tensor(laid(a, order)), *tensors[1:]).data.transpose(ORDERS[kept]).flags.c_contiguous


def test_upsampling_repeats_each_element_four_times():
    x = numbers(2, 3, 2, 3)
    assert np.array_equal(upsample2(Tensor(x)).data, x.repeat(2, 2).repeat(2, 3))
    check(upsample2, x)


FILTERS = [
    {},
    {"up": 2},
    {"down": 2},
    {"up": 3, "down": 2, "padding": (2, 1)},
    {"padding": (1, 1)},
    {"padding": (-1, 2)},
    {"taps": (1, 2), "up": 2},
    {"taps": (1, -3, 4, 0.5, 2), "padding": (0, 3)},
]


@pytest.mark.parametrize("options", FILTERS)
def test_filters_against_differences(options):
    check(lambda x: fir(x, **options), numbers(2, 2, 5, 6), places=30)


@pytest.mark.parametrize("options", FILTERS)
def test_a_filter_is_zeros_between_then_convolution_then_every_so_many(options):
    taps = np.array(options.get("taps", (1, 3, 3, 1)), float)
    up, down = options.get("up", 1), options.get("down", 1)
    x = numbers(5, 6)
    spread = np.zeros((5 * up, 6 * up))
    spread[::up, ::up] = x
    rest = len(taps) - max(up, down)
    before, after = options.get("padding", ((rest + 1) // 2 + up - 1, rest // 2))
    padded = np.pad(spread, (max(0, before), max(0, after)))
    padded = padded[max(0, -before) : len(padded) - max(0, -after)]
    padded = padded[:, max(0, -before) : padded.shape[1] - max(0, -after)]
    scaled = taps * up / taps.sum()
    for axis in (0, 1):
        padded = np.apply_along_axis(np.convolve, axis, padded, scaled, "valid")
    assert fir(Tensor(x[None, None]), **options).data[0, 0] == pytest.approx(padded[::down, ::down])


@pytest.mark.parametrize(("options", "size"), [({}, (5, 7)), ({"up": 2}, (10, 14)), ({"down": 2}, (2, 3))])
def test_a_filter_keeps_the_brightness_of_a_surface(options, size):
    out = fir(Tensor(np.ones((1, 1, 5, 7))), **options).data[0, 0]
    assert out.shape == size
    inner = out[2:-2, 2:-2] if min(size) > 4 else out[1:-1, 1:-1]
    assert inner == pytest.approx(np.ones(inner.shape))


def test_products_are_counted():
    x, w = Tensor(numbers(2, 3, 4, 5)), Tensor(numbers(3, 6, 3, 2))
    with tally() as total:
        conv_transpose2d(x, w)
    assert total[0] == 2 * 4 * 5 * 3 * 6 * 3 * 2
    with tally() as total:
        fir(x, up=2)
    assert total[0] == 2 * 3 * (8 * 4 * 5 + 10 * 5 * 8)


def test_what_does_not_fit_is_refused():
    x = Tensor(numbers(2, 3, 4, 5))
    for run, said in (
        (lambda: conv_transpose2d(x, Tensor(numbers(4, 2, 3, 3))), "are wanted"),
        (lambda: conv_transpose2d(x, Tensor(numbers(3, 2, 3, 3)), Tensor(numbers(3))), "bias"),
        (lambda: conv_transpose2d(x, Tensor(numbers(3, 2, 3, 3)), stride=0), "stride"),
        (lambda: conv_transpose2d(x, Tensor(numbers(3, 2, 3, 3)), padding=5), "padding"),
        (lambda: upsample2(Tensor(numbers(3, 4))), "not"),
        (lambda: fir(Tensor(numbers(3, 4))), "not"),
        (lambda: fir(x, (1, -1)), "taps"),
        (lambda: fir(x, padding=(-1, 0)), "4 taps"),
    ):
        with pytest.raises(ShapeError, match=said):
            run()
