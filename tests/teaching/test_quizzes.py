"""Every question of every shipped lesson, over ten seeds: the option marked right is what happens, and no other is.

What a question states of the machine is measured here by itself, from records, wirings and wipers of a session or
from a network, and not with the lesson's own measures. Questions about the past or about reasons have an answer that no
run can decide; `TOLD` lists them with where the answer comes from, and `PREMISES` measures what they take for granted.
"""

import functools
from dataclasses import replace
from itertools import combinations, pairwise, product

import numpy as np
import pytest

from marki.hardware import plugboard
from marki.io.asked import asked
from marki.io.responses import R_UNITS, binary_code
from marki.io.worlds import WorldConfig, create
from marki.pen.interpreter import lit
from marki.pen.parser import parse
from marki.pen.statements import pieces
from marki.session import mark1_session
from marki.teaching.lesson import begin, go_through, load, names, right_option
from successors import registry, tasks
from successors.cluster.lent_room import ClusterRoom
from successors.nn.bytepairs import START
from successors.nn.tensor import Tensor, no_grad
from successors.tasks import figures, likeness, question, scene_decks, scene_pictures, scenes
from successors.tasks.scene_words import language_of, told
from successors.tasks.wording import typed
from successors.timeline.y2015_resnet import Basic
from successors.timeline.y2015_show_tell import ShowTell, ShowTellConfig
from successors.timeline.y2017_transformer import Transformer, TransformerConfig
from successors.timeline.y2018_bert import BERT, BERTConfig
from successors.timeline.y2019_gpt2 import GPT2, GPT2Config
from successors.timeline.y2020_diffusion import BETAS, KEPT, TIMES, posterior, taken
from successors.timeline.y2021_clip import CLIP, CLIPConfig
from successors.timeline.y2022_dalle2 import DALLE2, DALLE2Config

SEEDS = range(10)

TOLD = {
    ("left_right", 0, 0): "New York Times, 8 and 13 July 1958: an IBM 704; the Mark I was shown in June 1960",
    ("left_right", 3, 1): "a reason; that new squares switch on A-units whose values old ones moved is measured",
    (
        "second_face",
        2,
        1,
    ): "what follows from the two counts before it; that it learned one face and not the other is measured",
    ("cannot_learn", 1, 2): "Minsky and Papert 1969; that the four cards of the exclusive or are learned is measured",
    ("cannot_learn", 2, 1): "Minsky and Papert 1969, theorem 3.1.1; that 2,000 new cards do not help is measured",
    (
        "cannot_learn",
        4,
        0,
    ): "what follows from the questions before it; that the same machine learns 26 letters is measured",
    ("be_the_motor", 3, 0): "a reason; that values do not drift and that dozens of A-units make the sum is measured",
    ("hidden_layers", 2, 0): "a reason; that LeNet-5 minds a shift less than the Mark I is measured",
}
"""Questions whose answer is of the text, by (lesson, page, number), with its source."""


# -- what happens: the truth of each option, in order --------------------------------------------------------------


@functools.cache
def run(name, page, seed):
    """Return a session gone through to a page of a lesson, and the number of the trial that each page begins at."""
    lesson = load(name)
    starts = np.cumsum([lesson.state.trials, *(p.run for p in lesson.pages)]).tolist()
    return go_through(lesson, page, seed)[0], starts


def wrong(name, page, seed, count):
    """Return how many of the first cards of a page are answered wrongly."""
    session, starts = run(name, page, seed)
    session.run(max(0, starts[page] + count - session.trial))
    targets, answers = (session.known[starts[page] :][:count][n] for n in ("target", "response"))
    used = (1 << session.world.code.shape[1]) - 1
    return int(((targets ^ answers) & used != 0).sum())


def wipers(session, trial):
    """Return where the potentiometers stood before a trial."""
    session.visit(trial)
    return session.learner.potentiometers.wiper_at(session.now)


def active(session, frame):
    """Return which A-units a frame switches on, by the wiring alone, for photocells that do not tremble."""
    config = session.launched
    lit = (np.asarray(frame).ravel() >= config.sensory.threshold).astype(int)
    return plugboard.wire(config.plugboard, session.seed) @ lit >= config.association.theta


def places_that_learn(seed):
    session, starts = run("what_it_is", 4, seed)
    moved = wipers(session, starts[5]) != wipers(session, 0)
    size = moved.size
    wires = int((session.learner.wiring != 0).sum())
    return size == 400, size == 512 and bool(moved.any()), size == wires, size == 8


def memory_is_in_the_potentiometers(seed):
    """Carry parts of a machine that has learned over to one that has not, which then names the letters or does not."""
    learned = run("alphabet", 3, seed)[0]
    cards = [learned.worlds[0].at(n) for n in range(26)]
    frames, wanted = np.stack([c.frame for c in cards]), np.stack([c.target for c in cards])

    def knows(machine):
        return bool((machine.respond(frames)[:, : wanted.shape[1]] == wanted).all(axis=1).mean() > 0.5)

    assert knows(learned.learner)
    learned.learner.respond(np.zeros((1, 20, 20), np.float32))  # the lamps go over to another card, and no A-unit is on
    nowhere = not knows(learned.learner)
    fresh = mark1_session(learned.configs["learn"], seed=seed).learner
    by_program = knows(fresh)  # the same program, which has seen no card
    states = {r.name: r.array for r in learned.learner.registers()}
    for register in fresh.registers():
        if register.name.startswith("response."):
            register.array[...] = states[register.name]
    in_lamps = knows(fresh)
    fresh.potentiometers.place(np.arange(512), learned.learner.potentiometers.wiper_at(learned.learner.now))
    return nowhere, in_lamps, knows(fresh), by_program


def nothing_moves_after_a_right_answer(seed):
    session, _ = run("what_it_is", 4, seed)
    session.run(60)
    moves = [
        wipers(session, trial + 1) - wipers(session, trial)
        for trial in range(session.known.size - 40, session.known.size - 1)
        if not session.known["wrong"][trial]
    ]
    assert moves
    ends = np.abs(wipers(session, session.known.size - 1)).max() >= session.learner.potentiometers.stop
    return not np.any(moves), bool(np.any(moves)) and not ends, bool(np.any(moves)) and bool(ends)


def the_same_before_it_is_corrected(seed):
    session = begin(load("left_right"), seed)
    session.command("course", {"name": "exam", "learn": False})
    said = len(set((session.run(60)["response"] & 1).tolist()))
    return said > 1, said == 1


def codes_of_five_lamps(seed):
    session, _ = run("alphabet", 1, seed)
    codes = {tuple(row) for row in binary_code(26).tolist()}
    return (
        len(codes) < 26,
        len(codes) == 26 and binary_code(26).shape[1] == 5,
        len(set(session.known["kind"][:26])) == 5,
    )


def only_values_change(seed):
    session, _ = run("alphabet", 2, seed)
    learner = session.learner
    after = {r.name: np.array(r.array) for r in learner.registers()}
    session.visit(0)
    before = {r.name: np.array(r.array) for r in learner.registers()}
    changed = {n for n in after if not np.array_equal(before[n], after[n])}
    wires = not np.array_equal(learner.wiring, plugboard.wire(session.launched.plugboard, seed))
    theta = learner.config.association.theta != session.launched.association.theta
    list_of_letters = any(after[n].shape[:1] == (26,) for n in after)
    return wires, theta, any("wiper" in n for n in changed), list_of_letters


def no_a_unit_of_its_own(seed):
    session, _ = run("alphabet", 3, seed)
    world = session.worlds[0]
    on = {p.name: active(session, p.frame) for p in (world.at(n) for n in range(26))}
    mine = on.pop("Q routed-gothic") if "Q routed-gothic" in on else on.pop(next(n for n in on if n.startswith("Q")))
    others = mine & np.any(list(on.values()), axis=0)
    return int(mine.sum()) == 1, 24 <= mine.sum() < 100 and others.sum() > mine.sum() / 2


def moved_letters(seed):
    learner = run("alphabet", 3, seed)[0].learner
    count = 0
    world = create(
        WorldConfig.from_mapping({"typefaces": ["routed-gothic"], "optics": {"shift_x": 2.0}, "order": "in turn"}), seed
    )
    for n in range(26):
        card = world.at(n)
        said = learner.respond(card.frame[None])[0][: card.target.size]
        count += bool((said != card.target).any())
    return count == 0, 0 < count < 13, count >= 13


def similar_face(seed):
    count = wrong("second_face", 1, seed, 26)
    return count == 0, 0 < count < 26, count == 26


def every_tenth_unit(seed):
    count = wrong("break_it", 1, seed, 26)
    return count == 0, 0 < count < 13, count >= 13


def cells_or_units(seed):
    units, cells = wrong("break_it", 1, seed, 26), wrong("break_it", 3, seed, 26)
    return units > cells, units == cells, units < cells


def dead_cells(seed):
    session, starts = run("break_it", 3, seed)
    dead = [n - 1 for n in session.learner.config.faults.dead_cells]
    changed, woken = np.zeros(512, bool), False
    for n in range(26):
        frame = session.worlds[0].at(n).frame
        blind = np.array(frame).ravel()
        blind[dead] = 0
        on, now = active(session, frame), active(session, blind)
        changed |= on != now
        woken |= bool((now & ~on).any())
    registers = {r.name: r for r in session.learner.registers()}
    values_of_cells = [n for n, r in registers.items() if n.startswith("sensory") and "wiper" in n]
    moved = bool((wipers(session, starts[3]) != wipers(session, starts[4])).any())
    return bool(changed.sum() > len(dead)) and woken, bool(values_of_cells), moved


def jammed_motors(seed):
    session, starts = run("break_it", 4, seed)
    moved = bool((wipers(session, starts[4]) != wipers(session, starts[5])).any())
    more = wrong("break_it", 4, seed, 26) - wrong("break_it", 0, seed, 26)
    return more >= 6, moved, not moved and abs(more) <= 1


def one_field_less(seed):
    deck = {}
    world = create(WorldConfig(name="parity", grid=2), seed)
    for n in range(400):
        card = world.at(n)
        deck[tuple((card.frame[::10, ::10] > 0.5).ravel().tolist())] = card.kind
    assert len(deck) == 16
    changes = [
        deck[fields] != deck[(*fields[:k], False, *fields[k + 1 :])]
        for fields in deck for k in range(4) if fields[k]
    ]  # fmt: skip
    return all(changes), not any(changes), any(changes) and not all(changes)


def mistakes_without_a_units(seed):
    session, _ = run("cannot_learn", 1, seed)
    rows = session.known[500:600]
    units = []
    for row in rows[rows["wrong"]]:
        units.append(int(active(session, session.worlds[0].at(int(row["number"])).frame).sum()))
    return not any(units), any(units)


def motors_of_units_that_were_on(seed):
    """In the machine with motors that sees the same cards: what it turns after its first mistake."""
    machine = mark1_session(load("be_the_motor").state.world, seed=seed)
    trials = machine.run(40).copy()
    first = int(np.flatnonzero(trials["wrong"])[0])
    turned = wipers(machine, first) != wipers(machine, first + 1)
    on = machine.learner.active  # in the last reading, that of the card which was answered wrongly
    return bool(turned.all()), np.array_equal(turned, on), np.array_equal(turned, ~on), int(turned.sum()) == 1


def half_a_degree(seed):
    return 30 * 0.5 == 15, 30 * 15 == 15, 30 * 2 == 15


def hidden_units(seed):
    """Parity of eight fields, all 256 pictures: the shipped network, and a machine whose 512 A-units do not learn."""
    trial = registry.find("mlp").entry.trials[0]
    deck = tasks.load(trial.task, seed=seed, **trial.options)
    frames, wanted = deck.train.stimuli[:256], deck.train.targets[:256]
    mlp = registry.create("mlp", pretrained=True)
    learned = float((mlp.respond(frames) == wanted).all(axis=1).mean())
    machine = mark1_session(WorldConfig(name="parity"), seed=seed).learner
    for _ in range(5):
        machine.reinforce(frames, wanted)
    fixed = float((machine.respond(frames)[:, :1] == wanted[:, :1]).mean())
    return learned < 0.6, fixed > 0.95, learned > 0.95


def two_small_kernels(seed):
    reach, weights, nonlinearities, maps = 1 + 2 * (3 - 1), 2 * 3 * 3, 2, 2
    return reach > 5, weights < 5 * 5 and nonlinearities == 2 and reach == 5, maps < 1


def an_idle_block(seed):
    """A block gives what it was given if its weights are nought, and not if its kernels repeat their input."""
    rng = np.random.default_rng(seed)
    block = Basic(4, 4, rng)
    x = Tensor(rng.uniform(0, 1, (2, 4, 6, 6)).astype(np.float32))

    def idle(kernel):
        for layer in (block.conv1, block.conv2):
            layer.conv.weight.data[...] = kernel
        with no_grad():
            return bool(np.allclose(block(x).data, x.data, atol=1e-3))

    repeat = np.zeros((4, 4, 3, 3), np.float32)
    repeat[np.arange(4), np.arange(4), 1, 1] = 1
    switches = [p for p in block.parameters().values() if p.data.dtype == bool]
    return idle(0), idle(repeat), bool(switches)


def where_a_word_stands(seed):
    """The encoder tells one order of words from another only by what is added to each; it reads both ways."""
    rng = np.random.default_rng(seed)
    words, turned = np.array([[5, 9, 7, 11]]), np.array([[7, 9, 5, 11]])
    network = Transformer(TransformerConfig(), rng)
    bag = Transformer(TransformerConfig(positions=False), rng)
    with no_grad():
        first = network.encode(words)[0].data[0, 0]
        later = network.encode(np.array([[5, 9, 7, 30]]))[0].data[0, 0]
        orders = [[n.encode(w)[0].data[0, k] for w, k in ((words, 0), (turned, 2))] for n in (network, bag)]
        added = network.embed(words).data - bag_of(network, words)
    waves = bool(np.allclose(added, added[:1]) and np.abs(added).max() < 1.001)
    told = not np.allclose(*orders[0], atol=1e-4) and np.allclose(*orders[1], atol=1e-4)
    return bool(np.allclose(first, later)), waves and told, False


def bag_of(network, words):
    return network.tokens.data[words] * network.config.width**0.5


def sees_what_comes_after(seed):
    rng = np.random.default_rng(seed)
    words, other = np.array([[5, 9, 7, 11]]), np.array([[5, 9, 7, 30]])
    gpt2, bert = GPT2(GPT2Config(), rng), BERT(BERTConfig(), rng)
    nought = np.zeros_like(words)
    with no_grad():
        gpt2_sees = not np.allclose(gpt2(words).data[0, 0], gpt2(other).data[0, 0])
        bert_sees = not np.allclose(bert(words, nought).data[0, 0], bert(other, nought).data[0, 0])
    return gpt2_sees and not bert_sees, bert_sees and not gpt2_sees, not bert_sees and not gpt2_sees


def three_dots(seed):
    """Run the program, and what the other options say."""
    drawn = lit(parse("rep n [ draw right 1 go right 1 ]"), 3)
    said = ("draw right 1 go right 1 draw right 1 go right 1 draw right 1", "draw right 3", "draw right 6")
    return tuple(drawn == lit(parse(text), 1) for text in said)


def one_of_ten_tries(seed):
    """Try ten times, again and again, with a chance of one in ten."""
    share = (np.random.default_rng(seed).random((20_000, 10)) < 0.1).any(axis=1).mean()
    return share > 0.99, abs(share - 2 / 3) < 0.05, abs(share - 0.1) < 0.05


def more_at_random(seed):
    """Hand in ten of ten and ten of a thousand programs, of which some are right."""
    rng = np.random.default_rng(seed)
    right = rng.random((4_000, 1000)) < rng.choice([0.002, 0.01, 0.05], (4_000, 1))
    few, many = right[:, :10].any(axis=1).mean(), right[:, 500:510].any(axis=1).mean()
    same = abs(many - few) < 0.03
    return many > 10 * few, not same and many > few, same


def sides_that_fit(seed):
    """Count the strokes that make a square again of what stands before the hole, and of both sides."""
    squares = {
        tuple(pieces(figures.PenFigure(kind="square", side=side, end=end, size="n").program()))
        for side in figures.SIDES
        for end in figures.ENDS
    }
    square = sorted(squares)[seed % 4]
    before = len({other[1] for other in squares if other[:1] == square[:1]})
    both = len({other[1] for other in squares if other[:1] + other[2:] == square[:1] + square[2:]})
    return before == 1, before > 1 and both == 1, both > 1


def calls_all_forged(seed):
    real = np.random.default_rng(seed).permutation(np.repeat([True, False], 10))
    right = int((~real).sum())
    return right == 0, right == 10, right == 20


def a_bank_at_a_loss(seed):
    """Let a bank count what is real and what is forged at twelve places, and then judge new ones by its counts."""
    rng = np.random.default_rng(seed)
    data, poor = rng.dirichlet(np.ones(12), 2)

    def told(forged):
        seen = [np.bincount(rng.choice(12, 50_000, p=p), minlength=12) for p in (data, forged)]
        real = seen[0] > seen[1]
        return 0.5 * (real[rng.choice(12, 50_000, p=data)].mean() + (~real)[rng.choice(12, 50_000, p=forged)].mean())

    assert told(poor) > 0.6  # a poor counterfeiter is found out
    share = told(data)
    return share < 0.1, abs(share - 0.5) < 0.03, share > 0.9


def one_perfect_seven(seed):
    rng = np.random.default_rng(seed)
    deck, judge = tasks.load("digits", train=1, valid=1, test=2_000), likeness.judge("digits")
    real, _ = judge.look(deck.test.stimuli[:300])
    others = deck.test.stimuli[300:][deck.test.kinds[300:] == 7]
    perfect = others[likeness.among(judge.look(others)[0], real)]
    drawn, _ = judge.look(np.repeat(perfect[rng.integers(len(perfect))][None], 300, axis=0))
    precision, recall = float(likeness.among(drawn, real).mean()), float(likeness.among(real, drawn).mean())
    return precision < 0.5, precision > 0.95 and recall < 0.05, precision > 0.5 and recall > 0.5


def what_a_thousand_steps_leave(seed):
    left = 1.0
    for beta in np.linspace(*BETAS, TIMES):
        left *= 1 - beta
    return 0.05 < left < 0.2, 0.005 < left < 0.02, left < 1e-4


def best_belief(x, time, pictures):
    """Return what is best believed in, given x (k, 400) at a time, if there are only these pictures (m, 400)."""
    apart = ((x[:, None] - KEPT[time] ** 0.5 * pictures) ** 2).sum(2) / (2 * (1 - KEPT[time]))
    weights = np.exp(apart.min(1, keepdims=True) - apart)
    return weights @ pictures / weights.sum(1, keepdims=True)


def written(count, first=0):
    deck = tasks.load("digits", train=first + count, valid=1, test=1)
    return deck.train.stimuli[first:].reshape(count, -1).astype(float) * 2 - 1


def one_step_from_snow(seed):
    rng, pictures = np.random.default_rng(seed), written(60)
    snow = rng.standard_normal((8, 400))
    belief = best_belief(snow, TIMES, pictures)
    off = [
        np.sqrt(((belief[:, None] - pictures) ** 2).mean(2)).min(),
        np.sqrt(((belief - pictures.mean(0)) ** 2).mean(1)).max(),
        np.sqrt(((belief - snow) ** 2).mean(1)).min(),
    ]
    return tuple(distance < 0.1 for distance in off)


def drowned_and_back(seed):
    """Drown digits that are not among those that are known, and walk back by the best belief there can be."""
    rng, pictures, cards = np.random.default_rng(seed), written(60), written(12, first=60)
    off = []
    for steps in (10, 90):
        times = taken(100)[-steps - 1 :]
        x = KEPT[times[0]] ** 0.5 * cards + (1 - KEPT[times[0]]) ** 0.5 * rng.standard_normal(cards.shape)
        for now, then in pairwise(times):
            x, deviation = posterior(x, best_belief(x, now, pictures), now, then)
            x = x + deviation * rng.standard_normal(x.shape)
        off.append(float(((x - cards) ** 2).mean()))
    few, many = off
    return few < 0.8 * many, many < 0.8 * few, 0.8 < few / many < 1.25


def the_same_snow(seed):
    learner = registry.create("diffusion", seed=seed, width=4, groups=2, steps=4, last=1.0)
    network, lamps = learner.network, np.zeros((1, 8), bool)
    lamps[0, 1] = True
    noise, other = learner.noise_of(0, 1), learner.noise_of(1, 1)
    with no_grad():
        first, again, apart = (network.imagine(lamps, snow) for snow in (noise, noise.copy(), other))
    same = np.array_equal(first, again)
    assert not np.allclose(first, apart, atol=0.01)
    return same, not same, not same


def lamps_for_scenes(seed):
    """Count scenes of one, two and three shapes, of different kinds at different places, and patterns of the lamps."""
    patterns = 2**R_UNITS
    alone = [(k, at) for k in range(len(scenes.KINDS)) for at in range(9)]
    counts = []
    for count in (1, 2, 3):
        fit = [c for c in combinations(alone, count) if len({k for k, _ in c}) == len({at for _, at in c}) == count]
        counts.append(len(fit) * len(scenes.SIZES) ** count)
    one, two, three = counts
    return one <= patterns < two, two <= patterns < three, three <= patterns


def a_sentence_unseen(seed):
    """Look what all sentences on scenes have in common: the first shape's size, its place, or words."""
    rng = np.random.default_rng(seed)
    drawn = [scene_decks.drawn(rng, "train", 1 + k % 3) for k in range(60)]
    common = [
        set.intersection(*(set(told(scene, language) if language == "zh" else told(scene, language).split())
                           for scene in drawn))
        for language in ("en", "zh")
    ]  # fmt: skip
    sizes, places = {s[0].size for s in drawn}, {(s[0].row, s[0].column) for s in drawn}
    return len(sizes) == 1, len(places) == 1, all(common)


def small_captioner(seed, **changes):
    config = ShowTellConfig(filters=(4, 6), word=8, hidden=10).amend(changes)
    return ShowTell(config, np.random.default_rng(seed))


def what_the_next_word_depends_on(seed):
    """Change the picture, the words before and the words that follow, and look at the scores of the third word."""
    rng = np.random.default_rng(seed)
    network, pictures = small_captioner(seed), rng.random((2, 20, 20), np.float32)
    tokens = np.array([START, 40, 50, 60])

    def third(picture, *changes):
        row = tokens.copy()
        for at, token in changes:
            row[at] = token
        with no_grad():
            return network(Tensor(picture[None]), row[None], np.array([4]))[0].data[2]

    first = third(pictures[0])
    off = [
        float(np.abs(first - other).max())
        for other in (third(pictures[1]), third(pictures[0], (2, 51)), third(pictures[0], (3, 61)))
    ]
    picture, before, after = (distance > 1e-5 for distance in off)
    return picture and not before, picture and before and not after, after


def behind_the_shutter(seed):
    """Darken two cards, and have each of them said twice."""
    network = small_captioner(seed, longest=8)
    cards = np.random.default_rng(seed).random((2, 20, 20), np.float32)
    with no_grad():
        seen = [network.follow(np.array([START]), network.begin(card[None])) for card in cards]
        first, other = network.write(cards * 0)
        again = network.write(cards * 0)[0]
    assert np.abs(seen[0] - seen[1]).max() > 1e-4  # with the shutter open the cards are told apart
    return first == other == again, first != other, first != again


def blind_guesses(seed):
    """Ask of many scenes, and answer each question always with the answer that is the most usual."""
    rng, shares = np.random.default_rng(seed), []
    for ask, english in (
        ("size", "is the circle"),
        ("what is", "what is at the top?"),
        ("where", "where is the circle"),
    ):
        answers = []
        while len(answers) < 150:
            found = question.asked_of(rng, "train", ask)[1]
            if found.english.startswith(english):
                answers.append(found.answer)
        shares.append(np.bincount(answers).max() / len(answers))
    return tuple(share == max(shares) and sorted(shares)[-2] < 0.8 * share for share in shares)


def nothing_but_false_sentences(seed):
    rng = np.random.default_rng(seed)
    config = CLIPConfig(width=16, layers=1, heads=2, text_width=16, text_layers=1, text_heads=2, space=8)
    network, answers = CLIP(config, rng), []
    for _ in range(10):
        scene = scene_decks.drawn(rng, "train", 2)
        false = [told(scene_decks.drawn(rng, "train", 1), "en") for _ in range(3)]
        pair = asked(scene_pictures.picture(scene)[None], np.array(["\n".join(false)]))
        with no_grad():
            answers.append((str(network.write(pair)[0]), false))
    return (
        all(said == "" for said, _ in answers),
        all(said in lines for said, lines in answers),
        all(said and said not in lines for said, lines in answers),
    )


def handed_on(seed):
    share = (np.random.default_rng(seed).random((20_000, 4)) < 0.9).all(axis=1).mean()
    return abs(share - 0.9) < 0.03, abs(share - 2 / 3) < 0.05, abs(share - 0.1) < 0.03


def the_best_of_eight(seed):
    share = (np.random.default_rng(seed).random((20_000, 8)) < 0.2).any(axis=1).mean()
    return abs(share - 0.2) < 0.03, abs(share - 5 / 6) < 0.03, share > 0.99


def what_a_variation_keeps(seed):
    """Draw variations of a picture, and pictures of its numbers alone and of others, with equal noise."""
    rng = np.random.default_rng(seed)
    config = DALLE2Config(width=8, groups=4, hidden=12, steps=4, prior_width=16, prior_layers=1, prior_heads=2,
                          prior_steps=4)  # fmt: skip
    network = DALLE2(config, rng)
    for p in network.decoder.parameters().values():
        p.data += 0.05 * rng.standard_normal(p.shape).astype(np.float32)
    one, other = rng.random((2, 1, 20, 20), np.float32)
    noise = rng.standard_normal((1, network.noise)).astype(np.float32)
    with no_grad():
        numbers, others = network.of_pictures(one), network.of_pictures(other)
        varied = network.imagine(one, noise)
        drawn, apart = (network.draw(z, noise[:, -config.steps * 400 :]) for z in (numbers, others))
    by_numbers = np.array_equal(varied, drawn) and np.abs(drawn - apart).max() > 1e-4
    return bool(np.allclose(varied, one, atol=0.01)), by_numbers, bool(np.allclose(drawn, apart, atol=1e-6))


def a_small_square_at_the_top_left(seed):
    """Look in what is learned from for what is new in a combination that is not there."""
    new = scenes.Shape(kind="square", size="small", row=0, column=0)
    learned = [s for s in scenes.singles() if not scenes.is_held(s)]
    assert new not in learned

    def known(*names):
        return any(all(getattr(s, n) == getattr(new, n) for n in names) for s in learned)

    parts = known("kind"), known("row", "column")
    pairs = known("kind", "size") and known("kind", "row", "column") and known("size", "row", "column")
    return not parts[0], not parts[1], all(parts) and pairs


def who_was_mistaken(seed):
    """Of all ways from a sentence over a drawing to another sentence, look who of the two made the mistake."""
    wanted = scenes.singles()[seed : seed + 4]
    blamed = {(asked_for, read): set() for asked_for, read in product(wanted, wanted) if asked_for != read}
    for asked_for, drawn, read in product(wanted, repeat=3):
        if asked_for != read:
            blamed[asked_for, read].add((drawn != asked_for, read != drawn))
    drew, misread, both = ({(True, False)}, {(False, True)}, {(True, False), (False, True)})
    found = list(blamed.values())
    return all(f == drew for f in found), all(f == misread for f in found), all(f >= both for f in found)


def times_the_mark_1(seed):
    """Divide the published count of PaLM by the wipers of a machine."""
    published = next(iter(registry.find("palm").entry.sizes.values())).published
    own = mark1_session(seed=seed).learner.response.source_set.size
    return tuple(0.5 < published / own / size < 2 for size in (1e3, 1e6, 1e9))


def step_of(page, **changes):
    """Simulate the step of a page of the lesson on the machine room, with changes."""
    room, plan = ClusterRoom(), dict(load("machine_room").pages[page].room)
    return room.step(replace(room.nearest(replace(room.documented(plan.pop("training", "")), **plan)), **changes))


def one_piece(seed):
    waits = step_of(2).bubble
    return waits == 0, waits == 1, waits == 3


def what_1f1b_saves(seed):
    gpipe, other = step_of(3), step_of(3, schedule="1f1b")
    assert (gpipe.bubble, gpipe.kept, other.kept) == (3 / 8, 8, 4)
    waits, keeps = other.bubble < gpipe.bubble, other.kept < gpipe.kept
    return waits and not keeps, keeps and not waits, waits and keeps


def twice_the_copies(seed):
    one = step_of(4)
    other = step_of(4, replicas=2 * one.plan.replicas, micros=one.plan.micros // 2)
    assert other.duration < one.duration
    return tuple(abs(other.bubble / one.bubble / times - 1) < 0.02 for times in (0.5, 1, 2))


TRUTHS = {
    ("what_it_is", 2, 0): places_that_learn,
    ("what_it_is", 3, 0): memory_is_in_the_potentiometers,
    ("what_it_is", 4, 0): nothing_moves_after_a_right_answer,
    ("left_right", 1, 0): the_same_before_it_is_corrected,
    ("alphabet", 0, 0): codes_of_five_lamps,
    ("alphabet", 2, 1): only_values_change,
    ("alphabet", 3, 1): no_a_unit_of_its_own,
    ("alphabet", 4, 0): moved_letters,
    ("second_face", 0, 1): similar_face,
    ("break_it", 0, 1): every_tenth_unit,
    ("break_it", 3, 1): cells_or_units,
    ("break_it", 3, 2): dead_cells,
    ("break_it", 4, 0): jammed_motors,
    ("cannot_learn", 0, 0): one_field_less,
    ("cannot_learn", 1, 1): mistakes_without_a_units,
    ("be_the_motor", 0, 0): motors_of_units_that_were_on,
    ("be_the_motor", 1, 1): half_a_degree,
    ("hidden_layers", 1, 0): hidden_units,
    ("deeper", 1, 0): two_small_kernels,
    ("deeper", 2, 0): an_idle_block,
    ("attention", 0, 0): where_a_word_stands,
    ("attention", 1, 0): sees_what_comes_after,
    ("programs", 1, 0): three_dots,
    ("programs", 2, 0): one_of_ten_tries,
    ("programs", 3, 0): more_at_random,
    ("programs", 4, 0): sides_that_fit,
    ("counterfeiter", 1, 0): calls_all_forged,
    ("counterfeiter", 2, 0): a_bank_at_a_loss,
    ("counterfeiter", 3, 0): one_perfect_seven,
    ("snow", 1, 0): what_a_thousand_steps_leave,
    ("snow", 2, 0): one_step_from_snow,
    ("snow", 3, 0): drowned_and_back,
    ("snow", 4, 0): the_same_snow,
    ("say_what_you_see", 1, 0): lamps_for_scenes,
    ("say_what_you_see", 1, 1): a_sentence_unseen,
    ("say_what_you_see", 2, 0): what_the_next_word_depends_on,
    ("say_what_you_see", 3, 0): behind_the_shutter,
    ("say_what_you_see", 4, 0): blind_guesses,
    ("say_what_you_see", 5, 0): nothing_but_false_sentences,
    ("draw_what_i_say", 1, 0): handed_on,
    ("draw_what_i_say", 2, 0): the_best_of_eight,
    ("draw_what_i_say", 3, 0): what_a_variation_keeps,
    ("draw_what_i_say", 4, 0): a_small_square_at_the_top_left,
    ("draw_what_i_say", 5, 0): who_was_mistaken,
    ("machine_room", 1, 0): times_the_mark_1,
    ("machine_room", 2, 0): one_piece,
    ("machine_room", 3, 0): what_1f1b_saves,
    ("machine_room", 4, 0): twice_the_copies,
}
"""What is true of each option, by (lesson, page, number)."""


# -- what questions take for granted ------------------------------------------------------------------------------


def squares_share_a_units(seed):
    session, starts = run("left_right", 3, seed)
    moved = wipers(session, starts[3]) != 0
    shares = [
        moved[active(session, session.worlds[row["course"]].at(int(row["number"])).frame)].mean()
        for row in session.known[starts[3] :][:20]
    ]
    return np.mean(shares) > moved.mean()


def one_face_and_not_the_other(seed):
    return wrong("second_face", 0, seed, 26) <= 3 and wrong("second_face", 2, seed, 26) >= 20


def exclusive_or(seed):
    """Two lamps and a third that is always lit, on a retina that is dark elsewhere."""
    learner = mark1_session(WorldConfig(name="parity", grid=2), seed=seed).learner
    frames, target = np.zeros((4, 20, 20), np.float32), np.zeros((4, 8), bool)
    for k, frame in enumerate(frames):
        frame[:6, :6], frame[:6, 14:], frame[14:, 7:13] = k & 1, k >> 1, 1
    target[:, 0] = [False, True, True, False]
    for _ in range(60):
        learner.reinforce(frames, target)
    return bool((learner.respond(frames)[:, 0] == target[:, 0]).all())


def new_cards_do_not_help(seed):
    session, starts = run("cannot_learn", 2, seed)
    session.run(max(0, starts[2] + 2000 - session.trial))
    return 0.4 < session.known["wrong"][starts[2] + 1000 : starts[2] + 2000].mean() < 0.6


def it_learns_letters(seed):
    return wrong("alphabet", 3, seed, 26) <= 2


def values_stay(seed):
    session = mark1_session(load("be_the_motor").state.world, seed=seed)
    session.run(20)
    session.command("course", {"name": "exam", "learn": False})
    rows = session.run(20)
    return np.array_equal(wipers(session, 20), wipers(session, 40)) and rows["active"].mean() > 24


def lenet_minds_a_shift_less(seed):
    lenet, deck = registry.create("lenet5", pretrained=True), tasks.load("digits", seed=seed)
    shares = []
    learned = run("alphabet", 3, seed)[0]
    cards = [learned.worlds[0].at(n) for n in range(26)]
    letters, codes = np.stack([c.frame for c in cards]), np.zeros((26, 8), bool)
    codes[:, :5] = [c.target for c in cards]
    for system, frames, wanted in (
        (lenet, deck.test.stimuli[:200], deck.test.targets[:200]),
        (learned.learner, letters, codes),
    ):
        used = slice(0, 5) if system is learned.learner else slice(None)
        right = [
            (system.respond(np.roll(frames, shift, axis=2))[:, used] == wanted[:, used]).all(axis=1).mean()
            for shift in (0, 1)
        ]
        shares.append(right[0] - right[1])
    return shares[0] < 0.1 < 0.5 < shares[1]


PREMISES = {
    ("left_right", 3, 1): squares_share_a_units,
    ("second_face", 2, 1): one_face_and_not_the_other,
    ("cannot_learn", 1, 2): exclusive_or,
    ("cannot_learn", 2, 1): new_cards_do_not_help,
    ("cannot_learn", 4, 0): it_learns_letters,
    ("be_the_motor", 3, 0): values_stay,
    ("hidden_layers", 2, 0): lenet_minds_a_shift_less,
}


# -- the tests -----------------------------------------------------------------------------------------------------


def questions():
    return {
        (name, k, n): question
        for name in names()
        for k, page in enumerate(load(name).pages)
        for n, question in enumerate(page.questions)
    }


def test_no_question_with_options_is_left_out():
    assert {*TRUTHS, *TOLD} == {key for key, question in questions().items() if question.options}
    assert not TRUTHS.keys() & TOLD.keys()
    assert PREMISES.keys() <= TOLD.keys()


def test_what_the_run_decides_is_marked_by_the_run():
    """An answer that is another with another seed is none that a file could state."""
    computed = {key for key, q in questions().items() if q.options and not isinstance(q.answer, int)}
    assert computed == {
        ("left_right", 1, 0), ("alphabet", 4, 0), ("second_face", 0, 1), ("break_it", 0, 1), ("break_it", 3, 1),
        ("cannot_learn", 1, 1),
    }  # fmt: skip


def lines():
    """Return what pages have typed: (lesson, page, system, line in each language)."""
    return [
        (name, k, page.system, page.line)
        for name in names()
        for k, page in enumerate(load(name).pages) if page.line
    ]  # fmt: skip


@pytest.mark.parametrize(("name", "page", "system", "line"), lines())
def test_what_a_page_types_is_in_the_words_of_its_system(name, page, system, line):
    trials = registry.find(system).entry.trials
    speaks = {registry.subject(registry.find(system).entry, trial) for trial in trials}
    for text in line.values():
        typed(text, trials[0].task)
        assert language_of(text) in speaks


@pytest.mark.parametrize("language", ["en", "zh"])
def test_one_of_the_sentences_to_choose_from_is_true_of_the_picture(language):
    page = next(page for page in load("say_what_you_see").pages if page.system == "clip")
    few = {"train": 1, "valid": 1, "test": page.example + 1, "held": 1}
    deck = tasks.load("match", cache=False, language=language, **few)
    said = typed(page.line[language], "match").text.split("\n")
    assert len(said) == 3
    assert deck.test.targets[page.example] in said


def test_what_the_lessons_on_scenes_say_of_sizes_and_words_is_so():
    say, draw = load("say_what_you_see"), load("draw_what_i_say")
    texts = {lesson.name: "\n".join(page.text["en"] for page in lesson.pages) for lesson in (say, draw)}
    assert "23 answers" in texts["say_what_you_see"]
    assert len(question.ANSWERS["en"]) == 23
    held = [shape for shape in scenes.singles() if scenes.is_held(shape)]
    assert "18 combinations" in texts["say_what_you_see"]
    assert "nor were 17 others" in " ".join(texts["draw_what_i_say"].split())
    assert (len(held), told((held[0],), "en")) == (18, "a small square at the top left.")
    codes = registry.find("dalle").entry.retina
    assert "cut into 25 squares, and each square is told by one of 256 codes" in texts["draw_what_i_say"]
    assert (codes.places, codes.codes, codes.candidates) == (25, 256, 8)
    assert "makes 64 numbers" in texts["draw_what_i_say"]
    assert registry.find("dalle2").entry.retina.space == 64
    one, other = (draw.pages[k].line["en"] for k in (3, 4))
    assert one != other
    assert sorted(one.split()) == sorted(other.split())


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("key", TRUTHS, ids=lambda key: f"{key[0]}-{key[1]}-{key[2]}")
def test_the_option_marked_right_is_what_happens_and_no_other(key, seed):
    name, page, number = key
    lesson = load(name)
    question = lesson.pages[page].questions[number]
    truths = [bool(truth) for truth in TRUTHS[key](seed)]
    assert len(truths) == len(question.options["en"])
    marked = right_option(question, lesson, seed=seed)
    assert truths == [k == marked for k in range(len(truths))]


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("key", PREMISES, ids=lambda key: f"{key[0]}-{key[1]}-{key[2]}")
def test_what_a_question_takes_for_granted_is_so(key, seed):
    assert PREMISES[key](seed)
