import copy

import numpy as np
import pytest

from successors.nn import optimiser, schedule
from successors.nn.recipe import Recipe
from successors.nn.tensor import Parameter


def bowl(kind, steps=60, rate=0.05, **options):
    """Descend (w - 3)² from two places."""
    w = {"w": Parameter(np.array([0.0, 5.0]))}
    rule = kind(w, **options)
    for _ in range(steps):
        ((w["w"] - 3) ** 2).sum().backward()
        rule.step(rate)
    return w["w"].data, rule


RULES = [
    (optimiser.SGD, {}),
    (optimiser.SGD, {"momentum": 0.5}),
    (optimiser.SGD, {"momentum": 0.5, "nesterov": True}),
    (optimiser.Adam, {}),
]


@pytest.mark.parametrize(("kind", "options"), RULES)
def test_they_descend(kind, options):
    w, rule = bowl(kind, steps=400, **options)
    assert w == pytest.approx([3, 3], abs=0.02)
    assert rule.steps == 400


@pytest.mark.parametrize(
    ("kind", "options", "theirs", "named"),
    [
        (optimiser.SGD, {"momentum": 0.9, "decay": 0.1}, "SGD", {"momentum": 0.9, "weight_decay": 0.1}),
        (optimiser.SGD, {"momentum": 0.9, "nesterov": True}, "SGD", {"momentum": 0.9, "nesterov": True}),
        (optimiser.Adam, {}, "Adam", {}),
        (optimiser.Adam, {"decay": 0.1}, "AdamW", {"weight_decay": 0.1}),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_they_agree_with_pytorch(kind, options, theirs, named):
    torch = pytest.importorskip("torch")
    start = np.random.default_rng(0).standard_normal((3, 4))
    ours, other = {"w": Parameter(start.copy())}, torch.nn.Parameter(torch.tensor(start))
    rule, their = kind(ours, **options), getattr(torch.optim, theirs)([other], lr=0.03, **named)
    for _ in range(20):
        (ours["w"] ** 2 * 0.7 + ours["w"]).sum().backward()
        rule.step(0.03)
        their.zero_grad()
        (other**2 * 0.7 + other).sum().backward()
        their.step()
    assert ours["w"].data == pytest.approx(other.detach().numpy(), rel=1e-6)


@pytest.mark.parametrize(("kind", "options"), RULES)
def test_a_run_resumes_exactly(kind, options):
    whole, _ = bowl(kind, steps=20, **options)
    half, rule = bowl(kind, steps=10, **options)
    kept = copy.deepcopy(rule.state())
    w = {"w": Parameter(half.copy())}
    again = kind(w, **options)
    for name, array in again.state().items():
        array[...] = kept[name]
    for _ in range(10):
        ((w["w"] - 3) ** 2).sum().backward()
        again.step(0.05)
    assert np.array_equal(w["w"].data, whole)


@pytest.mark.parametrize(
    ("kind", "options"), [*RULES, (optimiser.Adam, {"decay": 0.1}), (optimiser.SGD, {"decay": 0.1})]
)
def test_small_weights_that_are_updated_together_have_the_bits_of_each_by_itself(kind, options, monkeypatch):
    found = []
    for many in (optimiser.MANY, 1000):
        monkeypatch.setattr(optimiser, "MANY", many)
        rng = np.random.default_rng(0)
        shapes = [(3,), (2, 5), (), (1, 7), (4, 4), (100, 50)] * 4
        w = {f"w{k}": Parameter(rng.standard_normal(s).astype(np.float32), decays=k % 2) for k, s in enumerate(shapes)}
        w["turned"] = Parameter(np.asfortranarray(rng.standard_normal((3, 4)).astype(np.float32)))
        rule = kind(w, **options)
        rule.reset()
        for step in range(6):
            for name, p in w.items():  # now and then some have no gradient, as where a part of a network is held
                p.grad = None if step == 3 and name < "w2" else rng.standard_normal(p.shape).astype(np.float32)
            if step == 4:
                rule = copy.deepcopy(rule)
                w = rule.parameters
            rule.step(0.05)
        found.append({n: p.data for n, p in w.items()} | rule.state())
    assert list(found[0]) == list(found[1])
    assert all(a.shape == found[1][n].shape and a.tobytes() == found[1][n].tobytes() for n, a in found[0].items())


def test_a_gradient_that_is_no_number_changes_nothing():
    w = {"w": Parameter(np.array([1.0, -1.0]))}
    rule = optimiser.SGD(w)
    w["w"].grad = np.array([np.nan, 1])
    with pytest.raises(optimiser.Diverged, match="not a number"):
        rule.step(0.1)
    assert np.array_equal(w["w"].data, [1, -1])
    assert rule.steps == 0


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_clipping_refuses_what_is_no_number(wrong):
    w = {"a": Parameter(np.zeros(2)), "b": Parameter(np.zeros(1))}
    w["a"].grad, w["b"].grad = np.array([3.0, wrong]), np.array([4.0])
    with pytest.raises(optimiser.Diverged, match="not a number"):
        optimiser.clip(w, 1.0)
    assert w["b"].grad == 4


@pytest.mark.parametrize(
    ("dtype", "size"), [(np.float32, 1e18), (np.float32, 1e20), (np.float32, 1e37), (np.float64, 1e200)]
)
def test_large_gradients_are_clipped_and_not_lost(dtype, size):
    w = {"a": Parameter(np.zeros(2, dtype)), "b": Parameter(np.zeros(1, dtype))}
    w["a"].grad, w["b"].grad = np.array([3 * size, 0], dtype), np.array([-size], dtype)
    rule = optimiser.SGD(w)
    with np.errstate(all="raise"):
        assert optimiser.clip(w, 0.5) == pytest.approx(10**0.5 * size, rel=1e-6)
        rule.step(1.0)
    assert w["a"].data == pytest.approx([-0.5 * 3 / 10**0.5, 0])
    assert w["b"].data == pytest.approx([0.5 / 10**0.5])
    assert w["a"].data.dtype == dtype


def test_a_step_takes_large_gradients():
    w = {"a": Parameter(np.zeros(1, np.float32))}
    w["a"].grad = np.array([1e20], np.float32)
    optimiser.SGD(w).step(1e-20)
    assert w["a"].data == pytest.approx([-1])


def test_clipping_keeps_the_direction():
    w = {"a": Parameter(np.zeros(2)), "b": Parameter(np.zeros(1))}
    w["a"].grad, w["b"].grad = np.array([3.0, 0.0]), np.array([4.0])
    assert optimiser.clip(w, 1.0) == 5
    assert w["a"].grad == pytest.approx([0.6, 0])
    assert w["b"].grad == pytest.approx([0.8])
    assert optimiser.clip(w, 2.0) == pytest.approx(1)
    assert w["b"].grad == pytest.approx([0.8])


def test_the_mean_of_weights_and_its_exchange():
    w = {"a": Parameter(np.zeros(1))}
    mean = optimiser.Average(w, keep=0.5)
    for value in (1.0, 2.0):
        w["a"].data[...] = value
        mean.update()
    mean.swap()
    assert w["a"].data == 1.25
    mean.swap()
    assert w["a"].data == 2


def test_schedules():
    fall = schedule.cosine(100, warm_up=10, floor=0.1)
    values = [fall(k) for k in range(120)]
    assert values[:10] == pytest.approx([(k + 1) / 10 for k in range(10)])
    assert max(values) == values[10] == 1
    assert values[55] == pytest.approx(0.55)
    assert values[100:] == pytest.approx([0.1] * 20)
    assert schedule.exponential(10)(20) == pytest.approx(0.01)
    assert schedule.constant()(7) == 1
    warm = schedule.inverse_root(64, 10)
    assert max(range(50), key=warm) == 9


def test_study_has_a_rate_of_its_own_and_goes_through_the_schedule_by_itself():
    recipe = Recipe(
        pretrain_steps=40, pretrain_rate=0.5, steps=20, rate=0.1, schedule="cosine", warm_up=10, final_lr_fraction=0.0
    )
    rates = [recipe.rate_at(k) for k in range(recipe.total_steps)]
    assert len(rates) == 60
    assert max(rates[:40]) == rates[10] == 0.5
    assert rates[39] < 0.01
    assert max(rates[40:]) == rates[50] == 0.1


def test_a_root_begins_to_fall_at_its_height():
    recipe = Recipe(steps=400, rate=0.3, schedule="inverse root", warm_up=100)
    rates = [recipe.rate_at(k) for k in range(400)]
    assert max(rates) == rates[99] == pytest.approx(0.3)
    assert rates[49] == pytest.approx(0.15)
    assert rates[399] == pytest.approx(0.15)
