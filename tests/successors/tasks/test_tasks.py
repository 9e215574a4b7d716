"""The catalogue: what every task keeps to."""

import numpy as np
import pytest

from marki.errors import ConfigError, PortError, UnknownName
from marki.io.asked import check_asked
from marki.io.camera import STEPS
from marki.io.ports import Port
from marki.io.responses import binary_code, lamps
from successors import tasks
from successors.tasks.task import WRONG_CELLS, cells_wrong

SMALL = {
    "letters": dict(train=78, valid=26, test=52),
    "digits": dict(train=40, valid=20, test=30, shift=1.0, shear=0.2),
    "two_class": dict(train=20, valid=10, test=10),
    "parity": dict(train=60, valid=10, test=10, bits=8, noise=0.05),
    "connectedness": dict(train=20, valid=10, test=10),
    "same_different": dict(train=20, valid=10, test=10),
    "drift": dict(patches=2, train=40, valid=16, test=24),
    "recall": dict(train=40, valid=16, test=24, delay=5, views=6, slides=10),
    "count": dict(train=40, valid=16, test=24, slides=10),
    "restore": dict(valid=30, test=60),
    "draw": dict(),
    "imitate": dict(train=40, valid=20, test=30, shift=1.0),
    "squeeze": dict(train=60, valid=20, test=30),
    "restyle": dict(train=52, valid=26, test=52),
    "manner": dict(train=52, valid=26, test=52),
    "translate": dict(train=40, valid=16, test=24),
    "judge": dict(train=40, valid=16, test=24),
    "cloze": dict(train=40, valid=16, test=24),
    "prompts": dict(documents=40, train=40, valid=16, test=24),
    "programs": dict(documents=40, train=40, valid=15, test=24),
    "contest": dict(train=40, valid=16, test=24),
    "holes": dict(train=39, valid=15, test=24),
    "typing": dict(train=40, valid=15, test=24),
    "books": dict(documents=40, train=42, valid=12, test=24),
    "sums": dict(train=40, valid=16, test=24),
    "by_heart": dict(documents=40, train=40, valid=16, test=24),
    "caption": dict(train=42, valid=12, test=24, held=6),
    "question": dict(train=42, valid=12, test=24, held=6),
    "match": dict(train=42, valid=12, test=24, held=6),
    "illustrate": dict(train=42, valid=12, test=24, held=6),
    "segment": dict(train=42, valid=12, test=24),
    "locate": dict(train=42, valid=12, test=24),
}
NAMES = tuple(SMALL)
KNOWN = ("books", "by_heart")
"""Tasks whose questions may be met before: a letter without examples, and facts that have to be known by heart."""


def load(name, **options):
    return tasks.load(name, **{"cache": False, **SMALL[name], **options})


def equal(x, y):
    """Whether two arrays are equal, bit for bit; texts may be in arrays of other widths."""
    x, y = np.asarray(x), np.asarray(y)
    if x.dtype.names:
        return x.dtype.names == y.dtype.names and all(equal(x[name], y[name]) for name in x.dtype.names)
    return np.array_equal(x, y) and (x.dtype == y.dtype or x.dtype.kind == y.dtype.kind == "U")


def same(a, b):
    """Whether two parts are equal, bit for bit."""
    return equal(a.stimuli, b.stimuli) and equal(a.targets, b.targets) and equal(a.kinds, b.kinds)


def head(part, count):
    return tasks.Split(stimuli=part.stimuli[:count], targets=part.targets[:count], kinds=part.kinds[:count])


def test_the_catalogue():
    assert set(tasks.names()) == set(NAMES)
    for name in tasks.names():
        task = tasks.find(name)
        assert task.name == name
        assert task.title
        assert task.metric
        assert 0 <= task.chance <= 0.5
    with pytest.raises(UnknownName, match=r"unknown task 'leters'.*'letters'"):
        tasks.find("leters")
    with pytest.raises(UnknownName, match="unknown task"):
        tasks.load("leters")


@pytest.mark.parametrize("name", NAMES)
def test_ports_shapes_and_dtypes(name):
    task, deck = tasks.find(name), load(name)
    assert (deck.task, deck.accepts, deck.answers) == (name, task.accepts, task.answers)
    for part, wanted in zip(deck.parts().values(), ("train", "valid", "test"), strict=True):
        n = len(part)
        assert n == SMALL[name].get(wanted, n)
        assert part.kinds.dtype == np.int16
        assert set(part.kinds.tolist()) <= set(range(len(deck.classes)))
        if task.accepts is Port.TEXT:
            assert part.stimuli.shape == (n,)
            assert part.stimuli.dtype.kind == "U"
        elif task.accepts is Port.ASKED:
            assert np.array_equal(check_asked(part.stimuli), part.stimuli)
        else:
            shape = {Port.LAMPS: (n, 8), Port.REEL: (n, part.stimuli.shape[1], 20, 20)}.get(task.accepts, (n, 20, 20))
            assert part.stimuli.shape == shape
            assert part.stimuli.dtype == (bool if task.accepts is Port.LAMPS else np.float32)
            light = np.asarray(part.targets if task.accepts is Port.LAMPS else part.stimuli)
            assert light.min() >= 0
            assert light.max() <= 1
            assert np.array_equal(light * STEPS, np.rint(light * STEPS))
        if task.answers is Port.LAMPS:
            assert np.array_equal(part.targets, deck.code[part.kinds])
        elif task.answers is Port.TEXT:
            assert part.targets.dtype.kind == "U"
            assert part.targets.shape == (n,)
        else:
            assert part.targets.dtype == np.float32
            assert part.targets.shape == (n, 20, 20)
        assert task.score(part.targets, part.targets) == 1
        with pytest.raises(ValueError, match="read-only"):
            part.targets[0] = 0
    if task.answers is Port.LAMPS:
        assert np.array_equal(deck.code, lamps(binary_code(len(deck.classes))))
        assert task.chance == pytest.approx(1 / len(deck.classes))
    else:
        assert deck.code.shape == (0, 8)


@pytest.mark.parametrize("name", NAMES)
def test_the_seed_decides(name):
    deck, again, other = load(name), load(name), load(name, seed=1)
    assert all(same(a, b) for a, b in zip(deck.parts().values(), again.parts().values(), strict=True))
    # Pictures of letters and digits held still are the same for all seeds.
    assert same(deck.test, other.test) == (name in ("draw", "squeeze"))


@pytest.mark.parametrize("name", [n for n in NAMES if n not in ("restore", "draw")])
def test_items_do_not_depend_on_counts(name):
    deck, fewer = load(name), load(name, train=9, valid=5, test=7)
    assert same(head(deck.train, 9), fewer.train)
    assert same(head(deck.valid, 5), fewer.valid)
    assert same(head(deck.test, 7), fewer.test)


def test_items_do_not_depend_on_jobs():
    options = dict(cache=False, train=1100, valid=10, test=10, noise=0.1)
    assert same(tasks.load("letters", jobs=1, **options).train, tasks.load("letters", jobs=2, **options).train)


@pytest.mark.parametrize("name", [n for n in NAMES if n not in ("digits", "imitate", "squeeze", "cloze")])
def test_classes_are_balanced(name):
    deck = load(name)
    for which, part in deck.parts().items():
        if name in ("programs", "typing") and which == "train":  # single figures are learned first; their own test
            continue
        if name == "question":  # of its kinds, as many each; of its answers, as the scenes are
            continue
        found = np.bincount(part.kinds, minlength=len(deck.classes))
        assert found.max() - found.min() <= 1


@pytest.mark.parametrize("name", [n for n in NAMES if n not in ("restore", "draw", "imitate", *KNOWN)])
def test_no_stimulus_is_in_two_parts(name):
    deck = load(name)
    if name == "count":  # all reels of the class without a flash are alike
        rows = [
            np.asarray(p.stimuli)[p.kinds > 0].reshape(np.count_nonzero(p.kinds), -1) for p in deck.parts().values()
        ]
    else:
        rows = [np.asarray(p.stimuli).reshape(len(p), -1) for p in deck.parts().values()]
    # Texts as they are, since arrays of them are as wide as the longest.
    seen = [{row[0] if row.dtype.kind == "U" else row.tobytes() for row in part} for part in rows]
    assert not seen[0] & seen[1]
    assert not seen[0] & seen[2]
    assert not seen[1] & seen[2]


def test_wrong_options_are_refused_by_name():
    with pytest.raises(UnknownName, match=r"task letters.*'shfit'.*'shift'"):
        tasks.load("letters", shfit=1.0)
    with pytest.raises(ConfigError, match="out of range"):
        tasks.load("letters", shift=-1.0)
    with pytest.raises(ConfigError, match="whole number"):
        tasks.load("letters", train=1.5)
    with pytest.raises(ConfigError, match="different letters"):
        tasks.load("letters", letters="AAB")
    with pytest.raises(UnknownName, match=r"task letters: optics.*'blurr'.*'blur'"):
        tasks.load("letters", optics={"blurr": 1.0})
    with pytest.raises(ConfigError, match="seed -1"):
        tasks.load("letters", seed=-1)
    with pytest.raises(ConfigError, match="jobs 0"):
        tasks.load("letters", jobs=0)
    with pytest.raises(UnknownName, match=r"form or letter 'sqare'.*'square'"):
        tasks.load("two_class", pair=("sqare", "circle"))
    with pytest.raises(ConfigError, match="two different"):
        tasks.load("two_class", pair=("X", "X"))
    with pytest.raises(UnknownName, match=r"form 'sqare'.*'square'"):
        tasks.load("same_different", forms=("sqare", "circle"))
    with pytest.raises(ConfigError, match="2 or more different forms"):
        tasks.load("same_different", forms=("X", "X"))
    with pytest.raises(ConfigError, match="Give 6 or more"):
        tasks.load("same_different", size=8.0, jitter=2.0, corner=5.0)
    with pytest.raises(ConfigError, match="divide"):
        tasks.load("parity", grid=3)
    with pytest.raises(ConfigError, match="5 patches in use of 4"):
        tasks.load("parity", grid=2, bits=5)
    with pytest.raises(ConfigError, match="13 or more"):
        tasks.load("count", exposures=12)
    with pytest.raises(ConfigError, match="no speed"):
        tasks.load("drift", speeds=())
    with pytest.raises(ConfigError, match="for 3 patterns"):
        tasks.load("restore", letters="TO", patterns=3)
    with pytest.raises(UnknownName, match=r"typeface 'cabn'.*'cabin'"):
        tasks.load("draw", typefaces=("cabn",))
    with pytest.raises(ConfigError, match="no typeface"):
        tasks.load("draw", typefaces=())


def test_scores():
    task = tasks.find("letters")
    targets = lamps(binary_code(26))
    answers = targets.copy()
    answers[:13, 7] ^= True  # one lamp of eight is enough to be wrong
    assert task.score(answers, targets) == 0.5
    with pytest.raises(PortError, match="no answers"):
        task.score(answers[:0], targets[:0])
    with pytest.raises(PortError, match="expected bool"):
        task.score(answers.astype(float), targets)
    field = tasks.find("restore")
    wanted = np.zeros((2, 20, 20), np.float32)
    given = wanted + np.float32(0.4)
    given[0].reshape(-1)[:WRONG_CELLS] = 0.6
    given[1].reshape(-1)[: WRONG_CELLS + 1] = 0.6
    assert cells_wrong(given, wanted).tolist() == [WRONG_CELLS, WRONG_CELLS + 1]
    assert field.score(given, wanted) == 0.5
    with pytest.raises(PortError, match="1 answers to 2"):
        field.score(given[:1], wanted)
