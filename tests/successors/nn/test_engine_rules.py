"""The rules of the engine against numbers that were worked out by hand, so that no other library is needed."""

from math import cos, exp, log, pi, sqrt

import numpy as np
import pytest

from successors.nn import losses, normalisation, optimiser, schedule
from successors.nn.attention import attention
from successors.nn.gru import gru
from successors.nn.layers import BatchNorm2d, Dropout, Embedding, GroupNorm, LayerNorm, RMSNorm
from successors.nn.lstm import lstm
from successors.nn.module import training
from successors.nn.recipe import Recipe
from successors.nn.tensor import Parameter, Tensor


def steps(rule, w, gradients, rate):
    """Return where a parameter stands after each of these gradients."""
    found = []
    for gradient in gradients:
        w.grad = np.full(w.shape, float(gradient))
        rule.step(rate)
        found.append(w.data.flat[0])
    return found


def weight(value, shape=(1,), **options):
    return Parameter(np.full(shape, float(value)), **options)


# -- steps -----------------------------------------------------------------------------------------------------------


def test_adam_corrects_both_means_for_their_start_at_zero():
    w = weight(1)
    rule = optimiser.Adam({"w": w}, betas=(0.5, 0.75), eps=0.5)
    # 1: mean 2 / 0.5 = 4, square 4 / 0.25 = 16; 2: mean 2 / 0.75 = 8/3, square 4 / 0.4375 = 64/7.
    first = 1 - 0.9 * 4 / (4 + 0.5)
    second = first - 0.9 * (8 / 3) / (8 / sqrt(7) + 0.5)
    assert steps(rule, w, [4, 2], 0.9) == pytest.approx([first, second], rel=1e-12)


def test_the_first_step_of_adam_is_the_rate_whatever_the_gradient():
    for gradient in (1e-3, 5.0, -700.0):
        w = weight(0)
        (found,) = steps(optimiser.Adam({"w": w}), w, [gradient], 0.01)
        assert found == pytest.approx(-0.01 * np.sign(gradient), rel=1e-4)


def test_adamw_decays_weights_apart_from_the_gradient_and_leaves_gains_alone():
    matrix, gain = weight(2), weight(2, (1, 1), decays=False)
    assert steps(optimiser.Adam({"w": matrix}, decay=0.3, eps=0.0), matrix, [5], 0.1) == pytest.approx([2 * 0.97 - 0.1])
    assert steps(optimiser.Adam({"w": gain}, decay=0.3, eps=0.0), gain, [5], 0.1) == pytest.approx([2 - 0.1])


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({}, [1 - 0.2, 0.8 - 0.3]),
        # m: 2, then 0.5 · 2 + 3 = 4
        ({"momentum": 0.5}, [1 - 0.2, 0.8 - 0.4]),
        # 2 + 0.5 · 2, then 3 + 0.5 · 4
        ({"momentum": 0.5, "nesterov": True}, [1 - 0.3, 0.7 - 0.5]),
        # 2 + 0.5 · 1, then 3 + 0.5 · 0.75
        ({"decay": 0.5}, [1 - 0.25, 0.75 - 0.3375]),
        # the decay goes into m: 2.5, then 0.5 · 2.5 + 3.375
        ({"decay": 0.5, "momentum": 0.5}, [0.75, 0.75 - 0.4625]),
    ],
)
def test_gradient_descent_with_momentum_and_decay(options, wanted):
    w = weight(1)
    assert steps(optimiser.SGD({"w": w}, **options), w, [2, 3], 0.1) == pytest.approx(wanted)


def test_gradient_descent_leaves_gains_alone():
    gain = weight(1, decays=False)
    assert steps(optimiser.SGD({"w": gain}, decay=0.5), gain, [2, 3], 0.1) == pytest.approx([0.8, 0.5])


def test_a_parameter_without_a_gradient_stays_and_gradients_are_forgotten():
    w, other = weight(1), weight(1)
    rule = optimiser.SGD({"w": w, "other": other}, momentum=0.9)
    steps(rule, w, [1], 0.5)
    assert (w.data, other.data, w.grad) == (0.5, 1, None)


def test_clipping_takes_the_length_of_all_gradients_together():
    a, b = weight(0, (2,)), weight(0)
    for limit, wanted in ((26.0, ([3, 4], 12)), (6.5, ([1.5, 2], 6))):
        a.grad, b.grad = np.array([3.0, 4.0]), np.array([12.0])
        assert optimiser.clip({"a": a, "b": b}, limit) == 13
        assert (a.grad.tolist(), b.grad.tolist()) == (wanted[0], [wanted[1]])


# -- schedules -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        (schedule.constant(), {0: 1, 99: 1}),
        (schedule.exponential(4, 0.0625), {0: 1, 1: 0.5, 2: 0.25, 4: 0.0625, 8: 0.0625**2}),
        (schedule.cosine(8), {0: 1, 2: (1 + cos(pi / 4)) / 2, 4: 0.5, 6: (1 - cos(pi / 4)) / 2, 8: 0, 20: 0}),
        (schedule.cosine(10, warm_up=2, floor=0.2), {0: 0.5, 1: 1, 2: 1, 6: 0.6, 10: 0.2}),
        (schedule.inverse_root(4, 4), {0: 1 / 16, 1: 1 / 8, 3: 1 / 4, 15: 1 / 8, 63: 1 / 16}),
    ],
)
def test_schedules(rule, wanted):
    assert {step: rule(step) for step in wanted} == pytest.approx(wanted, abs=1e-12)


def test_a_recipe_follows_its_schedule():
    recipe = Recipe(steps=8, rate=0.4, schedule="cosine", final_lr_fraction=0.5)
    assert [recipe.rate_at(k) for k in (0, 4, 8)] == pytest.approx([0.4, 0.3, 0.2])
    falling = Recipe(steps=2, rate=0.4, schedule="exponential", final_lr_fraction=0.25)
    assert [falling.rate_at(k) for k in (0, 1, 2)] == pytest.approx([0.4, 0.2, 0.1])


# -- losses ----------------------------------------------------------------------------------------------------------


def value_and_gradient(loss, x, *given, **options):
    x = Parameter(np.array(x, float))
    value = loss(x, *given, **options)
    value.backward()
    return float(value.data), x.grad


def test_cross_entropy():
    # softmax: (1/4, 3/4) and (1/2, 1/2)
    value, gradient = value_and_gradient(losses.cross_entropy, [[0, log(3)], [7, 7]], np.array([1, 0]))
    assert value == pytest.approx((log(4 / 3) + log(2)) / 2)
    assert gradient == pytest.approx(np.array([[0.25, -0.25], [-0.5, 0.5]]) / 2)


def test_smoothed_cross_entropy():
    # The truth is (0.1, 0.9) for a smoothing of 0.2 over two classes.
    value, gradient = value_and_gradient(losses.cross_entropy, [[0, log(3)]], np.array([1]), smoothing=0.2)
    assert value == pytest.approx(0.9 * log(4 / 3) + 0.1 * log(4))
    assert gradient == pytest.approx(np.array([[0.25 - 0.1, 0.75 - 0.9]]))


def test_cross_entropy_of_great_logits_is_a_number():
    value, _ = value_and_gradient(losses.cross_entropy, [[1000, 0], [0, 1000]], np.array([0, 0]))
    assert value == pytest.approx(500)


def test_squared_error():
    value, gradient = value_and_gradient(losses.mean_squared_error, [1, 2, 4], np.array([0.0, 4, 4]))
    assert value == pytest.approx(5 / 3)
    assert gradient == pytest.approx([2 / 3, -4 / 3, 0])


def test_binary_cross_entropy():
    value, gradient = value_and_gradient(losses.binary_cross_entropy, [log(3), -log(3)], np.array([1, 0.5]))
    assert value == pytest.approx((-log(0.75) - 0.5 * log(0.25) - 0.5 * log(0.75)) / 2)
    assert gradient == pytest.approx([-0.125, -0.125])


def test_softmax_and_its_logarithm():
    x = Tensor(np.array([[0.0, log(2), log(5)]]) + 800)
    assert losses.softmax(x).data == pytest.approx(np.array([[1, 2, 5]]) / 8)
    assert losses.log_softmax(x).data == pytest.approx(np.log(np.array([[1, 2, 5]]) / 8))


# -- statistics of a batch -------------------------------------------------------------------------------------------


def of_two_channels(*values):
    """Return an array (n, 2, 1, 1), the second channel ten times the first."""
    a = np.array(values, float)[:, None, None, None]
    return np.concatenate([a, 10 * a], 1)


def test_batch_normalisation_and_its_running_averages():
    # Mean 4 and variance 5, the unbiased one 20/3.
    x, mean, variance = of_two_channels(1, 3, 5, 7), np.array([2.0, 20]), np.array([1.0, 100])
    gain, bias = Parameter(np.array([2.0, 1])), Parameter(np.array([0.5, 0]))
    out = normalisation.batch_norm(
        Tensor(x), gain, bias, mean, variance, training=True, momentum=0.25, eps=0.0
    ).data.reshape(4, 2)
    assert out[:, 1] == pytest.approx(np.array([-3, -1, 1, 3]) / sqrt(5))
    assert out[:, 0] == pytest.approx(2 * np.array([-3, -1, 1, 3]) / sqrt(5) + 0.5)
    assert mean == pytest.approx([0.75 * 2 + 0.25 * 4, 0.75 * 20 + 0.25 * 40])
    assert variance == pytest.approx([0.75 + 0.25 * 20 / 3, 75 + 0.25 * 2000 / 3])
    used = normalisation.batch_norm(Tensor(x), gain, bias, mean.copy(), variance, training=False, eps=0.0)
    assert used.data.reshape(4, 2)[:, 1] == pytest.approx((np.array([10, 30, 50, 70]) - 25) / sqrt(75 + 500 / 3))


def test_the_gradient_of_batch_normalisation_goes_through_its_statistics():
    # Of the first of three normalised values -√1.5, 0, √1.5: √1.5 · (1 - 1/3 - 1/2, -1/3, -1/3 + 1/2).
    x = Parameter(np.array([[-1.0], [0], [1]]))
    one, none = Parameter(np.ones(1)), Parameter(np.zeros(1))
    y = normalisation.batch_norm(x, one, none, np.zeros(1), np.ones(1), training=True, eps=0.0)
    (y * np.array([[1.0], [0], [0]])).sum().backward()
    assert x.grad[:, 0] == pytest.approx(sqrt(1.5) * np.array([1, -2, 1]) / 6)
    assert one.grad == pytest.approx([-sqrt(1.5)])
    assert none.grad == pytest.approx([1])


def test_a_layer_of_batch_normalisation_moves_its_averages_only_while_it_trains():
    layer = BatchNorm2d(2)
    x = Tensor(of_two_channels(1, 3, 5, 7).astype(np.float32))
    layer(x)
    assert (layer.mean.tolist(), layer.variance.tolist()) == ([0, 0], [1, 1])
    with training(np.random.default_rng(0)):
        layer(x)
    assert layer.mean == pytest.approx([0.4, 4])
    assert layer.variance == pytest.approx([0.9 + 2 / 3, 0.9 + 200 / 3])
    assert layer(x).data[0, 0, 0, 0] == pytest.approx((1 - 0.4) / sqrt(0.9 + 2 / 3 + 1e-5), rel=1e-5)


def test_normalisation_of_rows_and_groups():
    x = Tensor(np.array([[1.0, 3, 5, 7]]))
    four, nothing = Tensor(np.array([1.0, 1, 1, 2])), Tensor(np.array([0, 0, 0, 1.0]))
    wanted = np.array([-3, -1, 1, 3]) / sqrt(5) * [1, 1, 1, 2] + [0, 0, 0, 1]
    assert normalisation.layer_norm(x, four, nothing, 0.0).data == pytest.approx(wanted[None])
    assert normalisation.rms_norm(x, four, 0.0).data == pytest.approx(np.array([[1, 3, 5, 14]]) / sqrt(21))
    pairs = normalisation.group_norm(x, 2, four, nothing, 0.0).data
    assert pairs == pytest.approx(np.array([[-1, 1, -1, 3]]))


def test_layers_of_normalisation_begin_with_a_gain_of_one():
    x = Tensor(np.array([[[[1.0]], [[3]], [[5]], [[7]]]], np.float32))
    assert GroupNorm(2, 4, eps=0.0)(x).data.ravel() == pytest.approx([-1, 1, -1, 1])
    assert RMSNorm(4, eps=0.0)(x.reshape(1, 4)).data.ravel() == pytest.approx(np.array([1, 3, 5, 7]) / sqrt(21))
    assert LayerNorm(4, eps=0.0)(x.reshape(1, 4)).data.ravel() == pytest.approx(np.array([-3, -1, 1, 3]) / sqrt(5))


def test_an_embedding_looks_rows_up_and_learns_those_alone():
    layer = Embedding(5, 2, np.random.default_rng(0))
    found = layer(np.array([[3, 0], [3, 3]]))
    assert np.array_equal(found.data, layer.table.data[[[3, 0], [3, 3]]])
    found.sum().backward()
    assert layer.table.grad.tolist() == [[1, 1], [0, 0], [0, 0], [3, 3], [0, 0]]


def test_an_optimiser_that_is_reset_begins_anew():
    w = weight(1)
    rule = optimiser.Adam({"w": w})
    first = steps(rule, w, [1, 2], 0.1)
    rule.reset()
    w.data[...] = 1
    assert steps(rule, w, [1, 2], 0.1) == first


def test_dropout_keeps_the_mean_and_does_nothing_in_use():
    layer, x = Dropout(0.75), Tensor(np.ones(10_000))
    assert np.array_equal(layer(x).data, x.data)
    with training(np.random.default_rng(0)):
        found = layer(x).data
    assert set(found.tolist()) == {0, 4}
    assert np.mean(found == 4) == pytest.approx(0.25, abs=0.02)


# -- attention and gates ---------------------------------------------------------------------------------------------


def test_attention_divides_its_scores_by_the_root_of_the_width():
    # q kᵀ / √4 = (log 3, 0), so that the weights are 3/4 and 1/4.
    q = Tensor(np.array([[2 * log(3), 0, 0, 0]]))
    k = Tensor(np.array([[1.0, 5, 0, 0], [0, 1, 2, 3]]))
    v = Tensor(np.array([[8.0, 0], [0, 4]]))
    assert attention(q, k, v).data == pytest.approx(np.array([[6.0, 1]]))
    assert attention(q, k, v, mask=np.array([[False, True]])).data == pytest.approx(np.array([[0.0, 4]]))


def s(x):
    return 1 / (1 + exp(-x))


def test_one_cell_of_an_lstm_over_two_steps():
    # Rows input, forget, candidate, output; one input and one state.
    w = np.array([[0.5], [-0.3], [0.8], [0.2]])
    u = np.array([[0.1], [0.4], [-0.6], [0.7]])
    b = np.array([0.05, 1.0, -0.1, 0.3])
    h = c = 0.0
    wanted = []
    for x in (1.0, -2.0):
        i, f, g, o = (w[k, 0] * x + u[k, 0] * h + b[k] for k in range(4))
        c = s(f) * c + s(i) * np.tanh(g)
        h = s(o) * np.tanh(c)
        wanted.append(h)
    found = lstm(Tensor(np.array([[[1.0], [-2.0]]])), Tensor(w), Tensor(u), Tensor(b))
    assert found.data[0, :, 0] == pytest.approx(wanted, rel=1e-12)


def test_one_cell_of_a_gru_over_two_steps():
    # Rows reset, update, candidate; the reset gate stands after the product, with a bias of its own.
    w, u = np.array([[0.5], [-0.3], [0.8]]), np.array([[0.1], [0.4], [-0.6]])
    b, e = np.array([0.05, 1.0, -0.1]), np.array([0.3, -0.2, 0.15])
    h = 0.0
    wanted = []
    for x in (1.0, -2.0):
        r, z = (s(w[k, 0] * x + u[k, 0] * h + b[k] + e[k]) for k in range(2))
        n = np.tanh(w[2, 0] * x + b[2] + r * (u[2, 0] * h + e[2]))
        h = (1 - z) * n + z * h
        wanted.append(h)
    found = gru(Tensor(np.array([[[1.0], [-2.0]]])), Tensor(w), Tensor(u), Tensor(b), Tensor(e))
    assert found.data[0, :, 0] == pytest.approx(wanted, rel=1e-12)


def test_the_logistic_function_saturates_without_a_warning():
    from successors.nn.tensor import logistic

    found = logistic(np.array([-800, -log(3), 0, log(3), 800.0]))
    assert found == pytest.approx([exp(-800), 0.25, 0.5, 0.75, 1])
