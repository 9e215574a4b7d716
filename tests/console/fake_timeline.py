"""A timeline for tests: made-up systems that answer at once and always the same, in no process of their own."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np

from marki.io.asked import asked
from marki.io.drawing_orders import Picture, Sheet, Tool
from marki.io.exhibits import (
    AblationResult,
    ActivationView,
    ClaimResult,
    Exhibit,
    Progress,
    Rendering,
    Reply,
    SystemKind,
    TrialResult,
    Trouble,
    kind_of,
)
from marki.io.ports import Port
from marki.io.program_orders import Sieve, WrittenPrograms
from marki.pen.interpreter import drawings, field
from successors.cluster.lent_room import ClusterRoom

DIGITS = tuple("0123456789")
LETTERS = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
SYSTEMS = (
    ("perceptron", 1958, ()), ("neocognitron", 1980, ("perceptron",)), ("hopfield", 1982, ("perceptron",)),
    ("mlp", 1986, ("perceptron",)), ("rnn", 1986, ("mlp",)), ("lecun", 1989, ("mlp", "neocognitron")),
    ("lstm", 1997, ("rnn",)), ("lenet5", 1998, ("lecun",)),
    ("alexnet", 2012, ("lenet5",)),
    ("autoencoder", 2013, ("mlp",)), ("vae", 2013, ()), ("gan", 2014, ()),
    ("googlenet", 2014, ("alexnet",)), ("gru", 2014, ("lstm",)), ("vgg", 2014, ("alexnet",)),
    ("seq2seq", 2014, ("lstm",)), ("attention", 2015, ("seq2seq", "gru")), ("resnet", 2015, ("vgg",)),
    ("densenet", 2016, ("resnet",)), ("inception_resnet", 2016, ("googlenet", "resnet")),
    ("resnext", 2016, ("resnet",)), ("xception", 2016, ("googlenet", "resnet")), ("transformer", 2017, ("attention",)),
    ("mobilenet", 2017, ("xception",)), ("gpt", 2018, ("transformer",)), ("bert", 2018, ("transformer",)),
    ("efficientnet", 2019, ("mobilenet",)), ("vit", 2020, ("transformer",)), ("deit", 2020, ("vit",)),
    ("stylegan2", 2020, ("gan",)), ("diffusion", 2020, ()),
    ("swin", 2021, ("vit",)), ("mlp_mixer", 2021, ("vit",)), ("gmlp", 2021, ("mlp_mixer",)),
    ("convnext", 2022, ("resnext", "swin")), ("llama", 2023, ("gpt",)),
)  # fmt: skip
MECHANISM = {"en": "a mechanism", "zh": "一种机制"}
ABLATIONS = (
    AblationResult(mechanism=MECHANISM, present=0.985, absent=0.941, interval=None, word="not told apart"),
    AblationResult(mechanism=MECHANISM, present=0.985, absent=0.941, interval=(0.021, 0.067), word="holds"),
    AblationResult(mechanism=MECHANISM, present=0.962, absent=0.966, interval=(-0.012, 0.004), word="not told apart"),
)  # fmt: skip
REELS = ("rnn", "lstm", "gru")
DRAWERS = ("vae", "gan", "stylegan2", "diffusion")
TOOLS = {
    "autoencoder": (Tool.KNOBS, Tool.SLIDE),
    "vae": (Tool.KNOBS, Tool.SLIDE), "gan": (Tool.KNOBS, Tool.DUEL), "stylegan2": (Tool.KNOBS, Tool.DUEL, Tool.MIX),
    "diffusion": (Tool.WALK,),
}  # fmt: skip
"""What hands may do to each of those."""
SUBJECTS = {"vae": ("digits",), "gan": ("digits",), "stylegan2": ("letters", "digits"), "diffusion": ()}
"""What each of those has learned to draw."""
LINE = "draw up 3"
"""A program."""
PROGRAMMERS = ("codex", "alphacode", "copilot", "incoder")
SPEAKERS = {
    "show_tell": (Port.FRAME, Port.TEXT), "vqa": (Port.ASKED, Port.LAMPS), "clip": (Port.ASKED, Port.TEXT),
    "dalle": (Port.TEXT, Port.FIELD), "dalle2": (Port.TEXT, Port.FIELD),
}  # fmt: skip
"""Those of pictures and language, with their ports."""
SCENES = {
    "en": ("a large square at the top left.", "a small circle on the right.", "how many shapes are there?", "one"),
    "zh": ("左上角有一块大方块。", "右边有一个小圆。", "有几个图形？", "一个"),
}
"""In both languages a true caption of the card, one that is not true, a question, and its answer."""
TASKS = {Port.REEL: "recall", Port.TEXT: "translation"}
PROGRAM_TASKS = {"codex": "programs", "alphacode": "contest", "copilot": "typing", "incoder": "holes"}
ASKED_TASKS = {"vqa": "question", "clip": "match"}
"""What is asked of each of those about a picture."""
TEXTS = ("seq2seq", "attention", "transformer", "gpt", "bert", "llama", *PROGRAMMERS)


def ports(name):
    if name in SPEAKERS:
        return SPEAKERS[name]
    if name in REELS:
        return Port.REEL, Port.LAMPS
    if name in TEXTS:
        return Port.TEXT, Port.TEXT
    if name in DRAWERS:
        return Port.LAMPS, Port.FIELD
    if name == "autoencoder":
        return Port.FIELD, Port.FIELD
    return Port.FRAME, Port.FIELD if name == "hopfield" else Port.LAMPS


def result(name, accepts):
    """Return what a made-up system does on its task; letters in several typefaces, with claims."""
    letters = accepts == Port.FRAME
    return TrialResult(
        task="letters" if letters else "recall", label="", score=0.8 + len(name) / 100,
        interval=(0.78, 0.93) if len(name) % 2 else None, worst=("because-we-mentor", 0.712) if letters else None,
        typefaces=28 if letters else 0,
        claims=(
            ClaimResult(claim="at least", than="", wanted=0.75, word="holds"),
            ClaimResult(claim="above", than="Perceptron", wanted=0.0, word="not told apart"),
        ) if letters else (),
    )  # fmt: skip


def hall(name):
    """Return the subjects for which a system has weights, by room of the hall."""
    if name in DRAWERS:
        return {"draws": SUBJECTS[name]} if SUBJECTS[name] else {}
    if name in PROGRAMMERS:
        return {"programs": ("programs",)}
    if name in SPEAKERS:
        room = "illustrates" if SPEAKERS[name][1] is Port.FIELD else "says"
        return {room: ("en",) if name == "vqa" else ("en", "zh")}
    return {"reads": ("letters", "digits")} if ports(name) == (Port.FRAME, Port.LAMPS) and name != "swin" else {}


def exhibit(name, year, parents):
    accepts, answers = ports(name)
    weights = 400 * (year - 1950) * (1 + len(name))
    return Exhibit(
        name=name, label=name.replace("_", "-").capitalize(), year=year,
        title=f"A paper on {name.replace('_', ' ')} and what it is good for",
        authors="A. Author, B. Author, C. Author", accepts=accepts, answers=answers,
        task=(PROGRAM_TASKS | ASKED_TASKS).get(name, TASKS.get(accepts, "letters")),
        classes=LETTERS if answers == Port.LAMPS else (), parents=parents, parameters=weights,
        multiply_adds=31 * weights, published=1000 * weights if year > 1990 else None,
        source={"en": "table 1", "zh": "表 1"},
        results=() if name == "swin" else (result(name, accepts),),
        ablation=None if name == "swin" else ABLATIONS[len(name) % 3],
        idea={"en": f"What was new in {name}: a longer sentence that is wrapped.", "zh": "一句较长的话，会换行。"},
        seed={"en": f"The document names {name}.", "zh": ""},
        kind=SystemKind.PROGRAMS if name in PROGRAMMERS else kind_of(accepts, answers),
        hall=hall(name), tools=TOOLS.get(name, ()), asked=DIGITS if name in DRAWERS and name != "vae" else (),
        but={"en": "It is more.", "zh": "不止于此。"} if name == "transformer" else {"en": "", "zh": ""},
    )  # fmt: skip


EXHIBITS = tuple(exhibit(*row) for row in SYSTEMS)
PROGRAMS = (("codex", 2021, ("gpt",)), *((name, 2022, ("codex",)) for name in ("alphacode", "copilot", "incoder")))
WITH_PROGRAMS = (*EXHIBITS[:-2], *(exhibit(*row) for row in PROGRAMS), *EXHIBITS[-2:])
"""The same with those who program; a test that needs them puts it in the place of `EXHIBITS`."""
PICTURED = (
    ("show_tell", 2015, ("lstm",)), ("vqa", 2015, ("lstm",)), ("clip", 2021, ("vit",)), ("dalle", 2021, ("gpt",)),
    ("dalle2", 2022, ("clip",)),
)  # fmt: skip
WITH_SCENES = tuple(sorted((*EXHIBITS, *(exhibit(*row) for row in PICTURED)), key=lambda e: e.year))
"""The same with those of pictures and language."""


def reel(k, t=12):
    """Return a reel of a bar that moves."""
    frames = np.zeros((t, 20, 20), np.float32)
    for at in range(t):
        frames[at, :, (at + k) % 20] = 1
    return frames


class FakeRack:
    """A rack whose answers are there at the next poll.

    Attributes
    ----------
    said : list of tuple
        All commands, in order.
    step : int
        How far a training has come; a poll goes ten steps.
    warnings : tuple of str
        The signs of a dead training that are told at its end.
    only : dict of str to str
        The task of the hall for which a system has weights, by name, if there is only one.
    """

    only: ClassVar = {}

    def __init__(self):
        self.said, self.came, self.closed = [], [], False
        self.name, self.step, self.seed, self.trouble = "", None, 0, ""
        self.warnings = ()

    def load(self, name, language=""):
        self.language = language
        self.said.append(("load", name))
        self.name, self.step = name, None

    def show(self, number, stimulus, *, views=True, task=""):
        self.said.append(("show", number, np.array(stimulus), task))
        task = self.only.get(self.name, task)
        self.came.append(self.reply(self.name, number, np.array(stimulus), "", views, task))

    def example(self, number, *, views=True):
        self.said.append(("example", number))
        accepts = ports(self.name)[0]
        stimulus = {
            Port.REEL: lambda: reel(number),
            Port.TEXT: lambda: np.array(f"the {('left', 'upper', 'small')[number % 3]} light is on"),
            Port.FRAME: lambda: reel(number)[0],
            Port.FIELD: lambda: reel(number)[0],
            Port.LAMPS: lambda: (number % 26 + 1 >> np.arange(8) & 1).astype(bool),
            Port.ASKED: lambda: asked(reel(number)[:1], np.array(["where is the circle?"]))[0],
        }[accepts]()
        wanted = "das linke Licht ist an" if accepts == Port.TEXT else LETTERS[number % 26]
        if SPEAKERS.get(self.name) == (Port.TEXT, Port.FIELD):  # what is wanted is what the text says
            wanted = ""
        self.came.append(self.reply(self.name, number, stimulus, wanted, views))

    def changed(self, number, example, *, line="", dark=False, views=True):
        self.said.append(("changed", number, example, line, dark))
        frame = reel(example)[:1] * (not dark)
        stimulus = frame[0] if ports(self.name)[0] is Port.FRAME else asked(frame, np.array([line or "where?"]))[0]
        self.came.append(self.reply(self.name, number, stimulus, "", views))

    def hall(self, number, asked, subject="letters", *, room="reads", again=0, item=-1):
        self.said.append(("hall", number, np.array(asked), subject, room, again, item))
        if room == "programs":
            self.came.append(self.task(number, str(asked)))
        if room == "says":
            self.came.append(self.card(number, asked, subject, item))
        if room == "illustrates":
            self.came.append(self.caption(number, str(asked)))
        for one in EXHIBITS:
            if subject not in one.hall.get(room, ()):
                continue
            if room == "programs":
                if one.task == "holes" and str(asked):
                    continue  # it needs a program with a hole
                self.came.append(self.programmed(one.name, number, str(asked)))
            elif room == "says":
                self.came.extend(self.spoken(one.name, number, asked, subject, item))
            elif room == "illustrates":
                self.came.extend(self.illustrated(one.name, number, str(asked), subject, again))
            elif room == "draws":
                self.came.append(self.drawn(one.name, number, str(asked), subject, again))
            else:
                self.came.append(self.reply(one.name, number, np.array(asked), "", False, subject))

    def drawn(self, name, number, asked, subject, again):
        """Return a drawing; the first is read as what was asked for, the VAE is not told that."""
        rng = np.random.default_rng([ord(asked), again, len(name)])
        return replace(
            self.reply(name, number, np.zeros(8, bool), "" if name == "vae" else asked, False, subject),
            field=rng.random((20, 20), np.float32), read="8" if again else asked, reader="LeNet-5",
        )  # fmt: skip

    def task(self, number, typed):
        """Return the task of the room of programs: a line of three, or what was typed, which nobody judges."""
        told = (typed, typed) if typed else ("a line of length 3 up:", "向上画3格直线：")
        return replace(
            self.reply("codex", number, np.array(told), "" if typed else LINE, False), name="task", said="",
            target=None if typed else field(drawings(LINE, [4])[0]),
        )  # fmt: skip

    def programmed(self, name, number, typed):
        """Return a program; Codex's and AlphaCode's are right, Copilot's draws something else, InCoder's is none."""
        said = {"codex": LINE, "alphacode": f"go up 1 go down 1 {LINE}", "copilot": "draw left 3"}.get(
            name, "draw draw"
        )
        drawn = drawings(said, [4])
        return replace(
            self.reply(name, number, np.array(typed), "" if typed else LINE, False), said=said,
            field=None if drawn is None else field(drawn[0]), judged=None if typed else said.endswith(LINE),
        )  # fmt: skip

    def card(self, number, asked, subject, item):
        """Return the card of the room of scenes: a bar of the item's number, on which a caption is read, or what was
        drawn, on which nothing is read if it is empty; nobody knows the word banana."""
        frame = reel(item)[0] if item >= 0 else asked["frame"][0]
        true, _, question, _ = SCENES[subject]
        typed = str(asked["text"][0])
        unclear = "banana" in typed
        return replace(
            self.reply("show_tell", number, np.array(typed or question), true if item >= 0 else "", False), name="task",
            said=true if frame.any() else "", field=frame, unknown=("banana",) if unclear else (),
            offer=question if unclear else "",
        )  # fmt: skip

    def spoken(self, name, number, asked, subject, item):
        """Yield what is said of the card: Show and Tell is right, CLIP is not, VQA is asked the question."""
        true, wrong, question, one = SCENES[subject]
        known = item >= 0 or asked["frame"][0].any()
        text = str(asked["text"][0]) or question
        if name == "vqa" and "banana" in text:
            return
        text = "\n".join((true, wrong)) if name == "clip" else text
        stimulus = np.array((asked["frame"][0], text), [("frame", np.float32, (20, 20)), ("text", f"<U{len(text)}")])
        said = {"show_tell": true, "clip": wrong, "vqa": one}[name]
        yield replace(
            self.reply(name, number, asked["frame"][0] if name == "show_tell" else stimulus[()], "", False), said=said,
            wanted="" if not known else one if name == "vqa" else true, judged=name != "clip" if known else None,
            confidence=0.9 if name == "vqa" else float("nan"),
        )  # fmt: skip

    def caption(self, number, typed):
        """Return the sentence of the room of drawings; nobody knows the word banana."""
        told = ("a banana", "a banana") if "banana" in typed else (SCENES["en"][0], SCENES["zh"][0])
        unclear = "banana" in typed
        return replace(
            self.reply("dalle", number, np.array(told), "" if unclear else told[0], False), name="task", said="",
            field=None, target=None if unclear else reel(3)[0], unknown=("banana",) if unclear else (),
            offer=SCENES["en"][1] if unclear else "",
        )  # fmt: skip

    def illustrated(self, name, number, typed, subject, again):
        """Yield a drawing, which the captioner reads back; DALL·E's first is wrong, and it is told English only."""
        if "banana" in typed:
            return
        right = name == "dalle2" or again > 0
        stimulus = np.array(SCENES["en" if name == "dalle" else subject][0])
        rng = np.random.default_rng([again, len(name)])
        yield replace(
            self.reply(name, number, stimulus, SCENES["en"][0], False), field=rng.random((20, 20), np.float32),
            judged=right, read=SCENES[subject][0 if right else 1], reader="Show and Tell",
        )  # fmt: skip

    def offer(self, number, name, text, partial):
        """Offer a line of three up, behind whatever stands there; less sure where nothing is typed of it."""
        self.said.append(("offer", number, name, text, partial))
        done = text.rpartition(":")[2].split()
        words = LINE.split()[len(done) % 3 :]
        fits = not partial or words[0].startswith(partial)
        rest = " ".join(words)[len(partial) :] if fits else ""
        sure = 0.2 if not partial and len(done) % 3 == 0 else 0.9
        self.came.append(WrittenPrograms(name=name, number=number, texts=(rest,), sure=sure))

    def try_out(self, number, name, text, target, *, count, temperature):
        """Draw programs in ten parts; every fourth is right, every fourth none; AlphaCode sieves them."""
        self.said.append(("try_out", number, name, text, target, count, temperature))
        part = count // 10
        for k in range(10):
            texts = tuple((LINE, "draw left 3", "draw", "go up 1 draw left 3")[n % 4] for n in range(part))
            sieve = Sieve(passed=(0, 1, 4), groups=((0, 4), (1,)), handed=(0, 1)) if name == "alphacode" else None
            self.came.append(WrittenPrograms(
                name=name, number=number, texts=texts, right=tuple(t == LINE for t in texts) if target else (),
                of=count, sieve=sieve if k == 9 else None,
            ))  # fmt: skip

    def fill(self, number, name, text):
        self.said.append(("fill", number, name, text))
        self.came.append(WrittenPrograms(name=name, number=number, texts=("go left 2",)))

    def draw(self, number, order):
        """Hand back what an order asks for: a drawing that follows from it, and a sheet."""
        self.said.append(("draw", number, order))
        rng = np.random.default_rng([ord(order.named or "?"), order.again, len(order.turned), len(order.ink)])
        learned = self.name == "stylegan2" or order.named.isdigit()
        free = self.name in ("vae", "autoencoder") or order.tool is Tool.SLIDE or not learned
        wanted = "" if free else order.named
        sheet = replace(self.sheet(order, rng), told=self.name != "vae")
        self.came.append(replace(
            self.reply(self.name, number, np.zeros(8, bool), wanted, False, "imitate"),
            field=rng.random((20, 20), np.float32), read="3", reader="LeNet-5", sheet=sheet,
        ))  # fmt: skip

    def sheet(self, order, rng):
        cards = [rng.random((20, 20), np.float32) for _ in range(12)]
        none = np.zeros(0, np.float32)
        match order.tool:
            case Tool.KNOBS:
                latents = rng.standard_normal(20).astype(np.float32)
                for k, value in order.turned:
                    latents[k] = value
                return Sheet(tool=order.tool, latents=latents)
            case Tool.WALK:
                film = rng.integers(0, 256, (order.steps + 1, 20, 20)).astype(np.uint8)
                return Sheet(tool=order.tool, latents=none, film=film, believed=film[:-1])
            case Tool.DUEL:
                kinds = ["made"] * 6 + ["real"] * 6
                rows = tuple(
                    Picture(kind, c, share=k / 12) for k, (kind, c) in enumerate(zip(kinds, cards, strict=True))
                )
                return Sheet(tool=order.tool, latents=none, pictures=rows)
            case Tool.MIX:
                rows = (Picture("first", cards[0]), Picture("second", cards[1]))
                return Sheet(tool=order.tool, latents=none, pictures=rows, layers=("5x5", "5x5", "10x10", "10x10"))
            case Tool.SLIDE:
                shown = [*order.cards, *cards][:2]
                rows = (("first", shown[0]), ("back", cards[2]), ("second", shown[1]), ("back", cards[3]))
                return Sheet(tool=order.tool, latents=cards[4][0], pictures=tuple(Picture(*row) for row in rows))

    def train(self, name, seed):
        self.said.append(("train", name, seed))
        self.name, self.step, self.seed = name, 0, seed

    def stop(self):
        self.said.append(("stop",))
        self.step = None

    def poll(self):
        came, self.came = self.came, []
        if self.trouble:
            came.append(Trouble(name=self.name, text=self.trouble))
            self.trouble = ""
        if self.step is not None:
            self.step += 10
            done = self.step >= 400
            trail = tuple((s, 1 - 0.99 ** (s / 4)) for s in range(1, self.step + 1, 4))
            curve = tuple((s, 1 - 0.99 ** (s / 4), 1 - 0.985 ** (s / 4)) for s in range(0, self.step + 1, 40))
            came.append(Progress(
                name=self.name, seed=self.seed, steps=self.step, of=400, shown=64 * self.step, curve=curve,
                right=1 - 0.99 ** (self.step / 4), seconds=self.step / 50, done=done,
                digest="0123456789abcdef" if done else "", trail=trail, warnings=self.warnings if done else (),
                duel=tuple((s, 1.3, 0.8, 0.7) for s, _ in trail) if self.name in ("gan", "stylegan2") else (),
            ))  # fmt: skip
            if done:
                self.step = None
        return came

    def close(self):
        self.closed = True

    def reply(self, name, number, stimulus, wanted, views, task=""):
        accepts, answers = ports(name)
        text = answers == Port.TEXT
        light = np.asarray(stimulus)
        light = light["frame"] if light.dtype.names else light
        key = 7 * len(name) + int(light.sum()) if light.dtype.kind in "bfiu" else 0
        kind = key % 26
        rng = np.random.default_rng(key)
        code = (kind + 1 >> np.arange(8) & 1).astype(bool)
        return Reply(
            name=name, number=number, stimulus=stimulus, wanted=wanted,
            said="das linke Licht ist an" if text else LETTERS[kind] if answers == Port.LAMPS else "",
            confidence=float("nan") if answers == Port.FIELD else 0.25 + rng.random() * 0.7,
            others=() if text else tuple((LETTERS[(kind + n) % 26], 0.2 / n) for n in (1, 2, 3)),
            lamps=code if answers == Port.LAMPS else None,
            field=rng.standard_normal((20, 20)).astype(np.float32) if answers == Port.FIELD else None,
            views=self.views(accepts, stimulus, rng) if views else (), seconds=0.003, task=task,
        )  # fmt: skip

    def views(self, accepts, stimulus, rng):
        def view(name, look, *shape):
            return ActivationView(name=name, rendering=look, array=rng.standard_normal(shape).astype(np.float32))

        if accepts == Port.TEXT:
            words = str(stimulus).split(" ") or [""]
            n = len(words)
            looks = np.abs(rng.standard_normal((4, n, n))).astype(np.float32)
            tokens = ActivationView(name="tokens", rendering=Rendering.TOKENS, array=np.array(words))
            attention = ActivationView(
                name="block1.attention", rendering=Rendering.ATTENTION, array=looks / looks.sum(2, keepdims=True)
            )
            return tokens, attention, view("block1.mlp", Rendering.ROWS, n, 48), view("next", Rendering.BARS, 60)
        if accepts == Port.REEL:
            t = len(stimulus)
            return (
                *(view(name, Rendering.ROWS, t, 24) for name in ("input_gate", "forget_gate", "output_gate", "cell")),
                view("logits", Rendering.BARS, 26),
            )
        return (
            view("stem", Rendering.MAPS, 8, 20, 20), view("stage1.block1.out", Rendering.MAPS, 16, 10, 10),
            view("stage1.block2.out", Rendering.MAPS, 16, 10, 10), view("stage2.block1.out", Rendering.MAPS, 32, 5, 5),
            view("stage2.block2.out", Rendering.MAPS, 32, 5, 5), view("pool", Rendering.BARS, 32),
            view("logits", Rendering.BARS, 26),
        )  # fmt: skip


class FakeTimeline:
    """A timeline of made-up systems; `racks` are those that were lent."""

    def __init__(self):
        self.racks, self.asked = [], 0

    def names(self):
        return tuple(e.name for e in EXHIBITS)

    def exhibits(self, told=None):
        self.asked += 1
        for k in range(len(EXHIBITS) if told is not None else 0):
            told(k + 1, len(EXHIBITS))
        return EXHIBITS

    def rack(self):
        self.racks.append(FakeRack())
        return self.racks[-1]

    record = None

    def scaling(self, folder):
        return self.record

    def room(self):
        return ClusterRoom()
