"""Every figure that the page of results gives of a successor is the one on record, and so is its table.

A paragraph with figures in per cent or points ends with a comment that says where each of them stands, for example
``<!-- figures: 98.5 = vgg letters; 1.3 = vgg letters lead; 94.1 = vgg without -->``: the system, the name of the trial,
and which of its figures (the score, if nothing is said; `baseline`, `lead`, `read` of drawings, `on` a part that is set
aside, or `without` the mechanism).
"""

import json
import re
from pathlib import Path

import pytest

from successors import registry
from successors.evaluation import estimates, results_table

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs/results.md").read_text(encoding="utf-8")
FIGURE = re.compile(r"(\d+\.\d+)(?= ?%|(?: and| to|,)? [\d.]+ ?%| points)")


def section(text):
    return text.split("## The successors")[1].split("\n## ")[0]


def paragraphs(text):
    """Yield paragraphs of prose, each with the comment behind it."""
    for part in re.split(r"\n\s*\n", section(text)):
        if not part.startswith(("|", "```", "!", "<!-- results")):
            prose, _, rest = part.partition("<!-- figures:")
            yield prose, rest.partition("-->")[0]


def on_record(place):
    """Return the figure of a place such as ``vgg letters lead``, in per cent."""
    name, _, rest = place.strip().partition(" ")
    found = registry.metrics(name)
    if rest == "without":
        return 100 * found["mechanism"]["without"]
    rest, _, part = rest.partition(" on ")
    trial_name, kind = rest, ""
    for ending in ("baseline", "lead", "read"):
        if rest.endswith(f" {ending}"):
            trial_name, kind = rest.removesuffix(f" {ending}"), ending
    (trial,) = [trial for trial in found["trials"] if results_table.told(trial) == trial_name]
    if part:
        return 100 * trial["also"][part]
    if not kind:
        return 100 * trial["value"]
    if kind == "read":
        return 100 * trial["figures"]["read"]
    return 100 * (trial["baseline"] if kind == "baseline" else trial["baseline"]["lead"])["value"]


def problems(text):
    """Return what is wrong with the figures of a text: missing from its comments, or not as on record."""
    for prose, comment in paragraphs(text):
        places = {figure.strip(): place for figure, _, place in (p.partition("=") for p in comment.split(";")) if place}
        for figure in FIGURE.findall(prose):
            if figure not in places:
                yield f"{figure} has no place: {prose.strip()[:60]}"
            elif f"{on_record(places[figure]):.1f}" != figure:
                yield f"{figure} is {on_record(places[figure]):.1f} at {places[figure].strip()}"


def test_figures_in_sentences_are_on_record():
    assert list(problems(PAGE)) == []


def test_the_readme_states_no_figure_that_nothing_holds_to_the_record():
    assert FIGURE.findall((ROOT / "README.md").read_text(encoding="utf-8")) == []


def test_the_table_is_made_from_the_record():
    between = PAGE.split("<!-- results: made by python run_sim.py timeline --results -->\n\n")[1].split("\n\n")[0]
    assert between + "\n" == results_table.markdown()


@pytest.mark.parametrize(
    ("sentence", "wrong"),
    [
        ("It reads {0} % of the letters.\n<!-- figures: {0} = vgg letters -->", 0),
        ("It reads 12.3 % of the letters.\n<!-- figures: 12.3 = vgg letters -->", 1),
        ("It reads {0} and 12.3 % of the letters.\n<!-- figures: {0} = vgg letters -->", 1),
        ("It reads 12.3 % of the letters.", 1),
    ],
)
def test_a_wrong_figure_is_found(sentence, wrong):
    stated = sentence.format(f"{on_record('vgg letters'):.1f}")
    text = f"## The successors\n\n{stated}\n\n## More"
    assert len(list(problems(text))) == wrong


def test_numbers_of_claims_in_sentences_are_on_record():
    found = [registry.metrics(name) for name in registry.names()]
    bounds = [c["word"] for m in found for t in m["trials"] for c in t["claims"] if c["claim"] in estimates.BOUNDS]
    needed = [m["mechanism"]["word"] for m in found].count(estimates.HOLDS)
    numbers = {4: "Four", 29: "twenty-nine"}
    prose = " ".join(section(PAGE).split())
    assert f"{numbers[bounds.count(estimates.FAILS)]} scores missed the bound" in prose
    assert f"{numbers[bounds.count(estimates.OPEN)]} are not told apart from theirs" in prose
    assert f"Of the {len(found)} mechanisms, {needed} are missed" in prose


def test_every_word_follows_from_its_interval():
    """No claim on record has a word that its own interval does not support."""
    for name in registry.names():
        found = registry.metrics(name)
        claims = [(c, c["wanted"]) for trial in found["trials"] for c in trial["claims"]]
        claims += [(measure, 0.0) for measure in found["measures"]]
        mechanism = found["mechanism"]
        claims.append((mechanism["difference"] | {"claim": "needed", "word": mechanism["word"]}, 0.0))
        for claim, wanted in claims:
            low, high = claim["interval"]
            if claim["claim"] == "at most":
                low, high, wanted = -high, -low, -wanted
            supported = "holds" if low > wanted else "fails" if high < wanted else "not told apart"
            assert claim["word"] == supported or low == wanted, json.dumps(claim)
