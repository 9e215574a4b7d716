import pytest

from marki import machine_settings
from marki.errors import ConfigError, UnknownName
from marki.session import mark1_session


def test_rows_say_how_well_a_setting_is_known():
    rows = {row.name: row for row in machine_settings.rows()}
    assert rows["machine.association.theta"].badge == "assumed"
    assert rows["machine.plugboard.fan_out"].badge == "documented"
    assert rows["machine.plugboard.fan_out"].source
    assert rows["world.shift"].badge == ""


def test_changes_get_their_full_names_and_are_checked():
    assert machine_settings.check({"theta": 3, "world.shift": 1}) == {"machine.association.theta": 3, "world.shift": 1}
    with pytest.raises(ConfigError, match=r"--set.*theta"):
        machine_settings.check({"theta": "three"}, where="--set")
    with pytest.raises(UnknownName, match=r"machine\.association\.theta"):
        machine_settings.check({"tehta": 3})
    with pytest.raises(ConfigError, match=r"--set: 'theta' and 'machine\.association\.theta' are the same setting"):
        machine_settings.check({"theta": 3, "machine.association.theta": 2}, where="--set")


def test_a_session_takes_the_names_of_the_command_line():
    """One spelling: what `--set` takes, `session.command("set", …)` takes, and the log has the full name."""
    short, full = mark1_session(seed=1), mark1_session(seed=1)
    short.command("set", {"theta": 3})
    full.command("set", {"machine.association.theta": 3})
    for session in (short, full):
        session.run(2)
    assert short.commands == full.commands
    assert short.digest == full.digest
    with pytest.raises(UnknownName, match="theta"):
        short.command("set", {"tehta": 3})
    with pytest.raises(ConfigError, match="are the same setting"):
        short.command("set", {"theta": 3, "association.theta": 3})
