"""Regular expressions of the rules: RE2, so that none can take long, and only where a word of theirs stands."""

from collections.abc import Iterator
from typing import Any

import re2

from services.classify.rules.text.fold import fold

MIN_ANCHOR = 3  # letters of a regex that must stand in the text
_MEMORY = 1 << 20  # bytes that RE2 may take for one


class RegexError(ValueError):
    """A regex cannot be used; the message is a sentence."""


def compile_regex(pattern: str) -> Any:
    """The pattern made ready. Raises RegexError where RE2 cannot read it or it would take too much."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0] if error.args else error
        reason = reason.decode(errors="replace") if isinstance(reason, bytes) else reason
        raise RegexError(f"RE2 cannot read the regex: {reason}.") from error


def literal_anchor(pattern: str) -> str | None:
    """The longest run of letters and digits that every match holds, folded; None when there is none of three."""
    runs, depth = [""], 0
    for kind, piece in _pieces(pattern):
        if kind == "group":
            depth += 1 if piece == "(" else -1
        elif kind == "or" and depth == 0:
            return None
        elif kind == "letter" and depth == 0:
            runs[-1] += piece
            continue
        elif kind == "maybe":
            runs[-1] = runs[-1][:-1]  # the letter before may be missing
        runs.append("")
    best = max((fold(run) for run in runs), key=len)
    return best if len(best) >= MIN_ANCHOR else None


def _pieces(pattern: str) -> Iterator[tuple[str, str]]:
    """A regex taken apart as far as an anchor needs it: letters, groups, "or", "maybe" (? * {}), and all else."""
    position = 0
    while position < len(pattern):
        character = pattern[position]
        position += 1
        if character == "\\":
            position = _after_escape(pattern, position)
            yield "other", ""
        elif character == "[":
            position = _after_class(pattern, position)
            yield "other", ""
        elif character in "()":
            yield "group", character
        elif character == "|":
            yield "or", ""
        elif character in "?*{":
            if character == "{":
                position = pattern.find("}", position) + 1 or len(pattern)
            yield "maybe", ""
        elif character.isalnum():
            yield "letter", character
        else:
            yield "other", ""


def _after_escape(pattern: str, position: int) -> int:
    """Where an escape ends whose backslash stands before `position`."""
    kind = pattern[position : position + 1]
    position += 1
    if kind == "Q":  # everything up to \\E stands for itself; no anchor is looked for in it
        return pattern.find("\\E", position) + 2 if "\\E" in pattern[position:] else len(pattern)
    if kind in ("p", "P", "x"):
        if pattern[position : position + 1] == "{":
            return pattern.find("}", position) + 1 or len(pattern)
        return position + (2 if kind == "x" else 1)
    while kind.isdigit() and pattern[position : position + 1].isdigit():
        position += 1
    return position


def _after_class(pattern: str, position: int) -> int:
    """Where a class such as [a-z] ends that was opened before `position`."""
    if pattern[position : position + 1] == "^":
        position += 1
    if pattern[position : position + 1] == "]":
        position += 1  # there it stands for itself
    while position < len(pattern):
        if pattern[position] == "\\":
            position += 1
        elif pattern.startswith("[:", position):
            position = max(position, pattern.find(":]", position))
        elif pattern[position] == "]":
            return position + 1
        position += 1
    return position
