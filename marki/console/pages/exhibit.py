"""The card of a system: title, authors, year, what was new, what a history of 2022 says of it, sizes, score."""

from __future__ import annotations

from marki.console.pages.context import Context
from marki.console.state.blocks import Heading, PageBlock, PageRow, Text
from marki.console.timeline.counts import abbreviated
from marki.console.timeline.strip_panel import loading
from marki.io.exhibits import MARK1, AblationResult, TrialResult
from marki.language import Words


def exhibit(context: Context) -> list[PageBlock]:
    """Return the card of the system that is chosen."""
    words, scene = context.words, context.scene
    timeline = scene.timeline
    if timeline is None:
        return [Text(words("timeline.none"))]
    if not timeline.ready:
        return [Text(loading(words, timeline))]
    shown = timeline.first.exhibit
    found: list[PageBlock] = [
        Heading(f"{shown.year}  {shown.label}"),
        Text(shown.title),
        Text(shown.authors, dim=True),
    ]
    idea, seed, but = (words.pick(dict(text)) for text in (shown.idea, shown.seed, shown.but))
    if idea:
        found += [Heading(words("exhibit.idea")), Text(idea)]
    if shown.ablation is not None:
        found += _ablation(shown.ablation, words)
    for result in shown.results:
        found += _result(result, words)
    if seed:
        found += [Heading(words("exhibit.seed")), Text(seed)]
    if but:
        found.append(Text(words("exhibit.but", text=but)))
    found.append(Heading(words("exhibit.sizes")))
    found.append(PageRow(words("timeline.parameters"), right=f"{shown.parameters:,}"))
    if shown.published:
        found.append(PageRow(words("exhibit.published"), right=abbreviated(shown.published)))
        if source := words.pick(shown.source):
            found.append(Text(source, dim=True))
    found.append(PageRow(words("timeline.multiply_adds"), right=f"{shown.multiply_adds:,}"))
    ports = " → ".join(words(f"exhibit.port_{port}") for port in (shown.accepts, shown.answers))
    found.append(PageRow(words("exhibit.ports"), right=ports))
    if shown.name != MARK1:
        found.append(PageRow(words("exhibit.task"), right=words.get(f"exhibit.task_{shown.task}", shown.task)))
        if shown.score is None:
            found.append(PageRow(words("exhibit.score"), right=words("timeline.untrained")))
    elif context.scene.sources:
        found.append(Heading(words("exhibit.own_sources")))
        for name, row in context.scene.sources.items():
            if row.badge == "assumed":
                continue
            label = words.get(f"setting.{name}", words.get(f"constant.{name}", name))
            found.append(PageRow(label, right=words(f"badge.{row.badge}")))
            if row.source:
                found.append(Text(words("provenance.source", source=words.source(row.cited)), dim=True))
    system_view = timeline.first
    if system_view.learned is not None and system_view.seconds is not None:
        found.append(PageRow(words("timeline.learned"), right=f"{system_view.learned:,.0f}"))
        found.append(PageRow(words("timeline.seconds"), right=f"{system_view.seconds:,.1f}"))
    kin = [(words("exhibit.parents"), shown.parents)]
    kin.append((words("exhibit.heirs"), tuple(e.name for e in timeline.exhibits if shown.name in e.parents)))
    for heading, names in kin:
        known = [e for e in timeline.exhibits if e.name in names]
        if known:
            found.append(Heading(heading))
            found += [PageRow(e.label, right=f"{e.year}", command="put_up", arguments={"name": e.name}) for e in known]
    return found


def _result(result: TrialResult, words: Words) -> list[PageBlock]:
    """Return how the system does on a task: its score, the typeface that it reads worst, and what became of claims."""
    task = words.get(f"exhibit.task_{result.task}", result.task)
    found: list[PageBlock] = [
        Heading(words("exhibit.result", task=words.trial(result.label) or task)),
        PageRow(words("exhibit.score"), right=f"{100 * result.score:.1f} %"),
    ]
    if result.interval is not None:
        low, high = (f"{100 * end:.1f}" for end in result.interval)
        found.append(PageRow(words("exhibit.interval"), right=words("exhibit.span", low=low, high=high)))
    if result.worst is not None:
        face, share = result.worst
        found.append(PageRow(words("exhibit.worst_face", of=result.typefaces), right=f"{face} {100 * share:.1f} %"))
    for claim in result.claims:
        wanted = f"{100 * abs(claim.wanted):.3g}"
        than = words.trial(claim.than)
        claimed = words(f"exhibit.claim_{claim.claim.replace(' ', '_')}", than=than, wanted=wanted)
        found.append(PageRow(claimed, right=_verdict(claim.word, words)))
    return found


def _verdict(word: str, words: Words) -> str:
    return words(f"verdict_of_claim.{word.replace(' ', '_')}")


def _ablation(ablation: AblationResult, words: Words) -> list[PageBlock]:
    """Return what the system loses without its mechanism; with interval and verdict."""
    found: list[PageBlock] = [
        Heading(words("exhibit.ablation")),
        Text(words.pick(ablation.mechanism)),
        PageRow(words("exhibit.absent"), right=f"{100 * ablation.absent:.1f} %"),
        PageRow(words("exhibit.present"), right=f"{100 * ablation.present:.1f} %"),
    ]
    points = words("exhibit.points", points=f"{100 * (ablation.present - ablation.absent):+.1f}")
    found.append(PageRow(words("exhibit.adds"), right=points))
    if ablation.interval is not None:
        low, high = (f"{100 * end:+.1f}" for end in ablation.interval)
        found.append(PageRow(words("exhibit.interval"), right=words("exhibit.span", low=low, high=high)))
    found.append(PageRow(words("exhibit.helps"), right=_verdict(ablation.word, words)))
    return found
