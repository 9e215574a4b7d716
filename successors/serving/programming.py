"""Programming: what systems that program are asked in the editor, on the shelf of tries, and in their room of the hall.

Each is asked what it has learned: Codex goes on with words, Copilot offers line after line to somebody who takes every
offer, AlphaCode is told the names of the figures and an example, InCoder is given the program but for one stroke.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from marki.errors import StateError
from marki.io.exhibits import Reply
from marki.io.program_orders import Sieve, WrittenPrograms
from marki.io.rooms import TASK
from marki.pen import tries
from marki.pen.interpreter import drawings, field
from marki.pen.judging import passing
from marki.pen.panel_picture import printed
from marki.pen.statements import one_line
from marki.pen.tokens import around_hole
from marki.pen.typist import before
from marki.seeding import generator
from successors import registry
from successors.serving.loaded_system import LoadedSystem
from successors.serving.questions import FillHole, OfferLine, ProgramQuestion, TryPrograms
from successors.tasks import contest, figures, holes
from successors.tasks.wording import worded
from successors.timeline.y2021_codex import Codex
from successors.timeline.y2022_alphacode import DRAWN, AlphaCode, draws_example
from successors.timeline.y2022_copilot import Copilot, GhostWriter

INPUT = 4
"""The n for which programs are drawn in the hall; they are judged for others too."""
EXAMPLE = 2
"""The n of the example that is told."""
LINES = 40
"""Lines after which no more are taken."""
PARTS, MOST_AT_A_TIME = 10, 100
"""Parts in which many programs are handed over, and how many are drawn at a time at most."""


@dataclass(frozen=True, kw_only=True)
class ProgramTask:
    """A task of the room.

    Parameters
    ----------
    words, chinese : str
        What asks for the program.
    statement : str
        The same as a problem of the contest: names alone, and an example.
    holed : str
        The program but for one stroke.
    target : str
        A right program.
    """

    words: str
    chinese: str
    statement: str
    holed: str
    target: str


@lru_cache(maxsize=64)
def task(number: int) -> ProgramTask:
    """Return a task of two figures; its program stands in nothing that systems learn from."""
    rng = generator(0, "hall.programs", number)
    chain = figures.chain_of(rng, "test", 2)
    ways = figures.draw_ways(rng, chain)
    target = one_line(figures.program(chain))
    closed = (at for at, figure in enumerate(chain) if figure.kind in figures.CLOSED)
    statement = contest.statement(chain, ways, "en", EXAMPLE)
    return ProgramTask(
        words=figures.words(chain, ways),
        chinese=figures.words(chain, ways, "zh"),
        statement=f"{statement}\n{printed(contest.example(target, EXAMPLE))}",
        holed=holes.with_hole(rng, chain, next(closed, 0)),
        target=target,
    )


def picture(program: str) -> np.ndarray | None:
    """Return what a program draws for `INPUT`, (20, 20) float32; None if it is no program."""
    drawn = drawings(program, [INPUT])
    return None if drawn is None else field(drawn[0])


def task_told(number: int, line: str, item: int) -> Reply:
    """Return the task itself as a reply: a line that was typed, or the task of a number, in both languages."""
    asked = None if line else task(item)
    told = (line, line) if asked is None else (asked.words, asked.chinese)
    return Reply(
        name=TASK, number=number, stimulus=np.array(told), wanted="" if asked is None else asked.target, said="",
        confidence=float("nan"), others=(), lamps=None, field=None, views=(), seconds=0.0,
        target=None if asked is None else picture(asked.target),
    )  # fmt: skip


def programmed(loaded: LoadedSystem, number: int, line: str, item: int) -> Reply | None:
    """Return the program that a system writes, run and judged; None for what it cannot be asked.

    Parameters
    ----------
    loaded : LoadedSystem
    number : int
    line : str
        Words that were typed; "" for the task of number `item`. What was typed has no judge.
    item : int
    """
    asked = None if line else task(item)
    stimulus = _stimulus(loaded.trial.task, line, asked)
    if not stimulus:
        return None
    since = time.process_time()
    if isinstance(loaded.learner.network, Copilot):
        reply = loaded.reply(number, np.array(stimulus), "", views=False)
        reply = replace(reply, said=all_offers(loaded.learner.network, stimulus))
    else:
        reply = loaded.reply(number, np.array(stimulus), "", views=False)
    program = contest.submitted(reply.said)[0]
    target = "" if asked is None else asked.target
    return replace(
        reply,
        said=program,
        wanted=target,
        field=picture(program),
        target=picture(target) if target else None,
        judged=bool(passing([program], target)[0]) if target else None,
        seconds=time.process_time() - since,
    )


def _stimulus(task_name: str, line: str, asked: ProgramTask | None) -> str:
    """Return what a system that has learned a task is told."""
    if task_name == "holes":
        return "" if asked is None else asked.holed
    if task_name == "contest":
        return worded(line, task_name).text if asked is None else asked.statement
    return line if asked is None else asked.words


def all_offers(network: Copilot, words: str) -> str:
    """Return the program of somebody who takes every line that is offered."""
    ghosts, lines = GhostWriter(network), list[str]()
    while len(lines) < LINES and (line := ghosts.offer(before(words, lines)).text):
        lines.append(line)
    return " ".join(lines)


def shipped_system(name: str) -> LoadedSystem:
    """Return a system with its shipped weights.

    Raises
    ------
    StateError
        If it has none.
    """
    system = registry.find(name)
    return LoadedSystem(system=system, trial=system.entry.trials[0], learner=registry.create(name, pretrained=True))


class Programmers:
    """Systems that program, each loaded when it is first asked.

    Parameters
    ----------
    load : callable
        ``load(name) -> LoadedSystem``
    """

    def __init__(self, load: Callable[[str], LoadedSystem] = shipped_system):
        self._load = load
        self._loaded: dict[str, LoadedSystem] = {}
        self._ghosts: dict[str, GhostWriter] = {}

    def loaded(self, name: str) -> LoadedSystem:
        """Return a system, loaded now if it was not."""
        if name not in self._loaded:
            self._loaded[name] = self._load(name)
        return self._loaded[name]

    def answers(self, question: ProgramQuestion, up: LoadedSystem | None = None) -> Iterator[WrittenPrograms]:
        """Yield what a system has written; of many tries those of `up`, if that is given, as it has learned so far.

        Raises
        ------
        StateError
            If the system has no weights, or does not do what is asked.
        """
        match question:
            case OfferLine():
                yield self._offered(question)
            case FillHole():
                yield self._filled(question)
            case TryPrograms():
                yield from self._tried(question, up)

    def _offered(self, question: OfferLine) -> WrittenPrograms:
        since = time.process_time()
        if question.name not in self._ghosts:
            network = self.loaded(question.name).learner.network
            if not isinstance(network, Copilot):
                raise StateError("offers no lines", where=question.name, remedy="Ask copilot")
            self._ghosts[question.name] = GhostWriter(network)
        text = worded(question.text, "typing").text if question.text.strip() else ""
        ghost = self._ghosts[question.name].offer(text, question.partial.casefold())
        return WrittenPrograms(
            name=question.name, number=question.number, texts=(ghost.text,), sure=ghost.probability,
            seconds=time.process_time() - since,
        )  # fmt: skip

    def _filled(self, question: FillHole) -> WrittenPrograms:
        since = time.process_time()
        loaded = self.loaded(question.name)
        text = worded(question.text, "holes").text
        if not loaded.trial.options.get("words", False):
            text = text.rpartition(": ")[2]  # it has read no words
        sides = around_hole(text)
        if sides is None:
            raise StateError("there is no hole", where=question.name, remedy="Mark one with ?")
        whole = loaded.learner.network.write(np.array([text])).tolist()[0].split()
        left, right = (len(side.split()) for side in sides)
        return WrittenPrograms(
            name=question.name, number=question.number, texts=(" ".join(whole[left : len(whole) - right]),),
            seconds=time.process_time() - since,
        )  # fmt: skip

    def _tried(self, question: TryPrograms, up: LoadedSystem | None) -> Iterator[WrittenPrograms]:
        loaded, since = up or self.loaded(question.name), time.process_time()
        network, asked = loaded.learner.network, np.array([worded(question.text, loaded.trial.task).text])
        rng = generator(0, DRAWN if isinstance(network, AlphaCode) else "shelf.programs")
        part = max(1, min(question.count, MOST_AT_A_TIME, question.count // PARTS))
        # Those of AlphaCode are the ones that its answer was chosen from, and so drawn at one time.
        drawn = network.sample(asked, question.count, rng)[0] if isinstance(network, AlphaCode) else []
        whole: list[str] = []
        while len(whole) < question.count:
            if isinstance(network, Codex):
                texts = network.sample(asked, part, rng, temperature=question.temperature)[0].tolist()
            elif isinstance(network, AlphaCode):
                texts = drawn[len(whole) : len(whole) + part]
            else:
                raise StateError("draws no programs", where=question.name, remedy="Ask codex or alphacode")
            whole += texts
            last = len(whole) >= question.count
            right = passing(texts, question.target) if question.target else np.zeros(0, bool)
            yield WrittenPrograms(
                name=question.name, number=question.number, texts=tuple(texts), right=tuple(right.tolist()),
                of=question.count, seconds=time.process_time() - since,
                sieve=sieved(whole, str(asked[0]), rng) if last and isinstance(network, AlphaCode) else None,
            )  # fmt: skip


def sieved(programs: list[str], problem: str, rng: np.random.Generator) -> Sieve:
    """Return which programs draw the example of a problem, their clusters, and which of them are handed in."""
    passed = draws_example(programs, problem)
    numbers: list[int] = np.flatnonzero(passed).tolist()
    groups = tries.clusters([programs[number] for number in numbers])
    return Sieve(
        passed=tuple(numbers),
        groups=tuple(tuple(numbers[k] for k in group) for group in groups),
        handed=tuple(tries.chosen(programs, passed, rng)),
    )
