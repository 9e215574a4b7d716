"""Pages of the site that are made when it is built: commands, settings, the Python reference, and a card a system.

A hook of MkDocs; none of these pages is kept. `pages()` makes them without MkDocs too, for the tests.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from marki.__main__ import parser
from marki.config import Config
from marki.io.worlds import WorldConfig
from marki.language import Words
from marki.machine import MachineConfig
from marki.provenance import table as provenance
from marki.reading import read_toml
from successors import registry, tasks
from successors.baselines.heads import HeadConfig
from successors.baselines.seq2seq import EncoderDecoderConfig
from successors.evaluation import breakdown, estimates, plots
from successors.nn.recipe import Recipe

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

ROOT = Path(__file__).resolve().parent.parent.parent

MODULES = {
    "Public names, and scikit-learn": (
        "marki", "successors", "marki.probe", "marki.experiments.experiment", "marki.data_frames", "marki.sklearn",
        "successors.sklearn",
    ),
    "The machine and its sessions": (
        "marki.session", "marki.machine", "marki.twin", "marki.config", "marki.savefile", "marki.tables", "marki.trace",
        "marki.registers", "marki.history", "marki.provenance", "marki.theory", "marki.seeding", "marki.errors",
    ),
    "Stimuli": (
        "marki.io.worlds", "marki.io.camera", "marki.io.frame", "marki.io.responses", "marki.io.stimuli",
        "marki.io.stimuli.letters", "marki.io.stimuli.images", "marki.io.stimuli.fitting", "marki.io.ports",
    ),
    "The machine's cabinets": (
        "marki.hardware.sensory", "marki.hardware.plugboard", "marki.hardware.association",
        "marki.hardware.potentiometers", "marki.hardware.response", "marki.hardware.reinforcement",
        "marki.hardware.sequencer", "marki.hardware.faults",
    ),
    "Experiments": (
        "marki.experiments", "marki.experiments.lab", "marki.experiments.replicas", "marki.experiments.metrics",
        "marki.measurements", "marki.intervals", "marki.sweep", "marki.jobs.options",
    ),
    "Successors": (
        "successors.registry", "successors.model_card", "successors.tasks", "successors.tasks.task",
        "successors.tasks.deck", "successors.training.loop", "successors.training.participants",
        "successors.evaluation.estimates", "successors.evaluation.compare", "marki.io.learner",
        "marki.io.check_learner",
    ),
    "The engine": (
        "successors.nn.tensor", "successors.nn.module", "successors.nn.layers", "successors.nn.convolution",
        "successors.nn.attention", "successors.nn.normalisation", "successors.nn.pooling",
        "successors.nn.activations", "successors.nn.losses", "successors.nn.optimiser", "successors.nn.schedule",
        "successors.nn.recipe", "successors.nn.network", "successors.nn.learner", "successors.nn.initial",
        "successors.nn.hooks", "successors.nn.gradcheck", "successors.nn.weights_file",
    ),
}  # fmt: skip
"""Modules of the Python reference, those that scripts, experiments and new systems use, by chapter."""


def pages() -> dict[str, str]:
    """Return the text of every page that is made, by its path in the site."""
    made = {
        "reference/commands.md": commands_page(),
        "reference/settings.md": settings_page(),
        "timeline/index.md": timeline_page(),
        "contributing.md": contributing_page(),
    }
    made |= {f"timeline/{system.name}.md": system_page(system) for system in registry.systems()}
    made["reference/python/index.md"] = python_page()
    for chapter, modules in MODULES.items():
        made[f"reference/python/{slug(chapter)}.md"] = f"# {chapter}\n\n" + "\n".join(f"::: {m}\n" for m in modules)
    return made


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made to those that are written."""
    from mkdocs.structure.files import File

    for path, text in pages().items():
        files.append(File.generated(config, path, content=text))
    for path, content in pictures().items():
        files.append(File.generated(config, path, content=content))
    return files


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the pages that are made into the navigation, where it names their folders."""
    chapters = [{name: f"reference/python/{slug(name)}.md"} for name in MODULES]
    systems = [{f"{s.year} {s.entry.label}": f"timeline/{s.name}.md"} for s in registry.systems()]
    inside = {
        "reference/python/": ["reference/python/index.md", *chapters],
        "timeline/": ["timeline/index.md", *systems],
    }
    config.nav = _filled(config.nav, inside)
    return config


def _filled(nav: Any, inside: Mapping[str, list[Any]]) -> Any:
    if isinstance(nav, list):
        return [_filled(part, inside) for part in nav]
    if isinstance(nav, dict):
        return {name: _filled(part, inside) for name, part in nav.items()}
    return inside.get(nav, nav)


def slug(text: str) -> str:
    """Return a name for a file."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


# -- commands ----------------------------------------------------------------------------------------------------------


def subcommands(root: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Return the commands of a parser by name."""
    found = [a for a in root._actions if isinstance(a, argparse._SubParsersAction)]
    return dict(found[0].choices) if found else {}


def commands_page() -> str:
    """Return the page of all commands, from the parser of the command line itself."""
    root = parser()
    commands = subcommands(root)
    lines = [
        "# Commands",
        "",
        "`python run_sim.py` in a checkout, `marki` or `python -m marki` where it is installed. Without a command it",
        "opens the window. `COMMAND --help` prints what stands here.",
        "",
        "| command | what it does |",
        "| --- | --- |",
        "| [without a command](#the-window) | opens the window |",
        *(f"| [`{name}`](#{slug_of(name)}) | {_sentence(sub.description)} |" for name, sub in commands.items()),
        "",
        "## The window",
        "",
        *_arguments(root),
    ]
    for name, sub in commands.items():
        lines += ["", f"## `{name}`", "", f"{_sentence(sub.description)}.", "", *_arguments(sub, name)]
    return "\n".join(lines) + "\n"


def slug_of(name: str) -> str:
    """Return the anchor of the heading of a command."""
    return name.lower().replace(" ", "-")


def _sentence(text: str | None) -> str:
    text = _escaped((text or "").rstrip("."))
    return text[:1].upper() + text[1:]


def _arguments(about: argparse.ArgumentParser, name: str = "") -> Iterator[str]:
    """Yield the usage and the table of the arguments of a command."""
    about.prog = f"marki {name}".strip()
    yield from ("```text", about.format_usage().removeprefix("usage: ").rstrip(), "```", "")
    for action in about._actions:
        if isinstance(action, argparse._SubParsersAction):
            for inner, sub in action.choices.items():
                if name:
                    yield from (f"### `{name} {inner}`", "", *_arguments(sub, f"{name} {inner}"), "")
    rows = [a for a in about._actions if not isinstance(a, (argparse._HelpAction, argparse._SubParsersAction))]
    if not rows:
        return
    yield from ("| argument | what it does |", "| --- | --- |")
    for action in rows:
        told = _escaped(about._get_formatter()._expand_help(action)) if action.help else ""
        yield f"| {_spelling(action)} | {told[:1].upper() + told[1:]} |"


def _spelling(action: argparse.Action) -> str:
    """Return how an argument is written: its options, and what stands for its value."""
    value = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
    if action.choices and not action.metavar:
        value = "{" + ",".join(map(str, action.choices)) + "}"
    if not action.option_strings:
        return f"`{action.metavar or action.dest}`"
    takes = "" if action.nargs == 0 or isinstance(action, argparse.BooleanOptionalAction) else f" {value}"
    return ", ".join(f"`{option}{takes}`" for option in action.option_strings)


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


# -- settings ----------------------------------------------------------------------------------------------------------


def settings_page() -> str:
    """Return the page of all settings: each with its default, unit, range and meaning, and what is known of it."""
    lines = [
        "# Settings",
        "",
        "Every setting is changed by its name: `--set machine.association.theta=3` on the command line, a table of a",
        "file for `--config FILE`, an entry of a sweep's grid, or a field of the settings in Python. A value out of",
        "range, a wrong type and an unknown name are refused by name. *Badge* says how well a constant of 1960 is",
        "known: documented, inferred, assumed, modern.",
    ]
    known = provenance()
    for room, config, about in (
        ("machine", MachineConfig(), "The Mark I, cabinet by cabinet. Those marked *effect* switch a physical effect."),
        ("world", WorldConfig(), "What is shown, how it is held before the camera, and how its classes are coded."),
    ):
        lines += ["", f"## `{room}`", "", about]
        groups: dict[str, list[str]] = {}
        for name, value, meta in config.items(f"{room}."):
            row = known.get(name)
            badge = f"*{row.badge}*" if row else ""
            if row and row.source:
                badge += f": {_escaped(row.source)}"
            groups.setdefault(name.rpartition(".")[0], []).append(
                f"| `{name}` | {_shown(value)} | {_range(meta)} | {_meaning(meta)} | {badge} |"
            )
        for group, rows in groups.items():
            lines += ["", f"### `{group}`", "", "| setting | default | range | meaning | badge and source |"]
            lines += ["| --- | --- | --- | --- | --- |", *rows]
    lines += ["", "## `recipe`", "", "How a successor is trained (`--set recipe.rate=0.01`, `[grid]` of a sweep).", ""]
    lines += _fields(Recipe(), "recipe.")
    lines += ["", "## Tasks", "", "Settings of a task: `compare --set train=2000`, or `options.train` in a sweep.", ""]
    for name in tasks.names():
        task = tasks.find(name)
        lines += ["", f"### `{name}`", "", f"{_escaped(task.title)}.", "", *_fields(task.config(), "")]
    lines += ["", "## Networks", "", "Settings of each successor at retina scale; those of its recipe are above.", ""]
    networks = {s.name: s.entry.retina for s in registry.systems()}
    for name, config in networks.items():
        lines += ["", f"### `{name}` network", "", *_fields(config, "", leave_out="recipe.")]
    for name, config in (("Heads of `downstream`", HeadConfig), ("The baseline of translation", EncoderDecoderConfig)):
        lines += ["", f"### {name}", "", *_fields(config(), "", leave_out="recipe.")]
    return "\n".join(lines) + "\n"


def _fields(config: Config, prefix: str, *, leave_out: str = "\0") -> list[str]:
    rows = [
        f"| `{name}` | {_shown(value)} | {_range(meta)} | {_meaning(meta)} |"
        for name, value, meta in config.items(prefix)
        if not name.startswith(leave_out)
    ]
    return ["| setting | default | range | meaning |", "| --- | --- | --- | --- |", *rows] if rows else ["None."]


def _shown(value: Any) -> str:
    text = {True: "true", False: "false"}.get(value) if isinstance(value, bool) else None
    if text is None:
        text = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    text = text if len(text) <= 40 else f"{text[:37]}…"
    return f"`{text.replace('|', chr(92) + '|')}`" if text else "empty"


def _range(meta: Mapping[str, Any]) -> str:
    if meta.get("choices"):
        return ", ".join(f"`{choice}`" for choice in meta["choices"])
    low, high, unit = meta.get("low"), meta.get("high"), meta.get("unit", "")
    span = f"{low} to {high}" if None not in (low, high) else f"{low} or more" if low is not None else ""
    span = f"at most {high}" if high is not None and low is None else span
    return f"{span} {unit}".strip()


def _meaning(meta: Mapping[str, Any]) -> str:
    return _escaped(meta.get("meaning", "")) + (" (*effect*)" if meta.get("effect") else "")


# -- the timeline ------------------------------------------------------------------------------------------------------


def timeline_page() -> str:
    """Return the page of all systems by year."""
    lines = [
        "# The timeline",
        "",
        "Later systems, each re-implemented in one file from its paper, or from what is known of it, on the same",
        "retina and the same eight lamps. A file may import only our own engine, what it needs of `marki`, and files",
        "of earlier years. What each is claimed to do stands in its file before it is trained; claims come out as",
        "*holds*, *not told apart* or *fails* ([all results](../results.md)).",
        "",
        "| year | system | task | score | weights |",
        "| --- | --- | --- | --- | --- |",
    ]
    for system in registry.systems():
        found = registry.metrics(system.name)
        score = estimates.as_text(found["trials"][0]) if found else "not trained yet"
        weights = f"{found['parameters']:,}" if found else ""
        linked, task = f"[{system.entry.label}]({system.name}.md)", tasks.find(system.task).title
        lines.append(f"| {system.year} | {linked} | {_escaped(task)} | {score} | {weights} |")
    return "\n".join(lines) + "\n"


def system_page(system: registry.System) -> str:
    """Return the page of a system, made from its card."""
    entry, card = system.entry, registry.card(system.name)
    history = _history().get(system.name, {})
    parents = [registry.find(name) for name in entry.parents]
    children = [s for s in registry.systems() if system.name in s.entry.parents]
    lines = [
        f"# {entry.label} ({system.year})",
        "",
        f"**{_escaped(card['title'])}**, {_escaped(card['authors'])}.",
        "",
        f"{_escaped(card['idea'])}",
        *(["", history["idea_zh"]] if "idea_zh" in history else []),
        "",
        f"From {card['ports']['accepts']} to {card['ports']['answers']} ([ports](../glossary.md)).",
        f"On the retina: {_escaped(card['shrunk'])}",
        "",
    ]
    for what, of in (("Built on", parents), ("Built on it", children)):
        if of:
            lines += [f"{what}: " + ", ".join(f"[{s.entry.label}]({s.name}.md)" for s in of) + ".", ""]
    if card["weights_of"]:
        lent = card["weights_of"]
        lines += [f"It uses the weights of [{lent}]({lent}.md); it is not trained itself.", ""]
    lines += ["## Sizes", "", "| size | weights |", "| --- | ---: |"]
    lines += [f"| {_escaped(size)}, counted from shapes | {count:,} |" for size, count in card["paper_sizes"].items()]
    if card["published_parameters"] is not None:
        lines += [f"| as published | {card['published_parameters']:,} |"]
    lines += [f"| on the retina | {card['retina_parameters']:,} |"]
    lines += [f"| multiply-adds of an answer there | {card['retina_multiply_adds']:,} |", ""]
    lines += _trained(system, card) if card["trials"] else ["It is not trained yet.", ""]
    if history.get("seed_en"):
        lines += ["## What a history of 2022 says", "", f"> {_escaped(history['seed_en'])}", ""]
        lines += [f"But: {_escaped(history['but_en'])}", ""] if history.get("but_en") else []
    lines += [
        "## Try it", "", "```sh", f"marki --system {system.name}", f"marki card {system.name}",
        f"marki check {system.name}", "```", "",
    ]  # fmt: skip
    return "\n".join(lines)


def _history() -> Mapping[str, Mapping[str, str]]:
    return read_toml(ROOT / "assets/timeline.toml")


def _trained(system: registry.System, card: Mapping[str, Any]) -> Iterator[str]:
    """Yield what came out of the trainings: scores, claims, the mechanism, cost, the learning curve, confusions."""
    words = Words("en")
    yield from ("## What came out", "", "| trial | score | baseline | lead |", "| --- | --- | --- | --- |")
    for trial in card["trials"]:
        base = trial.get("baseline")
        told = words.trial(trial["label"]) or words(f"exhibit.task_{trial['task']}")
        beside = f"{base['name']}: {estimates.as_text(base)}" if base else ""
        lead = estimates.as_text(base["lead"], difference=True) if base else ""
        yield f"| {_escaped(told)} | {estimates.as_text(trial)} | {_escaped(beside)} | {lead} |"
    yield ""
    claims = [(trial, claim) for trial in card["trials"] for claim in trial["claims"]]
    if claims or card["measures"]:
        yield from ("| claim, made before the training | came out |", "| --- | --- |")
        for trial, claim in claims:
            told = words.trial(trial["label"]) or words(f"exhibit.task_{trial['task']}")
            why = claim.get("remark") if claim["word"] != estimates.HOLDS else ""
            came_out = f"{claim['word']} ({_escaped(why)})" if why else claim["word"]
            claimed = f"{_escaped(told)}: {_escaped(estimates.claim_text(claim))} ({100 * claim['wanted']:g})"
            yield f"| {claimed} | {came_out} |"
        for measure in card["measures"]:
            yield f"| {_escaped(measure['claim'])} ({measure['value']:.3g}) | {measure['word']} |"
        yield ""
    mechanism = card["mechanism"]
    both = f"{100 * mechanism['with']:.1f} % with it, {100 * mechanism['without']:.1f} % without"
    lost = estimates.as_text(mechanism["difference"], difference=True)
    yield f"**Its mechanism**: {_escaped(mechanism['name'])}. {both}: {lost}, needed: {mechanism['word']}."
    yield from ((f"\n{_escaped(mechanism['remark'])}",) if mechanism["remark"] else ())
    cost = card["cost"]
    if cost["shown"]:
        yield f"\nA training shows {cost['shown']:,.0f} stimuli in {cost['processor_seconds']:.0f} s of processor.\n"
        yield f"![The score on the validation set while it learns, one line for each seed](curve_{system.name}.png)\n"
    confused = [t for t in card["trials"] if t["confusion"]]
    if confused:
        yield '??? note "What is taken for what"\n'
        for trial in confused:
            yield f"    {trial['task']}\n\n    ```text"
            yield from (f"    {line}" for line in breakdown.as_text(trial["confusion"]).splitlines())
            yield "    ```\n"


def pictures() -> dict[str, bytes]:
    """Return the learning curve of every system with a training, drawn from its record, by path in the site."""
    made = {}
    with tempfile.TemporaryDirectory() as folder:
        for system in registry.systems():
            found = registry.metrics(system.name)
            if found and found["cost"]["shown"]:
                path = Path(folder, f"{system.name}.png")
                plots.training_curves(path, f"{system.entry.label} ({system.year})", found)
                made[f"timeline/curve_{system.name}.png"] = path.read_bytes()
    return made


# -- the rest ----------------------------------------------------------------------------------------------------------


def python_page() -> str:
    """Return the first page of the Python reference: its chapters."""
    lines = [
        "# Python",
        "",
        "From the docstrings. Settings are frozen dataclasses, arrays are NumPy's, errors are `MarkIError` and say",
        "what, where and what to do. What begins with an underscore may change at any time.",
        "",
        "| chapter | modules |",
        "| --- | --- |",
    ]
    for chapter, modules in MODULES.items():
        linked = ", ".join(f"[`{m}`][{m}]" for m in modules)
        lines.append(f"| [{chapter}]({slug(chapter)}.md) | {linked} |")
    return "\n".join(lines) + "\n"


def contributing_page() -> str:
    """Return CONTRIBUTING.md as a page of the site."""
    return (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").replace("](docs/", "](")
