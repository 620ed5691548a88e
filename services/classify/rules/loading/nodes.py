"""YAML text to nodes that know their line and column. Every scalar stays the text that was written.

No loader turns Norway's `NO` into False here. Anchors, aliases, tags, duplicate keys, several documents, deep
nesting and huge files are refused: a rulebook has no use for them and each has been a way to hurt a reader.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from services.classify.rules.findings import Findings
from services.classify.rules.loading.remedies import remedy
from services.classify.rules.model import Position

MAX_CHARACTERS = 4_000_000
MAX_DEPTH = 12

# What YAML calls not printable, and halves of characters: signs of a file that is no text, or of another encoding.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")

# The C parser reads the same language about ten times faster; wheels carry it, source builds may not.
_Loader: type = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@dataclass(slots=True)
class Scalar:
    """A text; `plain` when it stood without quotes."""

    position: Position
    value: str
    plain: bool


@dataclass(slots=True)
class Items:
    """A list."""

    position: Position
    items: "list[Node]" = field(default_factory=list)


@dataclass(slots=True)
class Entries:
    """A mapping; keys are texts, each once."""

    position: Position
    entries: "dict[str, tuple[Scalar, Node]]" = field(default_factory=dict)


Node = Scalar | Items | Entries


class _Refusal(Exception):  # noqa: N818 - not an error that leaves this module
    """Stops the reading of one file."""

    def __init__(self, position: Position, sentence: str) -> None:
        super().__init__(sentence)
        self.position = position
        self.sentence = sentence


def read_nodes(file: str, text: str, findings: Findings) -> Node | None:
    """The tree of one file, or None when it is empty or cannot be read (then `findings` says why)."""
    if len(text) > MAX_CHARACTERS:
        findings.error(
            Position(file, 1, 1), f"The file is longer than {MAX_CHARACTERS:,} characters; split it."
        )
        return None
    unprintable = _UNPRINTABLE.search(text)
    if unprintable:
        code = ord(unprintable[0])
        findings.error(
            _position(file, text, unprintable.start()),
            f"The character U+{code:04X} has no place in a text; save the file as plain UTF-8 text.",
        )
        return None
    try:
        return _Builder(file, findings).build(text)
    except _Refusal as refusal:
        findings.error(refusal.position, refusal.sentence)
    except yaml.MarkedYAMLError as error:
        findings.error(*_sentence(file, text, error))
    except yaml.YAMLError as error:
        findings.error(Position(file, 1, 1), f"This is not YAML: {_one_line(str(error))}.")
    return None


def _one_line(text: str) -> str:
    return " ".join(text.split()).rstrip(".")


def _position(file: str, text: str, offset: int) -> Position:
    """Line and column of a character."""
    before = text[:offset]
    return Position(file, before.count("\n") + 1, offset - before.rfind("\n"))


def _sentence(file: str, text: str, error: yaml.MarkedYAMLError) -> tuple[Position, str]:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    lines = text.split("\n", line + 1)
    hint = remedy(error, lines[line] if line < len(lines) else "", column)
    problem = _one_line(error.problem or "it cannot be read")
    return Position(file, line + 1, column + 1), f"This is not YAML: {problem}; {hint}."


class _Builder:
    """Builds nodes from the parser's events, without recursion: depth is checked as it grows."""

    def __init__(self, file: str, findings: Findings) -> None:
        self.file = file
        self.findings = findings
        self.stack: list[Items | Entries] = []
        self.keys: list[Scalar | None] = []
        self.root: Node | None = None

    def build(self, text: str) -> Node | None:
        for event in self._events(text):
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                self._refuse(event, "Anchors (&) and aliases (*) are not part of the rules; quote the text.")
            if isinstance(event, yaml.DocumentStartEvent) and self.root is not None:
                self._refuse(event, "A file holds one document; take the second --- away.")
            if isinstance(event, yaml.NodeEvent):
                self._node(event)
            elif isinstance(event, yaml.CollectionEndEvent):
                self.stack.pop()
                self.keys.pop()
        return self.root

    def _events(self, text: str) -> Iterator[yaml.Event]:
        return iter(yaml.parse(text, Loader=_Loader))

    def _at(self, event: yaml.Event) -> Position:
        mark = event.start_mark
        return Position(self.file, mark.line + 1, mark.column + 1) if mark else Position(self.file, 1, 1)

    def _refuse(self, event: yaml.Event, sentence: str) -> None:
        raise _Refusal(self._at(event), sentence)

    def _node(self, event: yaml.NodeEvent) -> None:
        if getattr(event, "tag", None) not in (None, "!"):
            self._refuse(event, "Tags (!) are not part of the rules; quote the text.")
        position = self._at(event)
        node: Node
        if isinstance(event, yaml.ScalarEvent):
            node = Scalar(position, event.value, not event.style)
        elif isinstance(event, yaml.SequenceStartEvent):
            node = Items(position)
        else:
            node = Entries(position)
        self._attach(node)
        if not isinstance(node, Scalar):
            if len(self.stack) >= MAX_DEPTH:
                self._refuse(event, f"Nested deeper than {MAX_DEPTH} levels.")
            self.stack.append(node)
            self.keys.append(None)

    def _attach(self, node: Node) -> None:
        if not self.stack:
            self.root = node
            return
        parent, key = self.stack[-1], self.keys[-1]
        if isinstance(parent, Items):
            parent.items.append(node)
        elif key is None:
            if not isinstance(node, Scalar):
                raise _Refusal(node.position, "A key is a plain text.")
            self.keys[-1] = node
        else:
            self.keys[-1] = None
            if key.value in parent.entries:
                self.findings.error(key.position, f"The key {key.value!r} stands here twice; merge the two.")
            else:
                parent.entries[key.value] = (key, node)
