"""One thing that was looked at."""

from dataclasses import dataclass

PAGE = "docs/how-to/something-is-wrong.md"
"""Where every kind of finding has a heading of its name."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One part: whether it is well, and a sentence with the remedy when it is not. `note`: nothing is wrong, and it is worth knowing."""

    about: str
    ok: bool
    says: str
    note: bool = False

    @property
    def level(self) -> str:
        """`ok`, `note` or `wrong`."""
        return "wrong" if not self.ok else "note" if self.note else "ok"

    @property
    def sentence(self) -> str:
        """What it says as a sentence that stands by itself."""
        says = self.says.rstrip(".") + "."
        if says.startswith("what "):
            return "W" + says[1:]
        return says if says[0].isupper() or says[0].isdigit() else f"{self.about.capitalize()} {says}"

    @property
    def see(self) -> str:
        """Where more is said of it."""
        return f"{PAGE}#{self.about}"


def many(count: int, noun: str) -> str:
    """A count with its noun."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
