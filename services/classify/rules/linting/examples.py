"""Warnings about the tests beside the rules: missing ones, and such as contradict each other."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from services.classify.rules.findings import Finding
from services.classify.rules.linting.owners import warning
from services.classify.rules.model import Document, Example, Rulebook
from services.classify.rules.text.fold import fold

Text = tuple[str, str, str, Document]


def tests(rulebook: Rulebook) -> Iterator[Finding]:
    """All of them."""
    for rule in rulebook.rules:
        if not rule.tests:
            yield warning(rule.position, f"{rule.id} has no tests; write what it must and must not catch.")
    yield from _contradictions(rulebook)


def _contradictions(rulebook: Rulebook) -> Iterator[Finding]:
    """The same text wanted with a label and without it, or with two primary regions."""
    by_text: defaultdict[Text, list[Example]] = defaultdict(list)
    for rule in rulebook.rules:
        for example in rule.tests:
            if example.todo is None:
                by_text[_text(example.document)].append(example)
    for examples in by_text.values():
        for number, later in enumerate(examples):
            for earlier in examples[:number]:
                clash = _clash(earlier, later)
                if clash:
                    yield warning(
                        later.position, f"{clash}, but the test at {earlier.position} wants otherwise."
                    )


def _text(document: Document) -> Text:
    return (
        fold(document.title),
        fold(document.body),
        fold(document.dateline or ""),
        replace(document, title="", body="", dateline=None),
    )


def _clash(earlier: Example, later: Example) -> str:
    wanted = [{*one.expect, *([one.primary] if one.primary else [])} for one in (earlier, later)]
    if unwanted := wanted[1] & set(earlier.reject):
        return f"The test expects {min(unwanted)} of a text"
    if unwanted := set(later.reject) & wanted[0]:
        return f"The test rejects {min(unwanted)} of a text"
    kinds = [one.primary.partition("/")[0] if one.primary else "" for one in (earlier, later)]
    if earlier.primary != later.primary and kinds[0] == kinds[1] != "":
        return f"The test wants {later.primary} first"
    return ""
