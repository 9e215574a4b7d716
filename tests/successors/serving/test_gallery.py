"""The gallery: what a window may know of the systems."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from marki.errors import StateError
from marki.io.exhibits import Exhibit, SystemKind
from marki.io.ports import Port
from successors import registry
from successors.nn.network import Network
from successors.serving import gallery
from successors.serving.gallery import ablation_result, open_gallery, texts
from successors.tasks.making import Workshop

ROOT = Path(__file__).resolve().parent.parent.parent.parent


@pytest.fixture(scope="module")
def exhibits():
    return {e.name: e for e in open_gallery().exhibits()}


def test_all_systems_are_there_in_order_of_time(exhibits):
    assert tuple(exhibits) == registry.names()
    years = [e.year for e in exhibits.values()]
    assert years == sorted(years)


@pytest.mark.parametrize("name", ["perceptron", "hopfield", "gru", "resnext"])
def test_an_exhibit_says_what_the_card_says(exhibits, name):
    card, shown = registry.card(name), exhibits[name]
    assert isinstance(shown, Exhibit)
    assert (shown.title, shown.authors, shown.year) == (card["title"], card["authors"], card["year"])
    assert {"accepts": shown.accepts, "answers": shown.answers} == card["ports"]
    assert (shown.task, shown.idea["en"]) == (card["task"], card["idea"])
    assert (shown.parameters, shown.multiply_adds) == (card["retina_parameters"], card["retina_multiply_adds"])
    assert shown.published == card["published_parameters"]
    assert shown.score == card["trials"][0]["value"]


def test_classes_are_those_of_the_lamps(exhibits):
    assert exhibits["vgg"].classes == tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    assert exhibits["lenet5"].classes == tuple("0123456789")
    assert all(bool(e.classes) == (e.answers is Port.LAMPS) for e in exhibits.values())


def test_parents_are_earlier_and_what_is_built_on(exhibits):
    assert exhibits["perceptron"].parents == ()
    assert exhibits["lenet5"].parents == ("lecun",)
    assert exhibits["gru"].parents == ("lstm",)
    assert exhibits["sepvit"].parents == ("vit", "swin")
    for shown in exhibits.values():
        assert all(exhibits[p].year < shown.year for p in shown.parents)


def test_labels_are_short_and_each_is_of_one_system(exhibits):
    labels = [e.label for e in exhibits.values()]
    assert len(set(labels)) == len(labels)
    assert max(map(len, labels)) <= 18
    assert {"LeNet-5", "ViT", "Perceptron", "AA-ResNet"} <= set(labels)


@pytest.mark.parametrize("name", registry.names())
def test_what_is_kept_is_what_is_counted(name):
    system = registry.find(name)
    assert registry.footprint(system) == registry.count_footprint(system.entry)
    assert registry.classes(system.entry.trials[0]) == registry.sample(system.entry.trials[0]).classes


def test_the_strip_draws_no_deck_and_builds_no_network(monkeypatch):
    monkeypatch.setattr(Workshop, "frames", None)
    monkeypatch.setattr(Workshop, "rng", None)
    monkeypatch.setattr(Network, "__init__", None)
    assert len(open_gallery().exhibits()) == len(registry.names())


def test_a_new_system_is_counted_on_the_spot(monkeypatch):
    system = registry.find("mlp")
    kept = registry.footprint(system)
    monkeypatch.setattr(registry, "metrics", lambda name: None)
    assert registry.footprint(system) == kept


def test_every_system_has_its_texts_and_no_text_is_of_nobody():
    rows = texts()
    assert set(rows) == set(registry.names())
    for name, row in rows.items():
        some = {"but_en", "but_zh", "source_zh"}
        assert set(row) - some == {"idea_zh", "mechanism_zh", "seed_en", "seed_zh"}, name
        published = next(iter(registry.find(name).entry.sizes.values())).published
        assert ("source_zh" in row) is (published is not None), name
        assert ("but_en" in row) is ("but_zh" in row), name
        assert row["seed_en"] or "but_en" not in row, name
        assert row["idea_zh"], name
        assert bool(row["seed_en"]) is bool(row["seed_zh"]), name
        assert not any(text != text.strip() for text in row.values()), name


@pytest.mark.parametrize(
    ("name", "en", "zh"),
    [
        ("perceptron", "26 letters", "26 个字母"),
        ("hopfield", "Amari 1972", "Amari 1972"),
        ("lenet5", "F6", "F6"),
        ("alexnet", "six tenths", "六成"),
        ("vgg", "second in classification", "第二名"),
        ("resnet", "May 2015", "2015 年 5 月"),
        ("gpt", "2016", "2016"),
        ("attention_augmented", "CBAM", "CBAM"),
    ],
)
def test_what_is_wrong_in_a_quotation_is_said(exhibits, name, en, zh):
    shown = exhibits[name]
    assert shown.seed["en"]
    assert shown.seed["zh"]
    assert en in shown.but["en"]
    assert zh in shown.but["zh"]


def test_titles_are_those_of_the_papers(exhibits):
    assert exhibits["rnn"].title == "Learning internal representations by error propagation"
    assert exhibits["gru"].title == (
        "Learning phrase representations using RNN encoder-decoder for statistical machine translation"
    )


def test_a_published_figure_has_its_source(exhibits):
    assert [n for n, e in exhibits.items() if e.published and not all(e.source.values())] == []
    assert exhibits["gpt2"].source == {"en": "the released weights", "zh": "公开发布的权重"}


def test_a_source_in_chinese_keeps_the_numbers_and_the_names(exhibits):
    """ "20 million" may be two thousand ten-thousands; tables, sections and libraries keep what they are called."""
    for name, shown in exhibits.items():
        if shown.published:
            kept = re.findall(r"(?:table|figure|section) ([0-9IV][-0-9.A-Z]*[0-9A-Z]|[0-9])", shown.source["en"])
            kept += re.findall(r"torchvision|timm", shown.source["en"])
            assert [part for part in kept if part not in shown.source["zh"]] == [], name
            assert not re.search(r"[a-z]+ [a-z]+ [a-z]+", shown.source["zh"]), name


def test_what_a_mechanism_brings_is_that_of_the_metrics(exhibits):
    for name, shown in exhibits.items():
        kept = registry.metrics(name)["mechanism"]
        assert (shown.ablation.present, shown.ablation.absent) == (kept["with"], kept["without"])
        assert shown.ablation.mechanism["en"] == kept["name"]
        assert re.search("[\u4e00-\u9fff]", shown.ablation.mechanism["zh"]), name


def test_an_interval_and_a_word_are_taken_over():
    kept = {"name": "depth", "with": 0.98, "without": 0.94, "word": "holds"}
    found = ablation_result(kept | {"difference": {"value": 0.04, "interval": [0.02, 0.06]}}, {"mechanism_zh": "深度"})
    assert (found.interval, found.word, found.mechanism["zh"]) == ((0.02, 0.06), "holds", "深度")
    one_seed = ablation_result(kept | {"difference": {"value": 0.04, "interval": None}, "word": "not told apart"}, {})
    assert (one_seed.interval, one_seed.word, one_seed.mechanism["zh"]) == (None, "not told apart", "depth")


def test_exhibits_have_both_languages(exhibits):
    for shown in exhibits.values():
        assert set(shown.idea) == set(shown.seed) == set(shown.but) == {"en", "zh"}
        assert shown.idea["en"]
        assert shown.idea["zh"]


def test_they_are_reckoned_once(monkeypatch):
    own = open_gallery()
    first = own.exhibits()
    monkeypatch.setattr(registry, "find", None)
    assert own.exhibits() is first


def test_it_tells_how_many_have_been_read(monkeypatch):
    monkeypatch.setattr(registry, "metrics", lambda name: None)
    seen = []
    own = open_gallery()
    shown = own.exhibits(lambda read, of: seen.append((read, of)))
    assert seen == [(k + 1, len(shown)) for k in range(len(shown))]
    assert own.names() == tuple(e.name for e in shown)


def test_kinds_are_told_by_ports_or_declared(monkeypatch):
    monkeypatch.setattr(registry, "metrics", lambda name: None)
    kinds = {e.name: e.kind for e in open_gallery().exhibits()}
    assert {kinds[n] for n in ("lenet5", "vit", "perceptron")} == {SystemKind.SEES}
    assert {kinds[n] for n in ("rnn", "lstm", "hopfield")} == {SystemKind.REMEMBERS}
    assert {kinds[n] for n in ("transformer", "gpt", "gpt2")} == {SystemKind.SPEAKS}


def test_an_untrained_system_without_texts_is_shown_too(monkeypatch):
    monkeypatch.setattr(registry, "metrics", lambda name: None)
    monkeypatch.setattr(gallery, "texts", dict)
    shown = open_gallery().exhibits()[0]
    assert shown.score is None
    assert shown.ablation is None
    assert shown.idea["zh"] == shown.seed["en"] == shown.seed["zh"] == ""


def test_broken_texts_are_refused(monkeypatch, tmp_path):
    (tmp_path / "timeline.toml").write_text("[perceptron\n")
    monkeypatch.setattr(gallery, "asset", lambda name: tmp_path / name)
    with pytest.raises(StateError, match="cannot be read"):
        texts()


def test_nothing_is_read_before_it_is_asked():
    program = (
        "import sys; from successors.serving.gallery import open_gallery; open_gallery(); "
        "print([m for m in sys.modules if m.startswith(('successors.timeline', 'successors.nn', 'multiprocessing.'))])"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)
    assert said.stdout.strip() == "[]"


def test_a_machine_that_draws_says_what_it_can_be_asked_for(exhibits):
    assert exhibits["gan"].asked == registry.classes(registry.find("gan").entry.trials[0])
    assert exhibits["vae"].asked == ()  # it is told nothing
    assert exhibits["lenet5"].asked == ()  # it reads
