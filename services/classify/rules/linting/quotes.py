"""Warnings about quotation marks of a word processor: to YAML they are letters of the term, and they hide what `=`, `/` and `*` mean."""

from collections.abc import Iterator

from services.classify.rules.model import Context, Term

_SINGLE = "\u2018\u2019\u201a"
_DOUBLE = "\u201c\u201d\u201e\u00ab\u00bb"
_MARKS = _SINGLE + _DOUBLE


def curly_quotes(term: Term) -> Iterator[str]:
    """A term or a context word that stands in such marks, or in half a pair: a list was cut at a comma inside them."""
    contexts: tuple[Context, ...] = (*term.unless, *term.needs, *term.near)
    for written in (term.written, *(context.written for context in contexts)):
        if sentence := _sentence(written):
            yield sentence


def _sentence(written: str) -> str:
    text = written.strip()
    inner = text.strip(_MARKS).strip()
    if not inner:
        return ""
    ends = text[:1], text[-1:]
    if all(end in _MARKS for end in ends) and not any(mark in inner for mark in _DOUBLE):
        lost = "" if inner[0] not in "=/" else f"; {inner[0]} means nothing inside them"
        return f"{text!r} stands in quotation marks of a word processor{lost}. Write {straight(inner)}."
    lone = next((end for end in ends if end in _DOUBLE), "")
    if lone and sum(mark in _DOUBLE for mark in text) == 1:
        return f"{text!r} has one {lone} alone: it does not hold a term together. Put the whole term in straight quotation marks."
    return ""


def straight(text: str) -> str:
    """A text in the quotation marks of YAML.

    >>> straight("=C5"), straight("Côte d'Ivoire")
    ("'=C5'", "'Côte d''Ivoire'")
    """
    return "'" + text.replace("'", "''") + "'"
