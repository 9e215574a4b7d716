"""Any text: parsed as the libraries parse it, or refused in one line."""

import json
import tomllib

from hypothesis import given
from hypothesis import strategies as st

from marki.config import parse_changes
from marki.errors import MarkIError, shown
from marki.reading import DEEPEST, parse_json, parse_toml

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=60)
MARKS = st.text(st.sampled_from("[]{}\"'\\\\#=,.:\\n ab019-+_einf\ufeff\u00e9"), max_size=60)
NUMBERS = (
    st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False) | st.booleans() | st.none()
)
VALUES = st.recursive(NUMBERS | TEXT, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=20)


def parsed(read, *arguments, **how):
    """Return what is read, or None where it is refused as it should be."""
    try:
        return read(*arguments, **how)
    except MarkIError as error:
        refused = error
    assert refused.remedy
    assert refused.where is not None
    assert "\n" not in str(refused)
    return None


@given(VALUES)
def test_json_that_is_valid_is_read_as_it_is(value):
    assert parse_json(json.dumps(value), where="x") == value


@given(TEXT | MARKS)
def test_json_is_read_as_the_library_reads_it(text):
    found = parsed(parse_json, text, where="x")
    try:
        wanted = json.loads(text)
    except ValueError:
        assert found is None
    else:
        assert found == wanted or found != found


@given(TEXT | MARKS)
def test_toml_is_read_as_the_library_reads_it(text):
    found = parsed(parse_toml, text, where="x")
    try:
        wanted = tomllib.loads(text)
    except ValueError:
        assert found is None
    else:
        assert str(found) == str(wanted)


@given(st.lists(TEXT | MARKS.map(lambda text: f"world.shift={text}")))
def test_assignments_are_read_or_refused(texts):
    parsed(parse_changes, texts)


@given(st.integers(1, 3 * DEEPEST), st.sampled_from(["[]", "{}"]))
def test_depth_is_counted_as_it_is(depth, pair):
    text = "[" * (depth - 1) + pair + "]" * (depth - 1)
    assert (parsed(parse_json, text, where="x") is not None) == (depth <= DEEPEST)


@given(VALUES)
def test_a_shown_value_is_short_and_on_one_line(value):
    assert len(shown(value)) <= 80
    assert "\n" not in shown(value)
