"""What is shipped of a system: the run that did best on the validation set, never on the test set."""

from successors.evaluation import publish
from successors.training.training_job import TrainingJob


def test_the_shipped_seed_is_chosen_by_the_validation_score():
    orders = [TrainingJob(learner="perceptron", task="two_class", seed=seed) for seed in range(4)]
    valid, test = (0.7, 0.9, 0.9, 0.8), (0.95, 0.6, 0.97, 0.99)
    found = {order: {"valid": v, "score": s} for order, v, s in zip(orders, valid, test, strict=True)}
    assert publish._best(orders, found).seed == 1, "the best on the validation set, and of equals the first"
