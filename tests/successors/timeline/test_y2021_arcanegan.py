"""ArcaneGAN: blending, pairs of one w, the two stages, who answers, and that its card claims no paper."""

import json

import numpy as np
import pytest

from marki.errors import StateError
from marki.io.ports import Port
from marki.registers import fingerprint, restore, snapshot
from successors import registry, tasks
from successors.nn import weights_file
from successors.nn.gradcheck import check
from successors.nn.module import training
from successors.nn.tensor import Tensor
from successors.timeline import y2021_arcanegan as arcanegan
from successors.timeline.y2020_stylegan2 import ENTRY as STYLEGAN2
from successors.timeline.y2021_arcanegan import ENTRY, ArcaneGAN, ArcaneGANConfig, ArcaneUNet, dark, scale_of
from successors.training import participants, training_job

SMALL = {"channels": (6, 4, 3), "latents": 4, "mapping": 2, "maps": (3, 4, 5)}
GENERATOR = {k: v for k, v in SMALL.items() if k != "maps"} | {"classes": 26}


def network(seed=0, **changes):
    return ArcaneGAN(ArcaneGANConfig().amend(SMALL | changes), np.random.default_rng(seed))


def pictures(count, seed=2):
    return np.random.default_rng(seed).random((count, 20, 20)).astype(np.float32)


def short(seed=0, **changes):
    return ENTRY.create(changes=SMALL | {"recipe.steps": 10, "recipe.stages": (0.4, 0.6)} | changes, seed=seed)


def test_there_is_no_paper_and_no_published_size():
    assert all(size.published is None for size in ENTRY.sizes.values())
    assert "no paper" in ENTRY.title
    assert "no paper" in next(iter(ENTRY.sizes.values())).source
    assert "assumed" in ENTRY.shrunk
    assert "Assumed" in arcanegan.__doc__


def test_every_parameter_of_the_synthesis_is_of_a_scale():
    net = network()
    scales = {name: scale_of(name) for name in net.base.synthesis.state()}
    for name, scale in scales.items():
        kind, number = name.split(".")[0], name.split(".")[1] if "." in name else "0"
        wanted = {"const": 0, "first": 0}.get(kind, int(number) + (kind in ("rise", "stay")) if number.isdigit() else 0)
        assert scale == wanted, name
    assert set(scales.values()) == {0, 1, 2}


@pytest.mark.parametrize("blend", [(), (0.5,), (1.0, 0.25), (1.0, 1.0, 1.0)])
def test_the_blended_generator_has_its_share_of_each_at_every_scale(blend):
    net = network(blend=blend)
    net.begin(0)
    before = {n: a.copy() for n, a in net.blended.state().items()}
    net.begin(1)
    old, new = net.base.synthesis.state(), net.creator.synthesis.state()
    for name, array in net.blended.state().items():
        a = (*blend, 0.0, 0.0, 0.0)[scale_of(name)]
        assert array.dtype == np.float32
        assert array == pytest.approx(a * old[name] + (1 - a) * new[name], abs=1e-6)
    assert any(not np.array_equal(before[n], a) for n, a in net.blended.state().items())
    # It is a copy: the new generator may change.
    kept = net.blended.state()["const"].copy()
    net.creator.synthesis.const.data += 1
    assert np.array_equal(net.blended.state()["const"], kept)


def test_both_pictures_of_a_pair_are_of_one_w_and_grain():
    net = network(blend=(1.0, 1.0, 1.0))
    net.begin(1)
    old, new = net.pairs(5)
    assert old.shape == (5, 20, 20)
    assert np.array_equal(old, new)
    assert len({p.tobytes() for p in old}) == 5
    net.blended.rise[1].conv.weight.data *= -1
    again, other = net.pairs(5)
    assert np.array_equal(again, old)
    assert np.abs(other - new).max() > 1e-3
    with training(np.random.default_rng(3)):
        assert not np.array_equal(net.pairs(5)[0], old)
        assert not np.array_equal(net.pairs(5)[0], net.pairs(5)[0])


def test_the_old_generator_draws_as_stylegan2_does():
    base = STYLEGAN2.create(changes=GENERATOR, seed=4)
    learner = short()
    learner.stand_on(base.network)
    net = learner.network
    rng = np.random.default_rng(0)
    given = rng.standard_normal((3, net.deviates)).astype(np.float32)
    net.drawn = lambda count: given[:count]
    old, _ = net.pairs(3)
    assert old == pytest.approx(base.network.make(dark(3), given).data, abs=1e-6)
    # The new one begins as the old one.
    assert net.make(pictures(3), None).data == pytest.approx(old, abs=1e-6)


def test_it_begins_with_the_weights_of_stylegan2_and_the_old_generator_keeps_them():
    base = STYLEGAN2.create(changes=GENERATOR, seed=4)
    learner = short()
    learner.stand_on(base.network)
    weights = base.weights()
    for part, source in (("base", "creator"), ("creator", "creator"), ("critic", "critic")):
        for name, array in getattr(learner.network, part).state().items():
            assert np.array_equal(array, weights[f"{source}.{name}"])
    assert all(np.array_equal(a, weights[n]) for n, a in learner.average.values.items())
    for _ in range(10):
        learner.reinforce(pictures(4), pictures(4, 3))
    for name, array in learner.network.base.state().items():
        assert np.array_equal(array, weights[f"creator.{name}"])
    moved = learner.network.creator.state()
    assert any(not np.array_equal(array, weights[f"creator.{name}"]) for name, array in moved.items())
    with pytest.raises(StateError, match="is missing"):
        short().stand_on(registry.create("lenet5").network)


def test_without_stylegan2_it_cannot_be_trained(monkeypatch, tmp_path):
    monkeypatch.setattr(registry, "shipped", lambda name: tmp_path)
    with pytest.raises(StateError, match=r"letters\.safetensors\.xz: is not shipped"):
        registry.foundation_file(ENTRY.foundation)
    deck = tasks.load("restyle", cache=False, train=2, valid=2, test=2)
    with pytest.raises(StateError, match="is not shipped"):
        participants.enter("arcanegan", deck)
    assert registry.create("arcanegan").network.count()  # drawn at random, it can be looked at


def test_a_training_begins_with_the_letters_of_stylegan2_and_depends_on_them(monkeypatch, tmp_path):
    deck = tasks.load("restyle", cache=False, train=2, valid=2, test=2)
    monkeypatch.setattr(registry, "shipped", lambda name: tmp_path)
    order = training_job.training("arcanegan", "restyle")
    identities = []
    for seed in (4, 5):
        base = STYLEGAN2.create(changes={"classes": 26}, seed=seed)
        settings = json.dumps(base.config.to_mapping())
        weights_file.save(tmp_path / "letters.safetensors", base.weights(), system="stylegan2", settings=settings)
        entrant = participants.enter("arcanegan", deck)
        for name, array in entrant.learner.network.base.state().items():
            assert np.array_equal(array, base.weights()[f"creator.{name}"])
        identities.append(order.identity.inputs)
    assert identities[0].keys() == {"weights of stylegan2"}
    assert identities[0] != identities[1]
    assert registry.subject(STYLEGAN2, STYLEGAN2.trials[1]) == "letters"


def test_the_stages_train_one_after_the_other():
    learner = short()
    parts = ("creator", "critic", "unet", "blended")
    states = []
    for _ in range(8):
        states.append({p: {n: a.copy() for n, a in getattr(learner.network, p).state().items()} for p in parts})
        learner.reinforce(pictures(4), pictures(4, 3))
    states.append({p: dict(getattr(learner.network, p).state()) for p in parts})

    def moves(part, step):
        return any(not np.array_equal(a, states[step + 1][part][n]) for n, a in states[step][part].items())

    assert [moves("creator", k) for k in range(8)] == [True] * 4 + [False] * 4
    assert [moves("critic", k) for k in range(8)] == [True] * 4 + [False] * 4
    assert [moves("unet", k) for k in range(8)] == [False] * 4 + [True] * 4
    assert [moves("blended", k) for k in range(8)] == [False] * 4 + [True] + [False] * 3


def test_the_mean_of_the_new_generator_is_what_is_blended():
    learner = short(blend=())
    for _ in range(5):
        learner.reinforce(pictures(4), pictures(4, 3))
    mean, own = learner.average.values, learner.network.creator.synthesis.state()
    for name, array in learner.network.blended.state().items():
        assert np.array_equal(array, mean[f"creator.synthesis.{name}"])
    assert any(not np.array_equal(a, own[n]) for n, a in learner.network.blended.state().items())


def test_a_run_that_is_stopped_goes_on_to_the_same_digest():
    for stop in (2, 6):
        learner = short()
        for _ in range(stop):
            learner.reinforce(pictures(4), pictures(4, 3))
        kept = snapshot(learner.registers())
        for _ in range(4):
            learner.reinforce(pictures(4), pictures(4, 3))
        end = fingerprint(snapshot(learner.registers()))
        other = short(seed=9)
        restore(other.registers(), kept)
        for _ in range(4):
            other.reinforce(pictures(4), pictures(4, 3))
        assert fingerprint(snapshot(other.registers())) == end


def test_the_u_nets_loss_and_gradients():
    net = network().astype(np.float64)
    old, new = pictures(3).astype(float), pictures(3, 5).astype(float)
    made, loss = net.difference(old, new)
    assert made == pytest.approx(net.answer(old))
    assert loss.item() == pytest.approx(((made - new) ** 2).sum((1, 2)).mean())
    unet = ArcaneUNet(1, (2, 3, 4), np.random.default_rng(0)).astype(np.float64)
    check(lambda x: unet(x), np.random.default_rng(1).random((2, 1, 8, 8)), places=20)
    names = list(unet.parameters())
    x = Tensor(np.random.default_rng(1).random((2, 1, 8, 8)))

    def through(weight):
        unet.down[1].first.weight = weight
        return unet(x)

    assert "down.1.first.weight" in names
    check(through, unet.down[1].first.weight.data, places=20)


def test_the_u_net_keeps_the_place_of_things():
    unet = ArcaneUNet(1, (3, 4, 5), np.random.default_rng(0))
    # Far from the edges: what is moved by as much as the smallest maps have cells is moved in the answer.
    x = np.zeros((1, 1, 80, 80), np.float32)
    moved = x.copy()
    x[0, 0, 36, 36] = moved[0, 0, 40, 40] = 1
    one, other = unet(Tensor(x)).data, unet(Tensor(moved)).data
    assert other[0, 0, 32:48, 32:48] == pytest.approx(one[0, 0, 28:44, 28:44], abs=1e-6)
    assert np.ptp(one) > 1e-3


def test_how_far_from_the_face():
    real = pictures(6)
    assert arcanegan.distance(real[2:4], real) == pytest.approx(0, abs=1e-9)
    moved = real[:1].copy()
    moved[0, 0, 0] += 0.5
    assert arcanegan.distance(np.concatenate([real[:1], moved]), real) == pytest.approx(0.125)
    (measure,) = ENTRY.measures
    learner = short()
    # Of a U-Net that gives back what it sees, and pairs of equal halves, neither is further.
    learner.network.blended.load(learner.network.base.synthesis.state())
    learner.network.answer = lambda stimuli: stimuli
    assert measure.run(learner, real, real) == pytest.approx(0, abs=1e-6)
    learner.network.answer = lambda stimuli: 1 - stimuli
    assert measure.run(learner, real, real) != 0


def test_answers_need_no_noise():
    learner = short()
    x = pictures(5)
    assert learner.network.noise == 0
    assert np.array_equal(learner.respond(x), learner.respond(x))
    assert (learner.accepts, learner.answers) == (Port.FRAME, Port.FIELD)


@pytest.mark.parametrize("found", ENTRY.checks, ids=lambda c: c.name)
def test_what_it_rests_on(found):
    finding = found.run()
    assert finding.holds, finding
