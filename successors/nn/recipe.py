"""A recipe: how a system is trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from marki.config import Config, setting
from marki.errors import ConfigError
from successors.nn import schedule
from successors.nn.optimiser import SGD, Adam, Optimiser
from successors.nn.tensor import Parameter


@dataclass(frozen=True, kw_only=True)
class Recipe(Config):
    """Settings of a training.

    A system that learns by a rule of its own has no use for optimiser, rate and what belongs to them. Frames alone are
    shifted and warped, and only if the answers are lamps: a field that is to be restored is left where it is.
    """

    batch: int = setting(64, "Stimuli in a step", low=1, high=100_000)
    pretrain_steps: int = setting(
        0, "Steps of study, of text without answers, before all others", low=0, high=10_000_000, formerly="study"
    )
    pretrain_rate: float = setting(0.001, "Learning rate of study at its highest", low=0, formerly="study_rate")
    steps: int = setting(2_000, "Steps with answers", low=0, high=10_000_000)
    eval_every: int = setting(
        200, "Steps between two examinations with the validation part", low=1, high=10_000_000, formerly="every"
    )
    patience: int = setting(0, "Examinations without a better score after which training stops; 0: never", low=0)
    stop_at_score: float = setting(
        1.0, "Score with the validation part at which training stops; 2: never", low=0, high=2, formerly="enough"
    )
    optimiser: str = setting("sgd", "Rule of the step; adam with decay is AdamW", choices=("sgd", "adam"))
    rate: float = setting(0.1, "Learning rate at its highest", low=0)
    schedule: str = setting(
        "constant", "How the rate falls over the steps", choices=("constant", "cosine", "exponential", "inverse root")
    )
    warm_up: int = setting(0, "Steps in which the rate climbs, with cosine and inverse root", low=0)
    final_lr_fraction: float = setting(
        0.1, "Share of the rate that is left in the end, with cosine and exponential", low=0, high=1, formerly="share"
    )
    momentum: float = setting(0.0, "Share of the last change kept, with sgd", low=0, high=1)
    decay: float = setting(0.0, "Weight decay", low=0)
    clip: float = setting(0.0, "Greatest length of the gradient; 0: any", low=0)
    shift: int = setting(0, "Frames are shifted by up to this much while they are learned", unit="cells", low=0)
    affine: float = setting(
        0.0, "And turned, sheared and scaled by up to about this share", unit="share", low=0, high=1, formerly="warp"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.schedule == "exponential" and not self.final_lr_fraction:
            raise ConfigError(
                "0 is out of range", where="Recipe.final_lr_fraction", remedy="An exponential never reaches 0"
            )

    def build(self, parameters: Mapping[str, Parameter]) -> Optimiser:
        """Return the optimiser for these parameters."""
        if self.optimiser == "adam":
            return Adam(parameters, decay=self.decay)
        return SGD(parameters, momentum=self.momentum, decay=self.decay)

    @property
    def total_steps(self) -> int:
        """Steps of the whole training, pre-training included."""
        return self.pretrain_steps + self.steps

    def rate_at(self, step: int) -> float:
        """Return the learning rate of step number `step`, from 0; the schedule is gone through by study and again."""
        if step < self.pretrain_steps:
            return self.pretrain_rate * self._factor(step, self.pretrain_steps)
        return self.rate * self._factor(step - self.pretrain_steps, self.steps)

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
    """Base of the settings of networks: what each of them has, beside fields of its own.

    Attributes
    ----------
    recipe : Recipe
        How it is trained.
    classes : int or None
        Of a classifier: how many classes it tells apart. None, and no field, where the answer is something else.
    units : int or None
        Of a system without classes: how many units answer, as many as the task's code uses of the lamps. None, and no
        field, for the others.
    """

    recipe: Recipe
    classes: int | None = None
    units: int | None = None
