"""A recipe: how a system is trained."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate

from marki.config import Config, setting
from marki.errors import ConfigError
from successors.nn import schedule
from successors.nn.optimiser import SGD, Adam, Optimiser
from successors.nn.tensor import Parameter


@dataclass(frozen=True, kw_only=True)
class Recipe(Config):
    """Settings of a training.

    A system that learns by a rule of its own ignores the optimiser, the rate and what belongs to them. Only frames are
    shifted and warped, those with a question too, and only if the answers are no fields: a field to be restored must
    stay in place.
    """

    batch: int = setting(64, "Stimuli in a step", low=1, high=100_000)
    pretrain_steps: int = setting(
        0, "Steps of pre-training on text without answers, before all others", low=0, high=10_000_000, formerly="study"
    )
    pretrain_rate: float = setting(0.001, "Peak learning rate of pre-training", low=0, formerly="study_rate")
    steps: int = setting(2_000, "Steps with answers", low=0, high=10_000_000)
    eval_every: int = setting(
        200, "Steps between two evaluations on the validation set", low=1, high=10_000_000, formerly="every"
    )
    patience: int = setting(0, "Evaluations without a better score after which training stops; 0: never", low=0)
    stop_at_score: float = setting(
        1.0, "Validation score at which training stops; 2: never", low=0, high=2, formerly="enough"
    )
    optimiser: str = setting("sgd", "Update rule; adam with decay is AdamW", choices=("sgd", "adam"))
    rate: float = setting(0.1, "Peak learning rate", low=0)
    schedule: str = setting(
        "constant", "How the learning rate falls", choices=("constant", "cosine", "exponential", "inverse root")
    )
    warm_up: int = setting(0, "Steps of linear warm-up, with cosine and inverse root", low=0)
    final_lr_fraction: float = setting(
        0.1, "Fraction of the peak rate left at the end, with cosine and exponential", low=0, high=1, formerly="share"
    )
    momentum: float = setting(0.0, "Fraction of the last update that is kept, with sgd", low=0, high=1)
    beta1: float = setting(0.9, "Decay rate of the running mean of the gradient, with adam", low=0, high=1)
    beta2: float = setting(0.999, "Decay rate of the running mean of its square, with adam", low=0, high=1)
    critic_rate: float = setting(0.0, "Peak learning rate of the critic, of two rivals; 0: that of the creator", low=0)
    average: float = setting(
        0.0, "Fraction kept at each step of the running mean of the weights, which answers; 0: none", low=0, high=1
    )
    stages: tuple[float, ...] = setting((), "Shares of the steps, one for each stage of the training; none: one stage")
    decay: float = setting(0.0, "Weight decay", low=0)
    clip: float = setting(0.0, "Largest norm of the gradient; 0: any", low=0)
    shift: int = setting(0, "Frames are shifted by up to this much in training", unit="cells", low=0)
    affine: float = setting(
        0.0, "And rotated, sheared and scaled by up to this fraction", unit="share", low=0, high=1, formerly="warp"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.schedule == "exponential" and not self.final_lr_fraction:
            raise ConfigError(
                "0 is out of range", where="Recipe.final_lr_fraction", remedy="An exponential never reaches 0"
            )
        for name in ("beta1", "beta2", "average"):
            if getattr(self, name) == 1:
                raise ConfigError("1 is out of range", where=f"Recipe.{name}", remedy="Nothing new would be taken in")
        if self.stages and not (min(self.stages) > 0 and abs(sum(self.stages) - 1) < 1e-9):
            raise ConfigError(
                f"shares {self.stages}", where="Recipe.stages", remedy="Give shares above 0 whose sum is 1"
            )

    def build(self, parameters: Mapping[str, Parameter]) -> Optimiser:
        """Return the optimiser for these parameters."""
        if self.optimiser == "adam":
            return Adam(parameters, betas=(self.beta1, self.beta2), decay=self.decay)
        return SGD(parameters, momentum=self.momentum, decay=self.decay)

    @property
    def total_steps(self) -> int:
        """Steps of the whole training, pre-training included."""
        return self.pretrain_steps + self.steps

    def rate_at(self, step: int) -> float:
        """Return the learning rate of step number `step`, from 0; pre-training and stages have their own schedules."""
        if step < self.pretrain_steps:
            return self.pretrain_rate * self._factor(step, self.pretrain_steps)
        _, first, steps = self.stage_at(step)
        return self.rate * self._factor(step - first, steps)

    def critic_rate_at(self, step: int) -> float:
        """Return the learning rate of the critic at step number `step`, which falls as that of the creator."""
        return self.rate_at(step) * (self.critic_rate / self.rate if self.critic_rate and self.rate else 1.0)

    def stage_at(self, step: int) -> tuple[int, int, int]:
        """Return the number of the stage of step number `step`, its first step, and how many it has."""
        ends = [self.pretrain_steps + round(self.steps * part) for part in accumulate(self.stages[:-1])]
        ends.append(self.total_steps)
        number = min(bisect_right(ends, step), len(ends) - 1)
        first = ends[number - 1] if number else self.pretrain_steps
        return number, first, ends[number] - first

    def _factor(self, step: int, steps: int) -> float:
        if self.schedule == "cosine":
            return schedule.cosine(steps, warm_up=min(self.warm_up, steps // 2), floor=self.final_lr_fraction)(step)
        if self.schedule == "exponential":
            return schedule.exponential(steps, self.final_lr_fraction)(step)
        if self.schedule == "inverse root":
            warm_up = max(1, min(self.warm_up, steps // 2))
            return warm_up**0.5 * schedule.inverse_root(1, warm_up)(step)
        return schedule.constant()(step)


class NetworkConfig(Config):
    """Base of the settings of networks: what each of them has, besides fields of its own.

    Attributes
    ----------
    recipe : Recipe
        How it is trained.
    classes : int or None
        Number of classes of a classifier. None, and no field, where the answer is something else.
    units : int or None
        Number of units that answer, of a system without classes: as many as the task's code uses lamps. None, and no
        field, for the others.
    """

    recipe: Recipe
    classes: int | None = None
    units: int | None = None
