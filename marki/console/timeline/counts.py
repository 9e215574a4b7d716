"""Counts as they are lettered: of parameters and multiply-adds, short; and as they are said in a language."""

from __future__ import annotations

from marki.language import Words


def abbreviated(number: float) -> str:
    """Return a count with three figures and a sign for thousands or millions, as it is read aloud."""
    for size, sign in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size * 0.9995:
            short = number / size
            return f"{short:.0f}{sign}" if short >= 99.95 else f"{short:.1f}{sign}"
    return f"{number:.0f}"


def spoken(number: float, words: Words, digits: int = 5) -> str:
    """Return a count with so many digits and the large unit that a language has for it, such as million or 亿."""
    for name in ("large", "middle"):
        size, _, text = words(f"magnitude.{name}", value="{value}").partition("|")
        if number >= float(size):
            return text.format(value=_rounded(number / float(size), digits))
    return _rounded(number, digits)


def _rounded(number: float, digits: int) -> str:
    """Return a number with so many digits at most, none of them a 0 at its end behind the point."""
    text = f"{number:,.{max(0, digits - len(str(int(number))))}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
