"""Settings as files have them: written by hand, or ``config.json`` of a run or a lab report, to be run again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from marki import machine_file
from marki.config import flat, read_settings
from marki.errors import ConfigError, shown
from marki.io.worlds import WorldConfig
from marki.machine import MachineConfig
from marki.machine_file import MachineFile


@dataclass(frozen=True, kw_only=True)
class RecordedSettings:
    """What a file of settings says.

    Attributes
    ----------
    changes : dict
        Settings that differ from the defaults, by dotted name: those that the user gave.
    scene : dict
        Machine and world of the run, as changes, for who wants to stand in it without its experiment.
    seeds : tuple of int
        Seeds of the run, in order; none in a file by hand.
    files : dict of str to str
        Folders and files that it read, by the arguments that name them.
    twin : bool
        Whether the twin ran it.
    wiring_given : bool
        Whether it had a wiring list that the file does not hold.
    base : MachineFile
        What a machine file said of the machine, if there was one.
    """

    changes: Mapping[str, Any]
    scene: Mapping[str, Any] = field(default_factory=dict)
    seeds: tuple[int, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    twin: bool = False
    wiring_given: bool = False
    base: MachineFile = field(default_factory=MachineFile)


def read(path: Path | str) -> RecordedSettings:
    """Read a file of settings.

    Raises
    ------
    ConfigError
        If it cannot be read, or is the ``config.json`` of runs that are not alike.
    """
    content = read_settings(path)
    try:
        if "machine_at_launch" in content:  # of a lab report
            scene = _scene(content["machine_at_launch"], content["worlds_at_launch"], path)
            given = bool(content["wiring_given"])
            return RecordedSettings(changes=scene, scene=scene, seeds=(int(content["seed"]),), wiring_given=given)
        if "runs" in content and "experiment" in content:
            seeds = content.get("seeds", [content.get("seed", 0)])
            files = {str(name): str(value) for name, value in content["files"].items()}
            rows = machine_file.of_record(content["sources"], path)
            base = MachineFile(path=str(path), changes=dict(content["base"]), rows=rows)
            return RecordedSettings(
                base=base, changes=dict(content["settings"]), scene=_common(content["runs"], path),
                seeds=tuple(map(int, seeds)), files=files, twin=bool(content.get("twin")),
            )  # fmt: skip
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ConfigError(
            f"lacks or garbles {error}", where=path, remedy="Give the config.json of a run or report of this version",
            code="state.garbled", part=error,
        ) from error  # fmt: skip
    return RecordedSettings(changes=flat(content))


def _common(runs: Mapping[str, Any], path: Path | str) -> dict[str, Any]:
    """Return the settings in which all runs of an experiment agree."""
    scenes = [_scene(run["machine"], run["worlds"], path) for run in runs.values()]
    return {k: v for k, v in scenes[0].items() if all(k in scene and scene[k] == v for scene in scenes)}


def _scene(machine: Mapping[str, Any], worlds: Mapping[str, Any], path: Path | str) -> dict[str, Any]:
    """Return a machine and its first world as changes of the defaults."""
    found: dict[str, Any] = {}
    for room, config, given in (
        ("machine", MachineConfig, machine),
        ("world", WorldConfig, next(iter(worlds.values()))),
    ):
        if not isinstance(given, dict):
            raise TypeError(f"{room}: {shown(given)}")
        default = flat(config().to_mapping())
        whole = flat(config.from_mapping(given, where=path).to_mapping())
        found |= {f"{room}.{name}": value for name, value in whole.items() if value != default[name]}
    found.pop("machine.response.units", None)  # it follows from the world, which the user may change
    return found
