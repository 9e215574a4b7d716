"""The command `pen`, and the page that explains the language."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from marki.__main__ import main
from marki.errors import ConfigError
from marki.pen.interpreter import lit
from marki.pen.panel_picture import PITCH, write_panel
from marki.pen.parser import parse
from marki.pen.pen_error import PenError
from marki.pen.tokens import DIRECTIONS, MOST, VERBS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "pen_language.md").read_text(encoding="utf-8")


def block(heading):
    return re.search(rf"<!-- {re.escape(heading)} -->\n```\n(.*?)```", PAGE, re.S)[1]


@pytest.fixture
def comb(tmp_path):
    path = tmp_path / "comb.pen"
    path.write_text(block("file: comb.pen"))
    return path


def test_the_first_program_of_the_page_draws_what_it_says(comb, capsys):
    assert main(["pen", str(comb), "--n", "4"]) == 0
    *rows, said = capsys.readouterr().out.splitlines()
    wanted = block("drawn: comb.pen 4").splitlines()
    at = next(k for k, row in enumerate(rows) if "#" in row)
    assert [row[9:17] for row in rows[at : at + 3]] == wanted
    assert len(rows) == 20
    assert "".join(rows).count("#") == "".join(wanted).count("#") == 16
    assert said == "16 of 400 lamps after 36 steps, n = 4"


def test_as_json_and_as_a_picture(comb, tmp_path, capsys):
    out = tmp_path / "panel.png"
    assert main(["pen", str(comb), "--n", "2", "--json", "--out", str(out)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["n"], found["steps"], found["lit"], found["out"]) == (2, 18, 8, str(out))
    assert found["program"] == comb.read_text()
    picture = np.asarray(Image.open(out)).astype(int)
    middles = picture[PITCH::PITCH, PITCH::PITCH][:20, :20]
    assert ["".join(".#"[int(lamp[0] > 200)] for lamp in row) for row in middles] == found["panel"]


def test_a_refusal_names_file_line_and_cure(comb, capsys):
    comb.write_text("draw up 3\nrep n [\n  drwa up 3\n]\n")
    assert main(["pen", str(comb)]) == 2
    assert capsys.readouterr().err == f"marki: {comb}: line 3: unknown word 'drwa'. Did you mean 'draw'?\n"
    comb.write_text("draw up n")
    assert main(["pen", str(comb), "--n", "0"]) == 2
    assert "from 1 to 20" in capsys.readouterr().err
    assert main(["pen", str(comb.with_name("none"))]) == 2
    assert "none: cannot be read" in capsys.readouterr().err


def test_a_picture_of_another_kind_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"End the name in \.png"):
        write_panel(bytes(400), tmp_path / "panel.gif")


def test_the_refusals_of_the_page_are_those_of_the_parser():
    rows = re.findall(r"^\| `(.+)` \| (line .+) \|$", PAGE, re.M)
    assert len(rows) > 10
    for text, said in rows:
        with pytest.raises(PenError) as refused:
            parse(text)
        assert str(refused.value) == said


def test_the_grammar_of_the_page_is_that_of_the_parser():
    grammar = re.search(r"## Grammar\n\n```\n(.*?)```", PAGE, re.S)[1]
    said = dict(re.findall(r"^(\w+) += (.+(?:\n +\|.+)*)$", grammar, re.M))
    assert re.findall(r'"([\w-]+)"', said["direction"]) == list(DIRECTIONS)
    assert sorted(re.findall(r'"(\w+)"', said["statement"])) == sorted(VERBS)
    assert re.findall(r'"(\w+)"', said["amount"])[-2:] == [str(MOST), "n"]


def test_the_python_of_the_page_runs(capsys):
    code = re.search(r"```python\n(.*?)```", PAGE, re.S)[1]
    room = {}
    exec(compile(code, "docs/pen_language.md", "exec"), room)
    assert capsys.readouterr().out.splitlines()[-1].endswith(" 4")
    assert room["judged"] == tuple(lit(room["program"], n) for n in range(1, 6))
    assert room["panel"].shape == (20, 20)
