import ast
import functools
import pickle
import re
from pathlib import Path

import pytest

from marki import errors
from marki.errors import ConfigError, MarkIError, StateError, UnknownName, shown, unknown
from successors.nn.tensor import ShapeError


def test_an_error_says_what_where_and_what_to_do_on_one_line():
    error = StateError("the file is\ntruncated", where="run.npz", remedy="Save it anew")
    assert str(error) == "run.npz: the file is truncated. Save it anew"
    assert (error.what, error.where, error.remedy) == ("the file is\ntruncated", "run.npz", "Save it anew")
    assert str(StateError("lost")) == "lost"


def test_all_errors_can_be_caught_as_one():
    own = [v for v in vars(errors).values() if isinstance(v, type) and issubclass(v, Exception)]
    assert len(own) > 5
    assert all(issubclass(v, MarkIError) for v in own)


def test_refusals_of_values_and_names_are_those_of_the_language_too():
    with pytest.raises(ValueError, match=r"^x: 3 is too much"):
        raise ConfigError("3 is too much", where="x")
    with pytest.raises(KeyError) as caught:
        raise unknown("readout", "thresold", ("threshold",), where="x")
    assert str(caught.value) == "x: unknown readout 'thresold'. Did you mean 'threshold'?", "a KeyError quotes its text"
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.code, again.fields) == (str(caught.value), caught.value.code, caught.value.fields)
    assert str(caught.value.within("y")) == f"y: {caught.value}"


@pytest.mark.parametrize(
    ("name", "remedy"),
    [("thresold", "Did you mean 'threshold'?"), ("qqqq", "Known: threshold, dominant"), (7, "Known:")],
)
def test_unknown_names_offer_the_nearest(name, remedy):
    error = unknown("readout", name, ("threshold", "dominant"), where="x")
    assert isinstance(error, UnknownName)
    assert str(error).startswith(f"x: unknown readout {name!r}. {remedy}")


@functools.cache
def raised():
    """Each call in the source that makes a refusal: (place, the class or function, its keywords)."""
    root = Path(__file__).resolve().parent.parent
    paths = sorted([*(root / "marki").rglob("*.py"), *(root / "successors").rglob("*.py")])
    nodes = [(path, node) for path in paths for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
    kinds = {"MarkIError"}
    for _ in range(3):
        kinds |= {n.name for _, n in nodes if isinstance(n, ast.ClassDef) and kinds & set(map(last_name, n.bases))}
    return [
        (f"{path.relative_to(root)}:{node.lineno}", name, {k.arg: k.value for k in node.keywords})
        for path, node in nodes
        if isinstance(node, ast.Call) and (name := last_name(node.func)) in kinds | {"unknown"}
    ]


def last_name(node):
    """Return the last part of a name such as a.b.c, or "" of another expression."""
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def test_every_refusal_says_where_and_gives_a_remedy():
    found = list(raised())
    assert len(found) > 300
    empty = {"None", "''"}
    for place, name, given in found:
        assert "where" in given, place
        assert ast.unparse(given["where"]) not in empty, place
        if name not in ("unknown", "ShapeError"):  # these have one of their own
            assert "remedy" in given, place
            assert ast.unparse(given["remedy"]) not in empty, place
    assert ShapeError("x", where="y").remedy
    assert unknown("thing", "x", ["y"], where="z").remedy


def test_codes_are_stable_names():
    codes = [ast.literal_eval(given["code"]) for _, _, given in raised() if isinstance(given.get("code"), ast.Constant)]
    assert len(codes) > 70
    assert [code for code in codes if not re.fullmatch(r"[a-z_]+\.[a-z_0-9]+", code)] == []
    assert {cls("x").code for cls in (MarkIError, StateError, UnknownName)} == {"any", "state", "unknown"}


def test_a_refusal_keeps_its_code_within_another_place_and_in_another_process():
    error = StateError("lost", where="a", remedy="Look", code="state.garbled", part="b")
    within = pickle.loads(pickle.dumps(error)).within("run.npz")
    assert type(within) is StateError
    assert str(within) == "run.npz: a: lost. Look"
    assert (within.code, within.fields) == ("state.garbled", {"part": "b"})


@pytest.mark.parametrize("value", [10**5000, "x" * 10_000, [[1] * 1000] * 1000], ids=["number", "text", "list"])
def test_a_long_value_is_shown_in_short(value):
    assert len(shown(value)) < 80


def test_of_many_known_names_as_many_are_told_as_are_read_in_a_line():
    known = [f"name_{number}" for number in range(400)]
    said = str(unknown("name", "quite another", known, where="there"))
    assert len(said) < 800
    assert "Known: name_0, name_1, " in said
    assert said.endswith(", …")
    assert str(unknown("name", "quite another", known[:3], where="there")).endswith("Known: name_0, name_1, name_2")
