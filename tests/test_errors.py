import pytest

from marki import errors
from marki.errors import MarkIError, StateError, UnknownName, unknown


def test_an_error_says_what_where_and_what_to_do_on_one_line():
    error = StateError("the file is\ntruncated", where="run.npz", remedy="Save it anew")
    assert str(error) == "run.npz: the file is truncated. Save it anew"
    assert (error.what, error.where, error.remedy) == ("the file is\ntruncated", "run.npz", "Save it anew")
    assert str(StateError("lost")) == "lost"


def test_all_errors_can_be_caught_as_one():
    own = [v for v in vars(errors).values() if isinstance(v, type) and issubclass(v, Exception)]
    assert len(own) > 5
    assert all(issubclass(v, MarkIError) for v in own)


@pytest.mark.parametrize(
    ("name", "remedy"),
    [("thresold", "Did you mean 'threshold'?"), ("qqqq", "Known: threshold, dominant"), (7, "Known:")],
)
def test_unknown_names_offer_the_nearest(name, remedy):
    error = unknown("readout", name, ("threshold", "dominant"), where="x")
    assert isinstance(error, UnknownName)
    assert str(error).startswith(f"x: unknown readout {name!r}. {remedy}")
