"""Smith, Patwary, Norick and others 2022: "Using DeepSpeed and Megatron to train Megatron-Turing NLG 530B, a
large-scale generative language model", arXiv:2201.11990.

New: three ways to share the work at once (section 2). Layers are cut across the 8 cards of a server, as Megatron-LM's;
105 of them stand in 35 stages behind each other, through which a batch goes in micro-batches; and several of these
pipelines learn from parts of the batch, whose gradients are summed. On 2,240 to 3,360 cards a step takes a minute.

    idle time of a pipeline of p stages and m micro-batches: (p - 1) / m of its work      (Narayanan et al. 2021, 2.2)
    gradient of a batch = the mean of the gradients of its micro-batches, by their tokens

Shrunk: 2 layers for 105, rows of 64 for 20,480, two stages for 35, texts of 64 tokens for 2,048, 4 micro-batches for up
to 240. What is computed is Megatron's network; when, is simulated on the clock of the machine room.

Assumed: micro-batches of one text, 1F1B as the schedule, stages that take the same. From the 60.1 seconds printed for
280 servers the schedule alone predicts 49.6 and 42.6 for 350 and 420, where 50.2 and 44.4 are printed; what is left is
the sum over the pipelines and the network between the servers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marki.config import setting
from marki.errors import ConfigError
from marki.io.exhibits import Rendering
from marki.io.ports import Port
from successors.cluster.documented import SERVERS
from successors.cluster.orders import bubble, most_kept, orders
from successors.cluster.pipeline import StageTimes, run
from successors.model_card import Check, Entry, Finding, Mechanism, Size, Trial
from successors.nn.hooks import Watch
from successors.nn.language_model import told
from successors.nn.tensor import Tensor
from successors.timeline.y2019_megatron import Megatron, MegatronConfig


@dataclass(frozen=True, kw_only=True)
class MTNLGConfig(MegatronConfig):
    """Settings of Megatron-Turing NLG."""

    stages: int = setting(2, "Stages of the pipeline, each with some layers", low=1)
    micro: int = setting(4, "Micro-batches of a step, at most one for each text", low=1)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.stages > self.layers:
            raise ConfigError(
                f"{self.stages} stages for {self.layers} layers", where="MTNLGConfig.stages",
                remedy="Give at most one for each layer",
            )  # fmt: skip


class MTNLG(Megatron):
    """Megatron's network, which learns from a batch in micro-batches.

    Parameters
    ----------
    config : MTNLGConfig
    rng : Generator
    """

    def pretrain(self, texts: np.ndarray) -> Tensor:
        """Return the language-modelling loss of texts: the mean of those of the micro-batches, by their tokens."""
        micros = np.array_split(texts, min(self.config.micro, len(texts)))
        tokens = [sum(len(self.row(text, end=True)) - 1 for text in micro.tolist()) for micro in micros]
        total = super().pretrain(micros[0]) * (tokens[0] / sum(tokens))
        for micro, count in zip(micros[1:], tokens[1:], strict=True):
            total = total + super().pretrain(micro) * (count / sum(tokens))
        return total


def _micros() -> Finding:
    """Compare loss and gradients over micro-batches with those of the whole batch, in double precision."""
    texts = np.array(["the card A.", "a small bar on the left.", "a", "the machine answered B: right.", "b c"])
    found: list[tuple[float, dict[str, np.ndarray]]] = []
    for micro in (1, 2, 5):
        config = MTNLGConfig(width=16, hidden=24, micro=micro)
        network = MTNLG(config, np.random.default_rng(0)).astype(np.float64)
        loss = network.pretrain(texts)
        loss.backward()
        found.append((loss.item(), {name: p.gradient for name, p in network.parameters().items()}))
    (loss, whole), *others = found
    worst = max(
        max(abs(other - loss), *(float(np.abs(parts[name] - g).max()) for name, g in whole.items()))
        for other, parts in others
    )
    return Finding(holds=worst < 1e-12, found=f"off by {worst:.0e} at most", wanted="less than 1e-12")


EVEN = StageTimes(forward=1_000, backward=3_000)
"""A stage of a pipeline whose stages take the same; backward with the layers computed once more."""


def _bubble() -> Finding:
    """Simulate pipelines, and compare their idle time with the formula, to the last digit."""
    shapes = ((2, 4), (4, 4), (4, 8), (4, 32), (8, 16), (8, 64), (35, 240))
    exact = sum(
        run(schedule, [EVEN] * stages, micros).bubble == bubble(stages, micros) == (stages - 1) / micros
        for schedule in ("gpipe", "1f1b")
        for stages, micros in shapes
    )
    last = run("1f1b", [EVEN] * 35, 240).bubble
    return Finding(
        holds=exact == 2 * len(shapes),
        found=f"{exact} of {2 * len(shapes)} exactly; {100 * last:.2f} % with 35 stages and 240 micro-batches",
        wanted="(p - 1) / m in all of them",
    )


def _held() -> Finding:
    """Look how many micro-batches the first stage keeps at most, by schedule."""
    kept = [max(map(most_kept, orders(schedule, 35, 240))) for schedule in ("gpipe", "1f1b")]
    return Finding(holds=kept == [240, 35], found=f"{kept[0]} and {kept[1]}", wanted="all 240 by GPipe, 35 by 1F1B")


BATCH, STAGES, CARDS = 1_920, 35, 8
"""Texts of a step, stages of a pipeline, and cards of a server, all of which share a stage."""


def by_schedule(servers: int) -> float:
    """Return the seconds of a step on so many servers, from the printed step on 280 and the schedule alone."""
    passed = [run("1f1b", [EVEN] * STAGES, BATCH * STAGES // some).passed for some in (280, servers)]
    return SERVERS[280][0] * passed[1] / passed[0]


def _times() -> Finding:
    """Predict the steps on 350 and 420 servers, and hold them against those printed and against perfect scaling."""
    rows = [(by_schedule(servers), SERVERS[servers][0], SERVERS[280][0] * 280 / servers) for servers in (350, 420)]
    off = [abs(found / printed - 1) for found, printed, _ in rows]
    explained = [(found - perfect) / (printed - perfect) for found, printed, perfect in rows]
    listed = ", ".join(f"{found:.1f} s for {printed} s" for found, printed, _ in rows)
    return Finding(
        holds=max(off) < 0.05 and min(explained) > 0.5,
        found=f"{listed}; of the time above perfect scaling {100 * explained[0]:.0f} and {100 * explained[1]:.0f} %",
        wanted="within 5 %, and more than half of what perfect scaling leaves",
    )


def _rates() -> Finding:
    """Reckon the operations of a card from the printed steps, 8 for each parameter and token."""
    operations = 8 * ENTRY.count(ENTRY.sizes["530B"].config) * BATCH * 2_048
    found = [
        (operations / seconds / servers / CARDS / 1e12, printed) for servers, (seconds, printed) in SERVERS.items()
    ]
    worst = max(abs(ours / printed - 1) for ours, printed in found)
    return Finding(
        holds=worst < 0.025,
        found=", ".join(f"{ours:.0f} TFLOP/s for {printed}" for ours, printed in found), wanted="within 2.5 %",
    )  # fmt: skip


PAPER = MTNLGConfig(
    vocabulary=51_200, width=20_480, hidden=4 * 20_480, heads=128, layers=105, longest=2_048, ranks=CARDS,
    stages=STAGES, micro=240,
)  # fmt: skip

ENTRY = Entry(
    label="MT-NLG",
    parents=("megatron",),
    title="Using DeepSpeed and Megatron to train Megatron-Turing NLG 530B, a large-scale generative language model",
    authors="S. Smith, M. Patwary, B. Norick and others",
    idea="Layers cut across cards, stages of a pipeline behind each other, and pipelines side by side, all at once.",
    shrunk="2 layers for 105, 64 numbers a token for 20,480, two stages for 35; its time is simulated.",
    network=MTNLG,
    retina=MTNLGConfig(),
    sizes={"530B": Size(config=PAPER, published=530 * 10**9, rounded=10**9, source="title; section 3")},
    trials=(Trial(task="prompts", at_least=0.90),),
    mechanism=Mechanism(
        name="micro-batches",
        without={"micro": 1},
        remark="They change the time alone: without them stages wait for each other, and what is learned is the same.",
    ),
    accepts=Port.TEXT,
    answers=Port.TEXT,
    tasks=("prompts",),
    checks=(
        Check(name="micro-batches have the gradient of the batch", run=_micros),
        Check(name="a pipeline idles for (p - 1) / m of its work", run=_bubble),
        Check(name="1F1B keeps fewer micro-batches than GPipe", run=_held),
        Check(name="the schedule predicts the published steps", run=_times),
        Check(name="operations of a card are those that are printed", run=_rates),
    ),
    registers=(Watch(name="pieces read and written", rendering=Rendering.TOKENS, measure=told),),
    small={"width": 8, "hidden": 6, "heads": 2, "layers": 1, "stages": 1},
)  # fmt: skip
