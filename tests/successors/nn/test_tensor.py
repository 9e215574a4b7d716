import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from marki.errors import PortError
from successors.nn import tensor
from successors.nn.activations import scaled_tanh
from successors.nn.gradcheck import GradientError, check
from successors.nn.losses import log_softmax, softmax
from successors.nn.macs import tally
from successors.nn.tensor import Parameter, Tensor


def drawn(*shape, seed=0, away_from_zero=False):
    a = np.random.default_rng(seed).standard_normal(shape)
    return np.sign(a) * (np.abs(a) + 0.1) if away_from_zero else a


@pytest.mark.parametrize(
    "function",
    [
        lambda a, b: a + b,
        lambda a, b: a - b,
        lambda a, b: a * b,
        lambda a, b: a / b,
        lambda a, b: 2 - a / (3 * b),
        lambda a, b: 1 / a + -b,
        lambda a, b: tensor.where(np.arange(4) % 2 == 0, a, b),
    ],
)
@pytest.mark.parametrize("shapes", [((3, 4), (3, 4)), ((3, 4), (4,)), ((2, 1, 4), (3, 1)), ((3, 4), ())])
def test_arithmetic_with_broadcasting(function, shapes):
    check(function, drawn(*shapes[0], away_from_zero=True), drawn(*shapes[1], seed=1, away_from_zero=True))


@pytest.mark.parametrize(
    "function",
    [
        lambda a: a.exp(),
        lambda a: a.abs(),
        lambda a: a.abs().log(),
        lambda a: a.abs().sqrt(),
        lambda a: a.tanh(),
        lambda a: a.sigmoid(),
        lambda a: a.relu(),
        lambda a: a**2,
        lambda a: a.abs() ** 1.5,
        lambda a: a.sum(),
        lambda a: a.sum(1),
        lambda a: a.sum((0, 2), keepdims=True),
        lambda a: a.mean((1, 2)),
        lambda a: a.max(1),
        lambda a: a.reshape(6, 4),
        lambda a: a.flatten(),
        lambda a: a.transpose(2, 0, 1),
        lambda a: a[1],
        lambda a: a[:, 1:, ::2],
        lambda a: a[np.array([0, 1, 1, 0])],
        lambda a: a.pad([(0, 0), (1, 2), (0, 1)]),
        lambda a: tensor.stack([a, a * a], axis=1),
        lambda a: tensor.concatenate([a, a * a, a], axis=2),
        lambda a: (a * a + a) * a.sum(0),  # a tensor used several times
    ],
)
def test_functions(function):
    check(function, drawn(2, 3, 4, away_from_zero=True))


@pytest.mark.parametrize("shapes", [((3, 4), (4, 5)), ((2, 3, 4), (4, 5)), ((2, 1, 3, 4), (5, 4, 2))])
def test_matrix_product(shapes):
    check(lambda a, b: a @ b, drawn(*shapes[0]), drawn(*shapes[1], seed=1))


def test_a_wrong_backward_is_caught():
    def wrong_tanh(a):
        value = np.tanh(a.data)
        return tensor.make(value, (a,), lambda g: (g * (1 - value),))

    with pytest.raises(GradientError, match=r"input 0 at \(\d, \d\): backward gives"):
        check(wrong_tanh, drawn(2, 3))


def test_a_gradient_of_a_wrong_shape_is_caught():
    with pytest.raises(GradientError, match="gradient of shape"):
        check(lambda a: tensor.make(a.data.sum(0), (a,), lambda g: (g,)), drawn(2, 3))


def test_float32_stays_float32():
    a = Parameter(drawn(3, 4).astype(np.float32))
    out = ((a * 0.5 + 1).tanh() @ a.transpose(1, 0)).mean()
    assert out.dtype == np.float32
    out.backward()
    assert a.grad.dtype == np.float32


def test_a_gradient_has_the_dtype_of_its_parameter():
    a, b = Parameter(drawn(3).astype(np.float32)), Parameter(drawn(3))
    ((a * b + a).tanh() * b).sum().backward()
    assert a.grad.dtype == np.float32
    assert b.grad.dtype == np.float64
    out = a * 2
    out.backward(np.ones(3))
    assert a.grad.dtype == np.float32


def test_a_second_backward_pass_through_the_same_graph_is_refused():
    x = Parameter(drawn(3))
    loss = (x * x).sum()
    loss.backward()
    first = x.grad.copy()
    with pytest.raises(PortError, match="second backward pass") as refused:
        loss.backward()
    assert "\n" not in str(refused.value)
    assert np.array_equal(x.grad, first)


def test_a_graph_that_shares_a_spent_part_is_refused_before_anything_changes():
    x, w = Parameter(np.array([7.0, 13.0])), Parameter(np.ones(2))
    y = x * 3
    y.sum().backward()
    later = (y * y * w).sum()
    with pytest.raises(PortError, match="second backward pass"):
        later.backward()
    assert np.array_equal(x.grad, [3, 3])
    assert w.grad is None
    with pytest.raises(PortError, match="second backward pass"):
        y.backward(np.ones(2))


def test_the_gradients_of_separate_graphs_add_up_in_their_leaves():
    x = Parameter(drawn(3))
    for k in (1, 2):
        (x * k).sum().backward()
    assert np.array_equal(x.grad, [3, 3, 3])
    y = x * 3
    (y.sum() + (y * y).sum()).backward()
    assert x.grad == pytest.approx(3 + 3 + 18 * x.data)


@pytest.mark.parametrize(
    "function", [Tensor.relu, Tensor.tanh, Tensor.sigmoid, Tensor.abs, Tensor.exp, scaled_tanh, softmax, log_softmax]
)
def test_infinities_have_one_value_whether_recorded_or_not(function):
    x = np.array([-np.inf, -1, 0, 1, 2])
    for given in (x, -x) if function not in (softmax, log_softmax) else (x,):
        found = function(Parameter(given)).data
        with tensor.no_grad():
            assert np.array_equal(found, function(Tensor(given)).data)
        assert not np.isnan(found).any()


def test_the_slope_of_relu_at_infinity():
    x = Parameter(np.array([-np.inf, np.inf, 0.0, -0.0]))
    out = x.relu()
    assert np.array_equal(out.data, [0, np.inf, 0, 0])
    out.backward(np.ones(4))
    assert np.array_equal(x.grad, [0, 1, 0, 0])


def test_gradients_that_add_up_change_no_gradient_that_was_given():
    x = Parameter(np.arange(3, dtype=np.float32))
    parts = [x + 0 for _ in range(4)]  # each hands on the gradient that it is given itself
    total = (parts[0] + parts[1]) + (parts[2] + parts[3]) + x + (parts[0] + x)
    given = np.array([1, 2, 4], np.float32)
    total.backward(given)
    assert x.grad == pytest.approx([7, 14, 28])
    assert given.tolist() == [1, 2, 4]
    first = x.grad
    (x * 1).backward(given)
    assert x.grad == pytest.approx([8, 16, 32])
    assert first.tolist() == [7, 14, 28], "whoever holds it"


@hypothesis.given(st.tuples(*[st.integers(1, 40)] * 3), st.sampled_from(["f4", "f8"]), st.integers(0, 99))
def test_sums_over_a_middle_axis_have_the_bits_of_numpy(shape, dtype, seed):
    rng = np.random.default_rng(seed)
    a = (rng.standard_normal(shape) * np.exp(2 * rng.standard_normal((*shape[:2], 1)))).astype(dtype)
    for given in (a, a[:, ::-1], a.transpose(0, 2, 1)):
        assert np.array_equal(tensor.middle_sums(given), given.sum(1))
        assert np.array_equal(tensor.column_sums(given[0]), given[0].sum(0))


def test_leaves_that_want_no_gradient_get_none():
    a, b = Tensor(drawn(3)), Parameter(drawn(3))
    (a * b).sum().backward()
    assert a.grad is None
    assert np.array_equal(b.grad, a.data)


def test_no_grad_remembers_nothing():
    a = Parameter(drawn(3))
    with tensor.no_grad():
        out = (a * a).sum()
    assert not out.requires_grad
    with pytest.raises(PortError, match="not made from any parameter"):
        out.backward()
    assert tensor.recording()


def test_backward_of_many_numbers_needs_their_gradient():
    with pytest.raises(PortError, match="Sum it to a scalar"):
        (Parameter(drawn(3)) * 2).backward()


def test_a_long_chain_does_not_exhaust_the_stack():
    a = Parameter(np.ones(1))
    out = a
    for _ in range(5000):
        out = out + a
    out.backward()
    assert a.grad == 5001


def test_multiply_adds_are_counted():
    with tally() as cost:
        Tensor(np.ones((2, 3, 4))) @ Tensor(np.ones((4, 5)))
    assert cost == [2 * 3 * 4 * 5]


def test_the_gradient_check_takes_arrays_of_any_memory_order():
    rng = np.random.default_rng(0)
    check(lambda x, y: x * x * y, rng.standard_normal((4, 3)).T, np.asfortranarray(rng.standard_normal((3, 4))))


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_padding_is_that_of_numpy_in_value_and_in_order_of_memory(order):
    a = np.random.default_rng(0).random((3, 4, 5)).astype(np.float32)
    a = np.ascontiguousarray(a.transpose(order)).transpose(np.argsort(order))
    widths = ((1, 0), (0, 0), (2, 3))
    padded, wanted = Tensor(a).pad(widths).data, np.pad(a, widths)
    assert np.array_equal(padded, wanted)
    assert padded.strides == wanted.strides
    assert padded.dtype == np.float32


def test_a_product_of_matrices_counts_its_multiply_adds():
    a, b = Tensor(np.ones((2, 1, 3, 4))), Tensor(np.ones((5, 4, 6)))
    with tally() as counted:
        assert (a @ b).shape == (2, 5, 3, 6)
    assert counted == [2 * 5 * 3 * 4 * 6]
