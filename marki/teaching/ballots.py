"""Ballots: what a class predicts before the lamps light, counted and compared with the machine's answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from marki.errors import OutputError, SessionError
from marki.files import CsvForm, csv_text, write_json, write_text
from marki.language import Words

COLUMNS = ("trial", "shown", "option", "votes", "answered", "machine_right")


@dataclass(kw_only=True)
class Ballot:
    """The votes on one card.

    Attributes
    ----------
    trial : int
        Number of the trial, from 1.
    shown : str
        What was shown.
    options : tuple of str
        What the machine may answer.
    counts : list of int
        Votes for each option.
    answered : str
        What the machine answered; "" until it is revealed.
    right : bool or None
        Whether the machine was right; None until it is revealed, or where nobody knows.
    """

    trial: int
    shown: str
    options: tuple[str, ...]
    counts: list[int]
    answered: str = ""
    right: bool | None = None

    @property
    def votes(self) -> int:
        """Number of votes."""
        return sum(self.counts)

    @property
    def hits(self) -> int:
        """Number of votes for what the machine answered."""
        return sum(n for option, n in zip(self.options, self.counts, strict=True) if option == self.answered)


@dataclass(kw_only=True)
class BallotBook:
    """All ballots of a class: those that are revealed, and the one that is open."""

    closed: list[Ballot] = field(default_factory=list)
    current: Ballot | None = None

    def open(self, trial: int, shown: str, options: Sequence[str]) -> None:
        """Open a ballot; one that was open and not revealed is given up.

        Raises
        ------
        SessionError
            For options that are not at least two different ones.
        """
        if len(options) < 2 or len(set(options)) < len(options):
            raise SessionError(f"options {list(options)}", where="ballot", remedy="Give two or more, no two alike")
        self.current = Ballot(trial=trial, shown=shown, options=tuple(options), counts=[0] * len(options))

    def vote(self, option_index: int, n: int = 1) -> None:
        """Count `n` votes for an option, from 0.

        Raises
        ------
        SessionError
            When no ballot is open, or there is no such option.
        """
        self._opened(option_index).counts[option_index] += max(0, n)

    def unvote(self, option_index: int, n: int = 1) -> None:
        """Take `n` votes back, as far as there are any."""
        counts = self._opened(option_index).counts
        counts[option_index] = max(0, counts[option_index] - max(0, n))

    def _opened(self, option: int) -> Ballot:
        if self.current is None:
            raise SessionError("nothing is to be voted on", where="ballot", remedy="Let a card be predicted first")
        if not 0 <= option < len(self.current.options):
            raise SessionError(
                f"there is no option {option + 1}", where="ballot", remedy=f"Give 1 to {len(self.current.options)}"
            )
        return self.current

    def close(self, answered: str, right: bool | None) -> Ballot | None:
        """Close the open ballot with the machine's answer, and return it; None if none was open."""
        ballot, self.current = self.current, None
        if ballot is not None:
            ballot.answered, ballot.right = answered, right
            self.closed.append(ballot)
        return ballot

    def totals(self) -> dict[str, int]:
        """Return numbers of ballots and votes, votes that hit the answer, and answers judged and right."""
        return {
            "ballots": len(self.closed),
            "votes": sum(b.votes for b in self.closed),
            "class_right": sum(b.hits for b in self.closed),
            "machine_judged": sum(b.right is not None for b in self.closed),
            "machine_right": sum(b.right is True for b in self.closed),
        }

    def to_csv(self, words: Words | None = None, form: CsvForm = "plain") -> str:
        """Return a row for each option of each revealed ballot; with `words`, headed in their language."""
        head = [words(f"tally.{name}") for name in COLUMNS] if words else COLUMNS
        right = {None: None, False: 0, True: 1}
        rows = (
            [b.trial, b.shown, option, count, b.answered, right[b.right]]
            for b in self.closed
            for option, count in zip(b.options, b.counts, strict=True)
        )
        return csv_text(head, rows, form)

    def to_mapping(self) -> dict[str, Any]:
        """Return ballots and totals, ready for JSON."""
        return {"totals": self.totals(), "ballots": [vars(b) | {"options": list(b.options)} for b in self.closed]}

    def save(self, path: Path | str, words: Words | None = None, form: CsvForm = "plain") -> None:
        """Write the ballots atomically, as .csv or .json by the file's suffix.

        Raises
        ------
        OutputError
            For another ending, or a file that cannot be written.
        """
        match Path(path).suffix.lower():
            case ".json":
                write_json(path, self.to_mapping())
            case ".csv":
                write_text(path, self.to_csv(words, form))
            case _:
                raise OutputError(
                    "is neither .csv nor .json", where=path, remedy="Give a name that ends in one of them"
                )
