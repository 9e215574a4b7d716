import json

from marki import script
from marki.__main__ import main
from marki.reading import read_csv


def told(capsys, *args):
    assert main(["session", *map(str, args), "--quiet", "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_saved_session_goes_on_to_the_digest_of_the_whole(tmp_path, capsys):
    whole = told(capsys, "--trials", 6, "--seed", 2)
    first = told(capsys, "--trials", 4, "--seed", 2, "--save", tmp_path / "s.npz")
    assert first["written"] == [str(tmp_path / "s.npz")]
    rest = told(capsys, "--load", tmp_path / "s.npz", "--trials", 2, "--csv", tmp_path / "t.csv")
    assert rest["digest"] == whole["digest"] != first["digest"]
    assert (rest["trial"], rest["trials"], rest["seed"]) == (6, 2, 2)
    assert len(read_csv(tmp_path / "t.csv", remedy="")) == 7


def test_the_log_of_a_session_is_a_script_of_it(tmp_path, capsys):
    (tmp_path / "s.json").write_text(json.dumps([{"trial": 2, "name": "break_cells", "value": [17, 18]}]))
    first = told(capsys, "--trials", 3, "--script", tmp_path / "s.json", "--log", tmp_path / "log.json")
    again = told(capsys, "--trials", 3, "--script", tmp_path / "log.json")
    assert again["digest"] == first["digest"]
    assert told(capsys, "--trials", 3)["digest"] != first["digest"]


def test_a_session_may_be_saved_to_the_file_that_it_was_loaded_from_and_to_no_other_that_is_there(tmp_path, capsys):
    told(capsys, "--trials", 2, "--save", tmp_path / "s.npz")
    told(capsys, "--trials", 1, "--save", tmp_path / "t.npz")
    assert told(capsys, "--load", tmp_path / "s.npz", "--trials", 2, "--save", tmp_path / "s.npz")["trial"] == 4
    assert told(capsys, "--load", tmp_path / "s.npz")["trial"] == 4
    assert main(["session", "--load", str(tmp_path / "s.npz"), "--save", str(tmp_path / "t.npz")]) == 2
    assert told(capsys, "--load", tmp_path / "t.npz")["trial"] == 1


def test_an_interruption_is_told_apart_from_the_json(tmp_path, capsys, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(script, "play", interrupted)
        assert main(["session", "--trials", "5", "--quiet", "--json", "--save", str(tmp_path / "s.npz")]) == 130
    out, err = capsys.readouterr()
    assert out == ""
    assert f"saved to {tmp_path / 's.npz'}" in err
    assert told(capsys, "--load", tmp_path / "s.npz")["trial"] == 0


def test_a_refusal_is_one_line(tmp_path, capsys):
    (tmp_path / "s.json").write_text(json.dumps([{"trial": 9, "name": "break_cells", "value": [17]}]))
    assert main(["session", "--trials", "3", "--script", str(tmp_path / "s.json")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_script_is_played_with_its_own_seed_unless_another_is_given(tmp_path, capsys):
    (tmp_path / "log.json").write_text(json.dumps({"seed": 7, "commands": []}))
    played = ["--trials", 2, "--script", tmp_path / "log.json"]
    assert told(capsys, *played) == told(capsys, "--trials", 2, "--seed", 7)
    assert main(["session", *map(str, played), "--seed", "3", "--quiet", "--save", str(tmp_path / "s.npz")]) == 0
    assert "log.json: was made with seed 7, and is played with 3" in capsys.readouterr().err
    assert told(capsys, *played, "--load", tmp_path / "s.npz")["seed"] == 3


def test_the_worlds_code_decides_how_many_r_units_are_in_use(capsys):
    plain = told(capsys, "--trials", 1)
    assert told(capsys, "--trials", 1, "--set", "response.units=5") == plain
    for units in (3, 8):
        assert main(["session", "--trials", "1", "--set", f"response.units={units}"]) == 2
        said = f"--set: machine.response.units: {units} R-units are asked for, and the code of the world uses 5"
        assert said in capsys.readouterr().err
