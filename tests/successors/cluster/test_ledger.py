import pytest

from marki.comparison import AGREES, DEVIATES, OPEN
from marki.errors import UnknownName
from marki.language import LANGUAGES, Words
from successors.cluster.ledger import as_printed, as_text, ledger, v100_years
from successors.cluster.models import DECODERS


def by_key(name):
    return {line.key: line for line in ledger(name)}


def test_the_figures_of_the_document_are_held_against_arithmetic():
    lines = by_key("GPT-3 175B")
    size, years, dollars, text = (lines[f"seed_{key}"] for key in ("size", "years", "dollars", "text"))
    assert (size.documented, size.verdict) == (700, AGREES)
    assert (years.documented, years.verdict) == (366, DEVIATES)
    assert round(years.value) in (355, 356)
    assert "27.2 TFLOP/s" in years.note
    assert (dollars.documented, dollars.verdict) == (4.6, AGREES)
    assert (text.documented, text.verdict) == (570, OPEN)


def test_lambdas_own_figure_is_met():
    assert int(v100_years(3.14e23)) == 355


def test_gpt3_by_the_rule_of_six():
    lines = by_key("GPT-3 175B")
    assert lines["operations"].verdict == AGREES
    assert lines["days"].verdict == AGREES
    assert lines["operations"].value == 6 * 174_604_259_328 * 300e9


@pytest.mark.parametrize("name", DECODERS)
def test_every_size_has_a_ledger(name):
    lines = ledger(name)
    assert {line.key for line in lines} >= {"parameters", "half"}
    assert lines[0].verdict == AGREES
    assert all(line.source for line in lines if line.documented is not None)


def test_digits_that_are_printed_decide():
    assert as_printed(4.67, 4.6, 0.1) == as_printed(4.67, 4.7, 0.1) == AGREES
    assert as_printed(4.67, 4.8, 0.1) == DEVIATES
    assert as_printed(355.6, 366, 1) == DEVIATES


def test_an_unknown_size_is_refused():
    with pytest.raises(UnknownName, match="GPT-3 175B"):
        ledger("GPT-3 175")


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_told_in_both_languages(language):
    words = Words(language)
    told = as_text("GPT-3 175B", words)
    for line in ledger("GPT-3 175B"):
        assert words(f"machine_room.ledger.{line.key}") in told
        if line.verdict:
            assert f"[{words('machine_room.verdict.' + line.verdict.replace(' ', '_'))}]" in told
