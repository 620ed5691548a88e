"""Small readers over nodes: each takes what is expected or notes a finding and gives None."""

import difflib
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from services.classify.rules.findings import Findings
from services.classify.rules.loading.languages import Languages
from services.classify.rules.loading.nodes import Entries, Items, Node, Scalar

if TYPE_CHECKING:
    from services.classify.rules.model import Position

COMPARED = 200
SHOWN = 40


def meant(word: str, known: Collection[str]) -> str:
    """A hint for a word that is not known: the nearest one, or all of them."""
    likely = known if len(known) <= COMPARED else [name for name in known if name[:1] == word[:1]][:COMPARED]
    near = difflib.get_close_matches(word[:COMPARED], likely, n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    shown = sorted(known)[:SHOWN]
    return "known: " + ", ".join(shown) + (", ..." if len(known) > SHOWN else ".")


class Reader:
    """Reads scalars, numbers, lists and mappings, and notes what is not as it must be."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self.languages = Languages()
        self.parents: dict[str, Position] = {}  # by the label that names one

    def text(self, node: Node, what: str) -> str | None:
        """A text that is not empty."""
        if isinstance(node, Scalar) and node.value.strip():
            return node.value.strip()
        self.findings.error(node.position, f"{what} is a text.")
        return None

    def number(self, node: Node, what: str, *, low: float = -100.0, high: float = 100.0) -> float | None:
        """A number from `low` to `high`."""
        try:
            value = float(node.value) if isinstance(node, Scalar) else None
        except ValueError:
            value = None
        if value is None or not low <= value <= high:
            self.findings.error(node.position, f"{what} is a number from {low:g} to {high:g}.")
            return None
        return value

    def whole(self, node: Node, what: str, *, low: int = 1, high: int = 1000) -> int | None:
        """A whole number from `low` to `high`."""
        if isinstance(node, Scalar) and _is_whole(node.value) and low <= int(node.value) <= high:
            return int(node.value)
        self.findings.error(node.position, f"{what} is a whole number from {low} to {high}.")
        return None

    def items(self, node: Node, what: str) -> list[Node]:
        """The parts of a list; a single text or mapping stands for a list of one."""
        if isinstance(node, Items):
            return node.items
        if isinstance(node, Scalar) and not node.value.strip():
            self.findings.error(node.position, f"{what} is empty; take the key away or fill it.")
            return []
        return [node]

    def entries(self, node: Node, what: str) -> Iterator[tuple[Scalar, Node]]:
        """The keys and values of a mapping."""
        if isinstance(node, Entries):
            yield from node.entries.values()
        else:
            self.findings.error(node.position, f"{what} is a mapping of keys to values.")

    def unknown(self, key: Scalar, known: Collection[str], where: str) -> None:
        """Note a key that has no meaning here."""
        self.findings.error(key.position, f"{where} has no key {key.value!r}; {meant(key.value, known)}")


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 10
