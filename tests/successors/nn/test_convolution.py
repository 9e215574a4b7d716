"""Convolution, pooling and normalisation: against central differences, and against torch."""

import warnings

import numpy as np
import pytest

from successors.nn import convolution
from successors.nn.convolution import conv2d
from successors.nn.gradcheck import check
from successors.nn.macs import tally
from successors.nn.normalisation import batch_norm, group_norm, layer_norm, local_response_norm, rms_norm
from successors.nn.pooling import avg_pool2d, max_pool2d
from successors.nn.tensor import ShapeError, Tensor, no_grad


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def distinct(*shape):
    """Numbers no two of which are near each other, so that no maximum changes within a step."""
    return np.random.default_rng(1).permutation(int(np.prod(shape))).reshape(shape) / 10


ORDERS = {"NCHW": (0, 1, 2, 3), "NHWC": (0, 2, 3, 1), "CHWN": (1, 2, 3, 0)}


def laid(a, order):
    """Return the same (N, C, H, W) array with its memory in another order."""
    axes = ORDERS[order]
    return np.ascontiguousarray(a.transpose(axes)).transpose(np.argsort(axes))


def torch_or_skip():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("torch")


def compare(ours, theirs, *arrays):
    """Compare value and gradients of two functions in float32, within 1e-5 of the greatest of each."""
    torch = torch_or_skip()
    arrays = [np.asarray(a, np.float32) for a in arrays]
    a = [Tensor(v, requires_grad=True) for v in arrays]
    b = [torch.tensor(v.copy(), requires_grad=True) for v in arrays]
    out, wanted = ours(*a), theirs(*b)
    assert out.shape == tuple(wanted.shape)
    assert out.dtype == np.float32
    g = numbers(*out.shape, seed=9).astype(np.float32)
    out.backward(g)
    wanted.backward(torch.tensor(g))
    pairs = [(out.data, wanted.detach().numpy())] + [(p.grad, q.grad.numpy()) for p, q in zip(a, b, strict=True)]
    for found, right in pairs:
        assert found.shape == right.shape
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, right, rtol=1e-5, atol=1e-5 * max(1.0, float(np.abs(right).max())))


# channels in, channels out, kernel, and the rest
CONVOLUTIONS = [
    (2, 3, (3, 3), {}),
    (1, 2, (3, 3), {"padding": 1}),
    (1, 1, (2, 3), {"stride": (2, 1), "padding": (0, 1)}),
    (3, 4, (1, 1), {}),
    (3, 4, (1, 1), {"stride": 2, "padding": 1}),
    (2, 3, (3, 2), {"stride": (2, 3), "padding": (1, 2), "dilation": (2, 1)}),
    (4, 6, (3, 3), {"padding": 1, "groups": 2}),
    (4, 8, (3, 3), {"stride": 2, "groups": 4}),
    (4, 4, (3, 3), {"padding": 1, "groups": 4}),
    (5, 5, (3, 2), {"stride": (2, 1), "padding": (1, 0), "dilation": (1, 2), "groups": 5}),
    (16, 17, (3, 3), {"padding": 1}),
    (16, 16, (3, 2), {"stride": (2, 1), "padding": (1, 2), "dilation": (1, 2)}),
    (17, 16, (1, 1), {}),
    (16, 16, (1, 1), {"stride": 2, "padding": 1}),
    (32, 32, (3, 3), {"groups": 2, "padding": 1}),
    (3, 2, (4, 2), {"padding": (3, 0)}),
    (2, 3, (5, 4), {"padding": 2}),
    (2, 3, (1, 3), {"padding": (2, 1)}),
    (16, 16, (4, 5), {"padding": (0, 4)}),
    (16, 17, (5, 2), {"padding": (1, 0)}),
    (17, 16, (2, 3), {"padding": (3, 1)}),
]


def operands(c, f, kernel, options):
    x = numbers(2, c, 6, 7)
    return x, numbers(f, c // options.get("groups", 1), *kernel, seed=1), numbers(f, seed=2)


@pytest.mark.parametrize(("c", "f", "kernel", "options"), CONVOLUTIONS)
def test_convolution_against_differences(c, f, kernel, options):
    x, w, b = operands(c, f, kernel, options)
    check(lambda *t: conv2d(*t, **options), x, w, b, places=20)
    check(lambda *t: conv2d(*t, **options), x, w, places=10)


@pytest.mark.parametrize(("c", "f", "kernel", "options"), CONVOLUTIONS)
def test_convolution_against_torch(c, f, kernel, options):
    torch = torch_or_skip()
    x, w, b = operands(c, f, kernel, options)
    compare(lambda *t: conv2d(*t, **options), lambda *t: torch.nn.functional.conv2d(*t, **options), x, w, b)


@pytest.mark.parametrize(
    ("c", "f", "kernel", "options"), [*CONVOLUTIONS, (2, 3, (3, 2), {"dilation": (2, 3), "stride": (1, 2)})]
)
def test_windows_of_a_single_image_are_those_of_a_batch(c, f, kernel, options):
    shapes = (1, c, 6, 7), (f, c // options.get("groups", 1), *kernel)
    how = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1} | options
    place = convolution._place(*shapes, None, *how.values())
    image = numbers(c, 6, 7, 1)
    alone = convolution._columns(image, place, how["groups"])
    twice = convolution._columns(np.repeat(image, 2, axis=3), place, how["groups"])
    assert np.array_equal(alone, twice[..., ::2])


@pytest.mark.parametrize(("c", "f", "kernel", "options"), CONVOLUTIONS)
@pytest.mark.parametrize("order", ORDERS)
def test_memory_order_does_not_matter(c, f, kernel, options, order):
    x, w, b = operands(c, f, kernel, options)
    results = []
    for a in (x, laid(x, order)):
        tensors = [Tensor(v, requires_grad=True) for v in (a, w, b)]
        out = conv2d(*tensors, **options)
        out.backward(laid(numbers(*out.shape, seed=5), order))
        results.append([out.data, *(t.grad for t in tensors)])
    for first, second in zip(*results, strict=True):
        np.testing.assert_allclose(first, second, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("kernel", "options"), [((3, 2), {"padding": 1}), ((1, 1), {"stride": 2})])
def test_images_in_blocks(kernel, options, monkeypatch):
    arrays = numbers(5, 16, 6, 7), numbers(16, 16, *kernel, seed=1), numbers(16, seed=2)
    results = []
    for block in (1 << 30, 2 * 8 * 8 * 2 * 16 * 8, 1):
        monkeypatch.setattr(convolution, "BLOCK", block)
        tensors = [Tensor(a, requires_grad=True) for a in arrays]
        out = conv2d(*tensors, **options)
        out.backward(numbers(*out.shape, seed=5))
        results.append([out.data, *(t.grad for t in tensors)])
    for other in results[1:]:
        for first, second in zip(results[0], other, strict=True):
            np.testing.assert_allclose(first, second, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("c", "f", "kernel", "options"),
    [
        (3, 2, (4, 2), {"padding": (3, 0)}),
        (2, 3, (3, 3), {"padding": 1}),
        (4, 6, (2, 3), {"padding": (1, 2), "groups": 2}),
        (3, 4, (1, 1), {}),
        (16, 16, (4, 5), {"padding": (0, 4)}),
        (16, 17, (3, 2), {"padding": (2, 1)}),
    ],
)
def test_gradient_of_images_is_the_same_gathered_and_scattered(c, f, kernel, options, monkeypatch):
    place = convolution._Place
    turned, gradients, used = place.turned, [], []

    def gathered(self, *args):
        used.append(turned(self, *args))
        return used[-1]

    for way in (gathered, lambda self, *args: None):
        monkeypatch.setattr(place, "turned", way)
        x, w, _ = operands(c, f, kernel, options)
        images = Tensor(x, requires_grad=True)
        out = conv2d(images, Tensor(w), **options)
        out.backward(numbers(*out.shape, seed=5))
        gradients.append(images.grad)
    assert len(used) == 1
    assert isinstance(used[0], place)
    np.testing.assert_allclose(*gradients, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("options", [{"stride": (1, 2)}, {"dilation": (2, 1)}, {"padding": (0, 3)}])
def test_gradient_is_scattered_where_it_cannot_be_gathered(options):
    place = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1)} | options
    assert convolution._Place((3, 3), **place, out=(4, 4)).turned(16, 16, (6, 6)) is None


@pytest.mark.parametrize("order", ORDERS)
def test_no_images_are_convolved_too(order, monkeypatch):
    arrays = laid(numbers(0, 16, 5, 6), order), numbers(16, 16, 3, 2)
    x, w = (Tensor(a, requires_grad=True) for a in arrays)
    for limit in (1 << 20, -1):
        monkeypatch.setattr(convolution, "SMALL", limit)
        out = conv2d(x, w)
        out.sum().backward()
        assert out.shape == (0, 16, 3, 5)
        assert x.grad.shape == x.shape
        assert not w.grad.any()


def test_small_maps_keep_the_batch_innermost(monkeypatch):
    arrays = laid(numbers(3, 16, 5, 6), "CHWN"), numbers(17, 16, 3, 3, seed=1), numbers(17, seed=2)
    results = []
    for limit, order in ((3 * 3 * 4 * 16 * 9 * 8, "CHWN"), (3 * 3 * 4 * 16 * 9 * 8 - 1, "NHWC")):
        monkeypatch.setattr(convolution, "SMALL", limit)
        tensors = [Tensor(a, requires_grad=True) for a in arrays]
        out = conv2d(*tensors)
        assert out.data.transpose(ORDERS[order]).flags.c_contiguous
        out.backward(numbers(*out.shape, seed=5))
        results.append([out.data, *(t.grad for t in tensors)])
    for first, second in zip(*results, strict=True):
        np.testing.assert_allclose(first, second, rtol=1e-12, atol=1e-12)
    check(conv2d, *arrays, places=20)


@pytest.mark.parametrize(
    ("c", "kernel", "options"),
    [
        (1, (3, 3), {"padding": 1}),
        (3, (4, 2), {"stride": (2, 1), "padding": (1, 0)}),
        (4, (2, 3), {"dilation": (2, 1)}),
        (2, (1, 1), {}),
    ],
)
@pytest.mark.parametrize("order", ORDERS)
def test_what_is_made_of_many_pictures_has_its_channels_innermost(c, kernel, options, order, monkeypatch):
    x, w, b = operands(c, 16, kernel, options)
    results = []
    for limit, layout in ((1 << 20, "CHWN"), (-1, "NHWC")):
        monkeypatch.setattr(convolution, "SMALL", limit)
        tensors = [Tensor(a, requires_grad=True) for a in (laid(x, order), w, b)]
        out = conv2d(*tensors, **options)
        assert out.data.transpose(ORDERS[layout]).flags.c_contiguous
        out.backward(laid(numbers(*out.shape, seed=5), order))
        results.append([out.data, *(t.grad for t in tensors)])
    for first, second in zip(*results, strict=True):
        np.testing.assert_allclose(first, second, rtol=1e-12, atol=1e-12)
    check(lambda *t: conv2d(*t, **options), x, w, b, places=20)


@pytest.mark.parametrize(("c", "f"), [(8, 9), (16, 8)])
@pytest.mark.parametrize("order", ORDERS)
def test_windows_of_large_kernels_are_built_some_at_a_time(c, f, order, monkeypatch):
    arrays = numbers(3, c, 6, 7), numbers(f, c, 5, 4, seed=1), numbers(f, seed=2)
    results = []
    for limit in (0, 1 << 30):
        monkeypatch.setattr(convolution, "SMALL", limit)
        tensors = [Tensor(a, requires_grad=True) for a in (laid(arrays[0], order), *arrays[1:])]
        out = conv2d(*tensors, padding=2)
        assert convolution.is_channels_last(out.data) == (limit == 0)
        out.backward(numbers(*out.shape, seed=5))
        results.append([out.data, *(t.grad for t in tensors)])
    for first, second in zip(*results, strict=True):
        np.testing.assert_allclose(first, second, rtol=1e-12, atol=1e-12)
    # Not so under kernels of 3x3, nor for fewer channels.
    monkeypatch.setattr(convolution, "SMALL", 0)
    for weight in (arrays[1][:, :, :3, :3], arrays[1][: convolution.SEVERAL - 1]):
        assert convolution.is_batch_last(conv2d(Tensor(arrays[0]), Tensor(weight)).data)


def test_few_channels_lie_before_the_batch_and_many_after_it():
    few = conv2d(Tensor(numbers(3, 2, 5, 5)), Tensor(numbers(4, 2, 3, 3)))
    assert few.data.transpose(1, 2, 3, 0).flags.c_contiguous
    many = conv2d(Tensor(numbers(3, 16, 5, 5)), Tensor(numbers(16, 16, 3, 3)))
    assert many.data.transpose(0, 2, 3, 1).flags.c_contiguous
    pooled = max_pool2d(many, 2, stride=1, padding=1)
    assert pooled.data.transpose(0, 2, 3, 1).flags.c_contiguous
    assert avg_pool2d(few, 3).data.transpose(1, 2, 3, 0).flags.c_contiguous


@pytest.mark.parametrize(("c", "f", "groups"), [(2, 3, 1), (16, 16, 1), (4, 4, 4)])
def test_gradients_only_where_wanted(c, f, groups):
    x, w = Tensor(numbers(2, c, 5, 5)), Tensor(numbers(f, c // groups, 3, 3), requires_grad=True)
    conv2d(x, w, groups=groups).sum().backward()
    assert x.grad is None
    assert w.grad.shape == w.shape
    x, w = Tensor(x.data, requires_grad=True), w.detach()
    conv2d(x, w, groups=groups).sum().backward()
    assert x.grad.shape == x.shape
    assert w.grad is None
    with no_grad():
        assert not conv2d(x, w, groups=groups).requires_grad


def test_convolution_counts_its_products():
    with tally() as t:
        conv2d(Tensor(numbers(2, 4, 6, 7)), Tensor(numbers(6, 2, 3, 2)), groups=2)
    assert t[0] == 2 * 6 * 4 * 6 * 2 * 3 * 2


POOLS = [
    (2, {}),
    (3, {"stride": 2, "padding": 1}),
    ((2, 3), {"stride": (1, 2), "padding": (0, 1)}),
    (2, {"stride": 3}),
    ((3, 2), {"padding": 1}),
]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(("size", "options"), POOLS)
@pytest.mark.parametrize("name", ["max_pool2d", "avg_pool2d"])
def test_pooling(name, size, options, order):
    ours = {"max_pool2d": max_pool2d, "avg_pool2d": avg_pool2d}[name]
    x = distinct(2, 3, 6, 7)
    check(lambda t: ours(t, size, **options), x)
    torch = torch_or_skip()
    theirs = getattr(torch.nn.functional, name)
    compare(lambda t: ours(t, size, **options), lambda t: theirs(t, size, **options), laid(x, order))


@pytest.mark.parametrize(
    ("n", "size", "stride", "padding", "wanted"),
    [
        (5, 3, 2, 0, [[0, 1, 2], [2, 3, 4]]),  # nothing is cut
        (6, 3, 2, 0, [[0, 1, 2], [2, 3, 4], [4, 5]]),
        (2, 3, 2, 0, [[0, 1]]),
        (4, 2, 3, 0, [[0, 1], [3]]),
        (4, 1, 3, 0, [[0], [3]]),
        (5, 3, 2, 1, [[0, 1], [1, 2, 3], [3, 4]]),
        (6, 3, 3, 1, [[0, 1], [2, 3, 4], [5]]),
        (3, 2, 2, 1, [[0], [1, 2]]),  # a third window would begin after the end
    ],
)
def test_a_last_window_may_be_cut_off(n, size, stride, padding, wanted):
    x = np.random.default_rng(0).permutation(n * n).reshape(1, 1, n, n).astype(float)
    out = max_pool2d(Tensor(x), size, stride=stride, padding=padding, cut=True).data[0, 0]
    assert np.array_equal(out, [[x[0, 0][np.ix_(r, c)].max() for c in wanted] for r in wanted])
    check(lambda a: max_pool2d(a, size, stride=stride, padding=padding, cut=True), x)


def test_the_first_of_equals_gets_the_gradient():
    x = Tensor(np.zeros((1, 1, 4, 4)), requires_grad=True)
    max_pool2d(x, 2).sum().backward()
    assert x.grad[0, 0].tolist() == [[1, 0, 1, 0], [0, 0, 0, 0], [1, 0, 1, 0], [0, 0, 0, 0]]


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(("shape", "order"), [((6, 3), None), *(((4, 3, 2, 5), o) for o in ORDERS)])
def test_batch_norm(shape, order, training):
    x = numbers(*shape) * 2 + 1
    x = laid(x, order) if order else x
    gain, bias, start = numbers(3, seed=1), numbers(3, seed=2), np.abs(numbers(3, seed=3)) + 0.5

    def ours(*t):
        # Fresh running moments each time: the check must find the same function again.
        return batch_norm(*t, start.copy(), start.copy(), training=training)

    check(ours, np.ascontiguousarray(x), gain, bias)
    torch = torch_or_skip()
    mean, variance = start.astype(np.float32), start.astype(np.float32)
    right = [torch.tensor(mean.copy()), torch.tensor(variance.copy())]
    compare(
        lambda *t: batch_norm(*t, mean, variance, training=training),
        lambda a, g, b: torch.nn.functional.batch_norm(a, *right, g, b, training=training),
        x, gain, bias,
    )  # fmt: skip
    np.testing.assert_allclose(mean, right[0].numpy(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(variance, right[1].numpy(), rtol=1e-5, atol=1e-6)
    assert np.array_equal(mean, start.astype(np.float32)) is not training


@pytest.mark.parametrize("shape", [(5, 7), (2, 3, 6)])
def test_layer_and_rms_norm(shape):
    x, gain, bias = numbers(*shape), numbers(shape[-1], seed=1), numbers(shape[-1], seed=2)
    check(layer_norm, x, gain, bias)
    check(lambda *t: rms_norm(*t, 1e-5), x, gain)
    torch = torch_or_skip()
    f = torch.nn.functional
    compare(layer_norm, lambda a, g, b: f.layer_norm(a, shape[-1:], g, b), x, gain, bias)
    compare(lambda *t: rms_norm(*t, 1e-5), lambda a, g: f.rms_norm(a, shape[-1:], g, 1e-5), x, gain)


@pytest.mark.parametrize("groups", [1, 2, 6])
@pytest.mark.parametrize(("shape", "order"), [((2, 6, 5), None), *(((3, 6, 2, 5), o) for o in ORDERS)])
def test_group_norm(shape, order, groups):
    x, gain, bias = numbers(*shape), numbers(6, seed=1), numbers(6, seed=2)
    check(lambda a, g, b: group_norm(a, groups, g, b, 1e-5), x, gain, bias)
    torch = torch_or_skip()
    compare(
        lambda a, g, b: group_norm(a, groups, g, b, 1e-5),
        lambda a, g, b: torch.nn.functional.group_norm(a, groups, g, b, 1e-5),
        laid(x, order) if order else x, gain, bias,
    )  # fmt: skip


@pytest.mark.parametrize("size", [1, 4, 5, 9])
@pytest.mark.parametrize("order", ORDERS)
def test_local_response_norm(size, order):
    x = numbers(2, 6, 3, 4)
    options = {"alpha": 0.5, "beta": 0.75, "k": 2.0}
    check(lambda a: local_response_norm(a, size, **options), x)
    torch = torch_or_skip()
    compare(
        lambda a: local_response_norm(a, size, **options),
        lambda a: torch.nn.functional.local_response_norm(a, size, **options),
        laid(x, order),
    )


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda t: conv2d(t(2, 3, 5), t(4, 3, 3, 3)), r"\(2, 3, 5\)"),
        (lambda t: conv2d(t(2, 3, 5, 5), t(4, 3, 3)), r"\(4, 3, 3\)"),
        (lambda t: conv2d(t(2, 3, 5, 5), t(4, 2, 3, 3)), r"\(2, 3, 5, 5\).*\(4, 2, 3, 3\)"),
        (lambda t: conv2d(t(2, 4, 5, 5), t(3, 2, 3, 3), groups=2), r"\(3, 2, 3, 3\) in 2 groups"),
        (lambda t: conv2d(t(2, 3, 5, 5), t(4, 3, 3, 3), t(3)), r"\(3,\).*\(4, 3, 3, 3\)"),
        (lambda t: conv2d(t(2, 3, 5, 5), t(4, 3, 6, 3)), r"\(4, 3, 6, 3\).*\(2, 3, 5, 5\)"),
        (lambda t: conv2d(t(2, 3, 5, 5), t(4, 3, 3, 3), stride=0), r"stride \(0, 0\)"),
        (lambda t: max_pool2d(t(3, 5, 5), 2), r"\(3, 5, 5\)"),
        (lambda t: avg_pool2d(t(2, 3, 5, 5), 6), r"\(6, 6\).*\(2, 3, 5, 5\)"),
        (lambda t: max_pool2d(t(2, 3, 5, 5), 2, padding=2), r"padding \(2, 2\)"),
        (lambda t: batch_norm(t(2, 3, 4), t(3), t(3), *np.ones((2, 3)), training=True), r"\(2, 3, 4\)"),
        (lambda t: batch_norm(t(2, 3), t(3), t(2), *np.ones((2, 3)), training=True), r"\(2, 3\).*\(2,\)"),
        (lambda t: batch_norm(t(1, 3), t(3), t(3), *np.ones((2, 3)), training=True), r"\(1, 3\)"),
        (lambda t: layer_norm(t(2, 3), t(2), t(3)), r"\(2, 3\).*\(2,\).*\(3,\)"),
        (lambda t: rms_norm(t(2, 3), t(2)), r"\(2, 3\).*\(2,\)"),
        (lambda t: group_norm(t(2, 6, 3), 4, t(6), t(6), 1e-5), r"\(2, 6, 3\).*4 groups"),
        (lambda t: local_response_norm(t(2, 6)), r"\(2, 6\)"),
    ],
)
def test_wrong_shapes_are_said(call, said):
    with pytest.raises(ShapeError, match=said):
        call(lambda *shape: Tensor(np.ones(shape)))


def test_a_refusal_is_said_each_time():
    x, w = Tensor(np.ones((1, 2, 5, 5))), Tensor(np.ones((3, 2, 3, 3)))
    assert conv2d(x, w).shape == (1, 3, 3, 3)
    for _ in range(2):
        with pytest.raises(ShapeError, match=r"bias \(2,\)"):
            conv2d(x, w, Tensor(np.ones(2)))
    assert conv2d(x, w, padding=1).shape == (1, 3, 5, 5)


DEPTHWISE = [
    ((3, 3), {"padding": 1}),
    ((7, 7), {"padding": 3}),
    ((3, 3), {"stride": 2, "padding": 1}),
    ((3, 2), {"stride": (2, 1), "padding": (1, 0), "dilation": (1, 2)}),
    ((2, 3), {"stride": (3, 2), "padding": (0, 2), "dilation": (2, 1)}),
    ((1, 1), {}),
]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(("kernel", "options"), DEPTHWISE)
def test_depthwise_convolution_is_the_same_by_products_and_tap_by_tap(kernel, options, order, monkeypatch):
    x, w, b = laid(numbers(3, 4, 8, 7), order), numbers(4, 1, *kernel, seed=1), numbers(4, seed=2)
    found = []
    for wide in (16, 0):
        monkeypatch.setattr(convolution, "WIDE", wide)
        tensors = [Tensor(a, requires_grad=True) for a in (x, w, b)]
        out = conv2d(*tensors, groups=4, **options)
        out.backward(laid(numbers(*out.shape, seed=3), order))
        found.append([out.data, *(t.grad for t in tensors)])
    for products, taps in zip(*found, strict=True):
        np.testing.assert_allclose(products, taps, rtol=1e-9, atol=1e-9)
    check(lambda *a: conv2d(*a, groups=4, **options), np.ascontiguousarray(x), w, b)
