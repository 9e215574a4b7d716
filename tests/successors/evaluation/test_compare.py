from pathlib import Path

import pytest

from marki.errors import ConfigError
from marki.jobs.options import RunOptions
from successors.evaluation.compare import compare

SMALL = dict(options={"train": 40, "valid": 20, "test": 20}, budget=64, seeds=(0,))


@pytest.mark.parametrize("how", ["text", "path", "in the options"])
def test_a_folder_is_given_by_its_name(tmp_path, monkeypatch, how):
    monkeypatch.setenv("MARKI_CACHE", str(tmp_path / "cache"))
    out = tmp_path / "found"
    run = RunOptions(jobs=1, quiet=True)
    given = {
        "text": {"out": str(out), "run": run},
        "path": {"out": out, "run": run},
        "in the options": {"run": RunOptions(jobs=1, quiet=True, out=Path(out))},
    }[how]
    rows = compare("two_class", ["mlp"], **given, **SMALL)
    assert [row["name"] for row in rows] == ["mlp"]
    assert (out / "comparison.csv").exists()


def test_without_a_folder_and_with_two_it_is_refused():
    with pytest.raises(ConfigError, match=r"there is no output folder. Give out="):
        compare("two_class", ["mlp"], **SMALL)
    with pytest.raises(ConfigError, match=r"two output folders, a and b. Give one"):
        compare("two_class", ["mlp"], run=RunOptions(out=Path("a")), out="b", **SMALL)
