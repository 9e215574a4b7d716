"""The card of a system as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marki.program import program
from successors import registry
from successors.evaluation import breakdown, estimates

SHOWN = 4
"""Faces or classes that are listed, those with the lowest scores first."""


def as_text(content: Mapping[str, Any]) -> str:
    """Format a card, as of `registry.card`."""
    lines = [
        f"{content['title']} ({content['year']})",
        f"  {content['authors']}",
        f"  {content['idea']}",
        "",
        f"  from {content['ports']['accepts']} to {content['ports']['answers']}, task {content['task']}",
        f"  shrunk: {content['shrunk']}",
    ]
    lines += [f"  weights: those of {content['weights_of']}; it is not trained itself"] if content["weights_of"] else []
    for size, count in content["paper_sizes"].items():
        lines.append(f"  parameters, {size:<20}{count:>12,}")
    if content["published_parameters"] is not None:
        lines.append(f"  {'published':<32}{content['published_parameters']:>12,}")
    lines.append(f"  {'parameters on the retina':<32}{content['retina_parameters']:>12,}")
    lines.append(f"  {'multiply-adds of an answer':<32}{content['retina_multiply_adds']:>12,}")
    if content["trials"] is None:
        return "\n".join([*lines, f"  not trained yet: {program()} train {content['name']} --out DIR"])
    for trial in content["trials"]:
        lines += ["", *_trial(trial)]
    mechanism = content["mechanism"]
    lost = estimates.as_text(mechanism["difference"], difference=True)
    lines += [
        "",
        f"  needs {mechanism['name']}: {mechanism['word']}",
        f"    {100 * mechanism['with']:.1f} % with, {100 * mechanism['without']:.1f} % without: {lost}",
    ]
    lines += [f"    {mechanism['remark']}"] if mechanism["remark"] else []
    for measure in content["measures"]:
        lines.append(f"  {measure['claim']}: {measure['word']} ({measure['value']:.3g} on the mean)")
    cost = content["cost"]
    lines.append(f"  a training shows {cost['shown']:,.0f} stimuli in {cost['processor_seconds']:.0f} s of processor")
    return "\n".join(lines)


def _trial(trial: Mapping[str, Any]) -> list[str]:
    """Format the results of a trial, its claims, and its worst faces and classes."""
    told = registry.as_typed(trial["options"] | trial["changes"])
    lines = [f"  {trial['task']}{told}: {estimates.as_text(trial)} {trial['metric']}, {len(trial['seeds'])} seeds"]
    lines += [f"    {name}: {100 * value:.1f}" for name, value in trial.get("also", {}).items()]
    lines += [f"    {name}: {value:.3g}" for name, value in trial.get("figures", {}).items()]
    if "baseline" in trial:
        base = trial["baseline"]
        ahead = estimates.as_text(base["lead"], difference=True)
        lines.append(
            f"    {base['name']}{registry.as_typed(base['changes'])}: {estimates.as_text(base)}; ahead {ahead}"
        )
    lines += [f"    dead or stuck: {trial['warnings']}"] if trial["warnings"] else []
    for claim in trial["claims"]:
        lines.append(f"    {estimates.claim_text(claim)} ({100 * claim['wanted']:g}): {claim['word']}")
        lines += [f"      {claim['remark']}"] if claim.get("remark") and claim["word"] != estimates.HOLDS else []
    for key, what in (("groups", "faces"), ("classes", "classes")):
        if trial[key]:
            shares = sorted((right / of, name) for name, (right, of) in trial[key].items())
            least = ", ".join(f"{name} {100 * share:.1f}" for share, name in shares[:SHOWN])
            lines.append(f"    {len(shares)} {what}, {100 * shares[-1][0]:.1f} % at most; least: {least}")
    return lines


def confusions(content: Mapping[str, Any]) -> str:
    """Format the tables of confusions of all trials of a card, summed over the seeds."""
    parts = [
        f"{trial['task']}{registry.as_typed(trial['options'] | trial['changes'])}\n"
        + breakdown.as_text(trial["confusion"])
        for trial in content["trials"] or ()
        if trial["confusion"]
    ]
    return "\n\n".join(parts) or f"{content['name']} has no classes, or was not trained"
