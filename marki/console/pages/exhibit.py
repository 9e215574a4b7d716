"""The card of a system: title, authors, year, what was new, what a history of 2022 says of it, sizes, score."""

from __future__ import annotations

from marki.console.pages.context import Context
from marki.console.state.blocks import Heading, PageBlock, PageRow, Text
from marki.console.state.timeline_view import MARK1
from marki.console.timeline.counts import abbreviated
from marki.io.exhibits import AblationResult
from marki.language import Words


def exhibit(context: Context) -> list[PageBlock]:
    """Return the card of the system that is chosen."""
    words, scene = context.words, context.scene
    timeline = scene.timeline
    if timeline is None:
        return [Text(words("timeline.none"))]
    if not timeline.ready:
        return [Text(words("timeline.loading"))]
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
        score = words("timeline.untrained") if shown.score is None else f"{100 * shown.score:.1f} %"
        found.append(PageRow(words("exhibit.score"), right=score))
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


def _ablation(ablation: AblationResult, words: Words) -> list[PageBlock]:
    """Return what the system loses without its mechanism; the interval and the verdict where they are known."""
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
    if ablation.word:
        found.append(
            PageRow(words("exhibit.helps"), right=words(f"verdict_of_claim.{ablation.word.replace(' ', '_')}"))
        )
    return found
