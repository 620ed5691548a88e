"""The languages that a rulebook names: terms of one that no article can have would never count."""

from services.classify.rules.findings import Findings
from services.classify.rules.model import Position
from services.core.languages import canonical, fault

NAMED = 3  # codes in one hint


class Languages:
    """Gathers the codes as they are read; told at the end, when it is known which ones the other rules speak."""

    def __init__(self) -> None:
        self.known: set[str] = set()
        self.wrong: list[tuple[str, Position]] = []

    def name(self, tag: str, position: Position) -> None:
        """Note a code (of terms or a label), or a tag (of a test), and where it stands."""
        code = _code(tag)
        if code in self.known:
            return
        if fault(tag) is None and canonical(code) == code:
            self.known.add(code)
        else:
            self.wrong.append((tag, position))

    def tell(self, findings: Findings) -> None:
        """Note every code under which there are no articles, with the one that was likely meant."""
        for tag, position in self.wrong:
            findings.error(position, self._sentence(tag))

    def _sentence(self, tag: str) -> str:
        wrong = fault(tag)
        if wrong is None:
            return f"Articles of the language {tag!r} have the code {canonical(_code(tag))}; write that."
        sentence = wrong.sentence[0].upper() + wrong.sentence[1:]
        near = [] if wrong.nearest else self._near(_code(tag))
        if not near:
            return sentence
        first, last = ", ".join(near[:-1]), near[-1]
        return f"There is no language {tag!r}. Did you mean {first and first + ' or '}{last}?"

    def _near(self, code: str) -> list[str]:
        """Codes of the other rules that begin alike and differ by one letter."""
        alike = [known for known in self.known if known[:1] == code[:1] and len(known) == len(code)]
        return sorted(known for known in alike if sum(a != b for a, b in zip(known, code, strict=True)) == 1)[
            :NAMED
        ]


def _code(tag: str) -> str:
    return tag.strip().lower().replace("_", "-").partition("-")[0]
