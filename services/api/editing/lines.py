"""Two changes of the same lines of rules: put together item by item, where items of lists are all that differs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

_LIST = re.compile(r"""\s*(?:- )?["']?[\w@./-]+["']?: *\[|\s+(?=[^\s#\[{-])""")
"""What stands before the items of a list on one line: its key, or the indent of a line that goes on with it."""
_KEY = re.compile(r"""\s*["']?([\w@./-]+)["']?:(?:\s|$)""")
_PAIR = re.compile(r""":(?:\s|$)""")
_NOTE = re.compile(r"(?:^|\s)#")
"""A comment: what would be added behind it would be lost."""
_INDENT = re.compile(r" *")


@dataclass(frozen=True, slots=True)
class Piece:
    """A line, what stands around the items of a list on a line, or (`item`) one of them."""

    text: str
    item: bool = False


def pieces(lines: Sequence[str], after: str = "") -> list[Piece]:
    r"""Lines in pieces; `joined` makes the same lines of them again. `after`: the line that follows them.

    >>> [piece.text for piece in pieces(["terms: [oil, natural gas]\n", "name: X\n"])]
    ['terms: [', 'oil', 'natural gas', ']\n', 'name: X\n']
    """
    following = [*lines[1:], after]
    return [piece for line, then in zip(lines, following, strict=False) for piece in _of_line(line, then)]


def joined(made: Sequence[Piece]) -> str:
    """Pieces as a text: a comma stands between two items."""
    before = [False, *(piece.item for piece in made)]
    return "".join(
        (", " if piece.item and after else "") + piece.text
        for piece, after in zip(made, before, strict=False)
    )


def together(base: Sequence[str], mine: Sequence[str], theirs: Sequence[str], after: str = "") -> str | None:
    """Both changes of a stretch of lines as one text; None where they change the same thing, not items of a list.

    `after`: the line that follows, of all three.
    """
    old = pieces(base, after)
    ours, others = changes(old, pieces(mine, after)), changes(old, pieces(theirs, after))
    done: list[Piece] = []
    at = 0
    for start, end, own, other in _stretches(ours, others):
        made = _stretch(old[start:end], own, other, old, (start, end))
        if made is None:
            return None
        done += [*old[at:start], *made]
        at = end
    return joined([*done, *old[at:]])


Change = tuple[int, int, tuple[Piece, ...]]


def changes(base: Sequence[Piece], now: Sequence[Piece]) -> list[Change]:
    """Stretches of the base that were replaced, and by what."""
    matcher = SequenceMatcher(None, base, now, autojunk=False)
    return [
        (start, end, tuple(now[begin:stop]))
        for tag, start, end, begin, stop in matcher.get_opcodes()
        if tag != "equal"
    ]


def _stretches(ours: list[Change], others: list[Change]) -> list[tuple[int, int, list[Change], list[Change]]]:
    """Changes that touch each other, as one stretch of the base with what each did to it."""
    found: list[tuple[int, int, list[Change], list[Change]]] = []
    for change, is_own in sorted([(c, True) for c in ours] + [(c, False) for c in others], key=_place):
        if found and change[0] <= found[-1][1]:
            start, end, own, other = found.pop()
        else:
            start, end, own, other = change[0], change[1], [], []
        (own if is_own else other).append(change)
        found.append((start, max(end, change[1]), own, other))
    return found


def _place(sided: tuple[Change, bool]) -> tuple[int, int]:
    return sided[0][0], sided[0][1]


def _stretch(
    was: Sequence[Piece], own: list[Change], other: list[Change], old: Sequence[Piece], span: tuple[int, int]
) -> list[Piece] | None:
    mine, theirs = (_applied(old, side, span) for side in (own, other))
    if not other or mine == theirs:
        return mine
    if not own:
        return theirs
    if all(piece.item for piece in (*was, *mine, *theirs)):
        return _items(was, mine, theirs)
    return None if was else _entries(mine, theirs)


def _applied(old: Sequence[Piece], side: list[Change], span: tuple[int, int]) -> list[Piece]:
    done: list[Piece] = []
    at = span[0]
    for start, end, new in side:
        done += [*old[at:start], *new]
        at = end
    return [*done, *old[at : span[1]]]


def _items(was: Sequence[Piece], mine: Sequence[Piece], theirs: Sequence[Piece]) -> list[Piece] | None:
    """Items that either added, without those that either took away; None where each wrote another in place of one."""
    swapped = [piece for piece in was if piece not in mine and piece not in theirs]
    if swapped and [piece for piece in (*mine, *theirs) if piece not in was]:
        return None
    kept = [piece for piece in mine if piece in theirs or piece not in was]
    return [*kept, *(piece for piece in theirs if piece not in was and piece not in mine)]


def _entries(mine: Sequence[Piece], theirs: Sequence[Piece]) -> list[Piece] | None:
    """Lines that both added at one place: items of a block list, or keys of a mapping, each with what is indented below it."""
    ours, others = _by_head(mine), _by_head(theirs)
    if ours is None or others is None or ours[0] != others[0]:
        return None
    done = dict(ours[1])
    for head, entry in others[1].items():
        both = entry if head not in done or done[head] == entry else _same_key(done[head], entry)
        if both is None:
            return None
        done[head] = both
    return [piece for entry in done.values() for piece in entry]


def _same_key(mine: list[Piece], theirs: list[Piece]) -> list[Piece] | None:
    """Two lists under one key, as one."""
    if mine[0] != theirs[0]:
        return None
    if mine[-1] == theirs[-1] and all(piece.item for piece in (*mine[1:-1], *theirs[1:-1])):
        return [mine[0], *dict.fromkeys([*mine[1:-1], *theirs[1:-1]]), mine[-1]]
    below = _entries(mine[1:], theirs[1:])
    return None if below is None else [mine[0], *below]


def _by_head(made: Sequence[Piece]) -> tuple[tuple[int, bool], dict[str, list[Piece]]] | None:
    """Entries by their keys (of a block list: by their first lines); None for what is not all of one kind and indent."""
    if not made or made[0].item or not made[0].text.strip() or made[0].text.lstrip().startswith("#"):
        return None
    indent = _indent(made[0])
    listed = made[0].text.lstrip().startswith("- ")
    found: dict[str, list[Piece]] = {}
    inside = False
    head = ""
    for piece in made:
        begins = not piece.item and not inside and _indent(piece) <= indent
        if begins:
            key = _KEY.match(piece.text)
            if _indent(piece) < indent or piece.text.lstrip().startswith("- ") != listed:
                return None
            if not listed and key is None:
                return None
            head = piece.text if listed or key is None else key[1]
            if head in found:
                return None
            found[head] = []
        found[head].append(piece)
        inside = not piece.text.endswith("\n")
    return None if inside else ((indent, listed), found)


def _indent(piece: Piece) -> int:
    found = _INDENT.match(piece.text)
    return len(found[0]) if found else 0


def _of_line(line: str, following: str) -> list[Piece]:
    head = _LIST.match(line)
    if head is None:
        return [Piece(line)]
    start = head.end()
    items, end = _split(line, start)
    goes_on = not head[0].rstrip().endswith("[")
    closed = line[end : end + 1] == "]"
    ended = closed or line[end:].strip() == ","
    if not ended and goes_on and following.lstrip().startswith("]"):
        ended, end = True, len(line.rstrip())  # the bracket stands on the next line
    if any(_NOTE.search(item) or (goes_on and _PAIR.search(item)) for item in items):
        return [Piece(line)]
    if not items or line[start:end] != ", ".join(items) or not ended:
        empty = closed and not goes_on and start == end
        return [Piece(head[0]), Piece(line[end:])] if empty else [Piece(line)]
    return [Piece(head[0]), *(Piece(item, item=True) for item in items), Piece(line[end:])]


def _split(line: str, start: int) -> tuple[list[str], int]:
    """Items from there on, and where the list or the line ends (before its last comma)."""
    items: list[str] = []
    depth, quote, begun, place = 0, "", start, start
    while place < len(line):
        sign = line[place]
        if quote:
            place += quote == '"' and sign == "\\"
            quote = "" if sign == quote else quote
        elif sign in "\"'" and line[start:place].rstrip()[-1:] in {"", ",", "[", "{", ":"}:
            quote = sign
        elif sign in "[{":
            depth += 1
        elif sign in "]}":
            if not depth:
                break
            depth -= 1
        elif sign == "," and not depth:
            items.append(line[begun:place].strip())
            begun = place + 1
            if not line[begun:].strip():
                return items, place
        place += 1
    last = line[begun:place].strip()
    return ([*items, last] if last else items), min(place, len(line))
