"""What is wrong, or may be, in a rulebook: a sentence and the place it is about."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from services.classify.rules.model import Position
from services.core.errors import InvalidInputError

SHOWN = 20  # so many findings stand in the message; all of them are in `findings`
MAX_FINDINGS = 1000  # after so many the reading stops: nobody puts a thousand right at once


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to put right (`error`: the rulebook is refused) or to look at (`warning`)."""

    file: str
    line: int
    column: int
    sentence: str
    level: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.level}: {self.sentence}"


class RulebookError(InvalidInputError):
    """A rulebook refused whole. `findings` holds every error, in the order of the files."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(sorted(findings, key=lambda f: (f.file, f.line, f.column, f.sentence)))
        shown = [str(finding) for finding in self.findings[:SHOWN]]
        if len(self.findings) > SHOWN:
            shown.append(f"... and {len(self.findings) - SHOWN} more")
        super().__init__("The rulebook was refused:\n" + "\n".join(shown))


class Enough(Exception):  # noqa: N818 - not an error that leaves the package
    """So much is wrong that reading on is of no use."""


class Findings:
    """Collects errors while a rulebook is read, so that an editor sees all of them at once."""

    def __init__(self) -> None:
        self.found: list[Finding] = []

    def error(self, position: Position, sentence: str) -> None:
        """Note that something at a place is wrong. Raises Enough when that was the last one to be told."""
        self.found.append(Finding(position.file, position.line, position.column, sentence))
        if len(self.found) >= MAX_FINDINGS:
            raise Enough
