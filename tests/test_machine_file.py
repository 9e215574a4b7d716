import json

import pytest

from marki import machine_file, provenance, savefile
from marki.__main__ import main
from marki.errors import MarkIError
from marki.session import mark1_session

FOUND = """
[machine.sensory]
threshold = { value = 0.4, badge = "documented", source = "Operators' manual", page = "23" }
[machine]
association.theta = { value = 2, badge = "inferred", source = "Hay and Martin 1960" }
a_units = { value = 512, badge = "documented", source = "Operators' manual", page = "3" }
"""


def written(tmp_path, text):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    return path


def test_values_and_sources_are_laid_over_ours(tmp_path):
    found = machine_file.read(written(tmp_path, FOUND))
    assert found.changes == {"machine.sensory.threshold": 0.4}
    rows = provenance.laid_over(found.rows)
    assert rows["machine.sensory.threshold"].cited == "Operators' manual, p. 23"
    assert rows["machine.sensory.threshold"].unit == "share of full light"
    assert rows["machine.association.theta"].badge == "inferred"
    assert rows["machine.a_units"].page == "3"
    assert rows["machine.plugboard.fan_out"] == provenance.row("machine.plugboard.fan_out")


def test_the_form_as_it_is_written_is_accepted_and_changes_nothing(tmp_path):
    found = machine_file.read(written(tmp_path, machine_file.blank()))
    assert (found.changes, found.rows) == ({}, {})
    asked = [name for name, row in provenance.table().items() if row.badge in ("assumed", "inferred")]
    for name in asked:
        if name.count(".") > 1:
            assert f"\n{name.rpartition('.')[2]} = " in machine_file.blank()


def test_the_form_filled_in_says_what_was_filled_in(tmp_path):
    form = machine_file.blank()
    ours = 'theta = {value = 2, badge = "assumed", source = '
    assert form.count(ours) == 1
    line = next(line for line in form.splitlines() if line.startswith(ours))
    filled = form.replace(line, 'theta = {value = 4, badge = "documented", source = "The manual", page = "7"}')
    found = machine_file.read(written(tmp_path, filled))
    assert found.changes == {"machine.association.theta": 4}
    assert list(found.rows) == ["machine.association.theta"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[machine\n", ["line 1"]),
        ("[machine.sensory]\nthreshold = 0.4", ["machine.sensory.threshold", "expected a table", "value = 0.4"]),
        ('machine.sensory.treshold = {value = 1, badge = "assumed"}', ["machine.sensory.threshold"]),
        (
            'theta = {value = 1, badge = "assumed"}\nmachine.association.theta = {value = 1, badge = "assumed"}',
            ["twice"],
        ),
        ("theta = {value = 3}", ["theta", "badge is missing"]),
        ('theta = {badge = "assumed"}', ["theta", "value is missing"]),
        ('theta = {value = 3, badge = "documented", source = "Manual"}', ["without source and page"]),
        ('theta = {value = 3, badge = "inferred"}', ["from no source"]),
        ('theta = {value = 3, badge = "certain"}', ["'certain'", "documented"]),
        ('theta = {value = 3, badge = "assumed", sauce = "x"}', ["'sauce'", "'source'"]),
        ('theta = {value = 3, badge = "documented", source = "Manual", page = 23}', ["page = 23", "in quotes"]),
        ('theta = {value = "three", badge = "assumed"}', ["machine.association.theta", "'three'"]),
        ('theta = {value = 1000, badge = "assumed"}', ["machine.association.theta", "400"]),
        ('speed_deg_per_s = {value = 2.0, unit = "rad/s", badge = "assumed"}', ["deg/s", "'rad/s'"]),
        ('machine.a_units = {value = 1000, badge = "assumed"}', ["machine.a_units", "built in as 512"]),
        ('excitatory = {value = 40, badge = "assumed"}', ["mine.toml", "31"]),
    ],
)
def test_what_is_wrong_is_refused_in_one_line_with_file_and_key(tmp_path, text, words):
    with pytest.raises(MarkIError) as refused:
        machine_file.read(written(tmp_path, text))
    said = str(refused.value)
    assert all(word in said for word in ["mine.toml", *words]), said
    assert "\n" not in said


def test_a_session_keeps_its_sources_and_its_digest(tmp_path):
    found = machine_file.read(written(tmp_path, FOUND))
    session = mark1_session(sources=found.rows)
    session.run(2)
    savefile.save(session, tmp_path / "s.npz")
    again = savefile.load(tmp_path / "s.npz")
    assert again.sources == session.sources == found.rows
    plain = mark1_session()
    plain.run(2)
    assert plain.digest == session.digest


def test_the_table_is_printed_with_it(tmp_path, capsys):
    path = written(tmp_path, FOUND)
    assert main(["provenance", "threshold", "--machine", str(path), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert rows["machine.sensory.threshold"]["page"] == "23"
    assert main(["provenance", "--blank", "--out", str(tmp_path / "form.toml")]) == 0
    assert machine_file.read(tmp_path / "form.toml").rows == {}
