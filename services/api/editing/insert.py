"""Add one item to a list of a label, in the YAML as it was written: nothing else of the text changes.

The place is found in the tree that YAML gives, so layout does not matter; what cannot be done surely is not done.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml
from yaml.events import CollectionEndEvent, CollectionStartEvent
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

LISTS = re.compile(r"(strong|terms|weak|minus|mask|veto)(@[a-z]{2,3})?")
"""Lists of a label that hold terms, of one language (`terms@ru`) or of none."""
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PLAIN = re.compile(r"[^\W_][\w*^.-]*(?: [\w*^.-]+)*")
_DEEPEST = 20


def add_term(
    texts: Mapping[str, str], label: str, term: str, *, tier: str = "terms"
) -> tuple[str, str, int] | None:
    """The file in which a label stands, its text with the term added to that list, and the line; None where it cannot be
    done surely (no such label, two of them, a layout that is not understood, a file that is no YAML).
    """
    return _add(texts, label, tier, written(term))


def add_test(
    texts: Mapping[str, str], label: str, title: str, *, expect: bool, body: str = "", lang: str | None = None
) -> tuple[str, str, int] | None:
    """The same with a test: a headline that must get the label, or must not."""
    parts = [f"title: {quoted(title)}"]
    parts += [f"body: {quoted(body)}"] if body else []
    parts += [f"lang: {quoted(lang)}"] if lang else []
    return _add(
        texts,
        label,
        "tests",
        "{" + ", ".join([*parts, f"{'expect' if expect else 'reject'}: [{label}]"]) + "}",
    )


def written(term: str) -> str:
    """A term as it may stand in a list: plain where that is safe.

    >>> written("Shymkent*2"), written("=OPEC"), written("yes, and: no")
    ('Shymkent*2', '"=OPEC"', '"yes, and: no"')
    """
    return term if _PLAIN.fullmatch(term) else quoted(term)


def quoted(text: str) -> str:
    """A text in double quotes, which YAML reads as JSON does."""
    return json.dumps(" ".join(text.split()), ensure_ascii=False)


def _add(texts: Mapping[str, str], label: str, key: str, item: str) -> tuple[str, str, int] | None:
    places = [(name, text, node) for name, text in texts.items() for node in _labels(text, label)]
    if len(places) != 1:
        return None
    name, text, node = places[0]
    held = next((value for at, value in node.value if at.value == key), None)
    made = _new_list(text, node, key, item) if held is None else _into(text, held, item)
    if made is None or not _grew(text, made, label, key):
        return None
    changed = next(
        (
            n
            for n, (old, new) in enumerate(zip(text.splitlines(), made.splitlines(), strict=False), 1)
            if old != new
        ),
        len(text.splitlines()) + 1,
    )
    return name, made, changed


def _labels(text: str, label: str) -> Iterator[MappingNode]:
    if label not in text:
        return
    try:
        root = yaml.compose(text, Loader=_LOADER) if _is_shallow(text) else None
    except yaml.YAMLError:
        return
    for node in _value(root, "labels", SequenceNode):
        for one in node.value:
            if any(scalar.value == label for scalar in _value(one, "id", ScalarNode)):
                yield one


def _is_shallow(text: str) -> bool:
    """Whether lists and mappings stand in each other a few times at most: a tree is built by recursion, events are not."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > _DEEPEST:
            return False
    return True


def _value(node: Node | None, key: str, kind: type[Node]) -> list[Any]:
    if not isinstance(node, MappingNode):
        return []
    return [value for at, value in node.value if at.value == key and isinstance(value, kind)]


def _into(text: str, held: Node, item: str) -> str | None:
    if not isinstance(held, SequenceNode):
        return None
    if held.flow_style:
        end = held.end_mark.index - 1
        before = text[: held.value[-1].end_mark.index if held.value else end]
        return f"{before}{', ' if held.value else ''}{item}{text[len(before) :]}"
    last = held.value[-1]
    dash = text.rfind("\n", 0, last.start_mark.index) + 1
    indent = text[dash : last.start_mark.index]
    if not re.fullmatch(r" *- ", indent):
        return None
    return _line_after(text, _end_of(last), f"{indent}{item}")


def _end_of(node: Node) -> int:
    """Where a node's own text ends: the mark of a block's end stands behind what follows it."""
    while isinstance(node, SequenceNode | MappingNode) and not node.flow_style and node.value:
        node = node.value[-1] if isinstance(node, SequenceNode) else node.value[-1][1]
    return int(node.end_mark.index)


def _new_list(text: str, node: MappingNode, key: str, item: str) -> str | None:
    if node.flow_style:
        return f"{text[: node.end_mark.index - 1]}, {key}: [{item}]{text[node.end_mark.index - 1 :]}"
    first = node.value[0][0].start_mark
    later = [at for at, _ in node.value if at.value == "tests"]
    line = f"{' ' * first.column}{key}: [{item}]"
    if key == "tests":
        line = f"{' ' * first.column}{key}:\n{' ' * (first.column + 2)}- {item}"
    if later and later[0].start_mark.column == first.column and later[0] is not node.value[0][0]:
        start = text.rfind("\n", 0, later[0].start_mark.index) + 1
        return f"{text[:start]}{line}\n{text[start:]}"
    return _line_after(text, _end_of(node), line)


def _line_after(text: str, place: int, line: str) -> str:
    end = text.find("\n", place)
    if end < 0:
        return f"{text}\n{line}\n"
    return f"{text[: end + 1]}{line}\n{text[end + 1 :]}"


def _grew(before: str, after: str, label: str, key: str) -> bool:
    """Whether just that list holds one more, and everything else is as it was."""
    try:
        old, new = (yaml.load(text, Loader=_LOADER) for text in (before, after))  # noqa: S506 - a safe loader
    except (yaml.YAMLError, ValueError):
        return False
    (mine,) = [rule for rule in new["labels"] if rule.get("id") == label]
    if not isinstance(mine.get(key), list) or not mine[key]:
        return False
    mine[key].pop()
    if not mine[key]:
        del mine[key]
        for rule in old["labels"]:
            if rule.get("id") == label and not rule.get(key):
                rule.pop(key, None)
    return bool(old == new)
