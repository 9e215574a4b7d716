"""The variational autoencoder: its size, likelihoods and estimators, and that it does not read the lamps."""

import math

import numpy as np
import pytest

from successors.nn.gradcheck import check
from successors.nn.module import training
from successors.nn.tensor import Tensor
from successors.timeline import y2013_vae as vae
from successors.timeline.y2013_vae import ENTRY, PAPER, VAE, VAEConfig, divergence, log_likelihood

RNG = np.random.default_rng(0)
SMALL = VAEConfig(side=5, hidden=7, latents=3)


def test_the_size_of_the_figures_of_the_paper():
    encoder, decoder = 784 * 500 + 500 + 2 * (500 * 20 + 20), 20 * 500 + 500 + 500 * 784 + 784
    assert ENTRY.count(PAPER) == encoder + decoder == 815_824


def test_likelihood_and_divergence_by_hand():
    logits = np.array([[math.log(3), -math.log(3), 0.0]])
    x = np.array([[1.0, 1.0, 0.0]])
    assert log_likelihood(Tensor(logits), x).data == pytest.approx(
        [math.log(3 / 4) + math.log(1 / 4) + math.log(1 / 2)]
    )
    assert np.isfinite(log_likelihood(Tensor(np.array([[900.0, -900.0]])), np.array([[0.0, 1.0]])).data).all()
    zero = Tensor(np.zeros((2, 4)))
    assert divergence(zero, zero).data.tolist() == [0, 0]
    # Of N(2, e²) from N(0, 1): (4 + e² - 2 - 1) / 2.
    assert divergence(Tensor(np.array([[2.0]])), Tensor(np.array([[2.0]]))).data == pytest.approx([(1 + math.e**2) / 2])
    check(lambda a, b: divergence(a, b), RNG.standard_normal((2, 3)), RNG.standard_normal((2, 3)))
    check(lambda a: log_likelihood(a, x), RNG.standard_normal((1, 3)))


def test_the_objective_is_minus_the_bound():
    network = VAE(SMALL, np.random.default_rng(0)).astype(np.float64)
    x, noise = (RNG.random((4, 25)) < 0.5).astype(float), RNG.standard_normal((4, 3))
    mean, spread = network.encoder(Tensor(x))
    z = mean.data + np.exp(spread.data / 2) * noise
    wanted = log_likelihood(network.decoder(Tensor(z)), x).data - divergence(mean, spread).data
    assert network.objective(x, noise)[1].item() == pytest.approx(-wanted.mean())
    without = VAE(SMALL.amend({"kl": False}), np.random.default_rng(0)).astype(np.float64)
    kl = divergence(mean, spread).data.mean()
    assert without.objective(x, noise)[1].item() == pytest.approx(-wanted.mean() - kl)


def test_the_bound_of_one_sample_is_that_of_many_and_many_are_better():
    network = VAE(SMALL, np.random.default_rng(0))
    x = (RNG.random((30, 25)) < 0.5).astype(np.float32)
    one, same = network.bound(x, 1, np.random.default_rng(1))
    np.testing.assert_allclose(one, same, rtol=1e-6)
    one, many = network.bound(x, 50, np.random.default_rng(1))
    assert (one <= many + 1e-6).all()
    assert (many < 0).all()


def test_an_exact_posterior_makes_both_bounds_the_likelihood():
    # A decoder that does not look at z: the posterior is the prior.
    network = VAE(SMALL, np.random.default_rng(0))
    for p in network.parameters().values():
        p.data[...] = 0
    x = (RNG.random((3, 25)) < 0.5).astype(np.float32)
    for bound in network.bound(x, 9, np.random.default_rng(1)):
        assert bound == pytest.approx([-25 * math.log(2)] * 3, rel=1e-5)


def test_the_score_function_keeps_a_running_baseline_in_training_alone():
    network = VAE(SMALL.amend({"reparameterised": False}), np.random.default_rng(0))
    x = (RNG.random((6, 25)) < 0.5).astype(np.float32)
    noise = RNG.standard_normal((6, 3)).astype(np.float32)
    network.objective(x, noise)
    assert network.baseline.tolist() == [0]
    with training(np.random.default_rng(0)):
        network.objective(x, noise)
        first = float(network.baseline[0])
        assert first == pytest.approx(25 * math.log(2), rel=0.3)
        lost = -log_likelihood(network.objective(x, 2 * noise)[0], x).data.mean()
    assert float(network.baseline[0]) == pytest.approx(0.99 * first + 0.01 * lost, rel=1e-5)
    assert "baseline" in network.state()


def test_what_it_draws_is_a_function_of_the_noise_alone():
    learner = ENTRY.create(changes={"hidden": 8})
    lamps = np.zeros((3, 8), bool)
    drawn = learner.respond(lamps)
    assert drawn.shape == (3, 20, 20)
    assert not np.array_equal(drawn[0], drawn[1])
    lamps[:, 0] = True
    assert np.array_equal(learner.respond(lamps), drawn)
    wanted = learner.network.decoder(Tensor(learner.noise_of(0, 3))).sigmoid().data
    assert np.array_equal(drawn.reshape(3, 400), wanted)


def test_cells_are_on_as_often_as_they_are_lit():
    light = np.repeat(np.linspace(0, 1, 5, dtype=np.float32)[None], 20_000, 0)
    on = vae.binary(light, np.random.default_rng(0))
    assert set(np.unique(on)) == {0, 1}
    assert on.mean(0) == pytest.approx([0, 0.25, 0.5, 0.75, 1], abs=5 * 0.5 / 20_000**0.5)


@pytest.mark.parametrize("found", ENTRY.checks, ids=lambda c: c.name)
def test_statements_of_the_paper(found):
    finding = found.run()
    assert finding.holds, finding
