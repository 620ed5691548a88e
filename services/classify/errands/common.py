"""What errands share: which rulebook is meant, numbers of an input, and results as plain JSON data."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from services.classify import rulebook
from services.classify.rules import (
    CompiledRulebook,
    Document,
    ExampleResult,
    Finding,
    Rulebook,
    compile_rulebook,
    load_texts,
)
from services.core.errors import InvalidInputError

_NAME = re.compile(r"[^/\\\x00-\x1f]+(/[^/\\\x00-\x1f]+)*")
"""A path below a folder: it comes back as one when the rulebook is exported."""

Given = Mapping[str, Any]
Answer = dict[str, Any]


def compiled_of(session: Session, reference: Given | None) -> CompiledRulebook:
    """The rulebook that is referred to, compiled. Raises RulebookError, NotFoundError, InvalidInputError."""
    if not reference:
        return rulebook.current(session)
    if "version" in reference:
        return rulebook.compiled(session, rulebook.find_version(session, str(reference["version"])))
    texts = texts_of(reference)
    name = "texts:" + hashlib.sha256(json.dumps(texts, sort_keys=True).encode()).hexdigest()
    known = rulebook.kept(name)
    return known or rulebook.keep(compile_rulebook(load_texts(texts)), as_version=name)


def read_of(session: Session, reference: Given | None) -> Rulebook:
    """A rulebook as data: a draft is not compiled for being read."""
    if reference and "texts" in reference:
        return load_texts(texts_of(reference))
    return compiled_of(session, reference).rulebook


def texts_of(given: Given) -> dict[str, str]:
    """File name to YAML. Raises InvalidInputError when it is anything else."""
    texts = given.get("texts")
    if not isinstance(texts, Mapping) or not all(isinstance(t, str) for pair in texts.items() for t in pair):
        raise InvalidInputError(
            'A rulebook is {"texts": {file name: YAML}} or {"version": its first letters}.'
        )
    for name in texts:
        if not _NAME.fullmatch(name) or ".." in name.split("/"):
            raise InvalidInputError(
                f"{name[:80]!r} is no name of a rules file; write regions/asia.yaml or the like."
            )
    return dict(texts)


def count_of(given: Given, name: str, usual: int, most: int) -> int:
    """A number of the input. Raises InvalidInputError when it is none, or too large."""
    value = given.get(name, usual)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= most:
        raise InvalidInputError(f"{name} is a whole number from 1 to {most:,}.")
    return value


def results_json(results: Sequence[ExampleResult]) -> Answer:
    """Examples with how they went, failed ones first."""
    told = [
        {
            "label": result.label,
            "at": str(result.example.position),
            "title": result.example.document.title or result.example.document.body[:80],
            "passed": result.passed,
            "todo": result.example.todo,
            "sentence": result.sentence,
        }
        for result in sorted(results, key=lambda result: result.passed)
    ]
    return {
        "tests": len(results),
        "failed": sum(not result.passed for result in results),
        "todo": sum(result.example.todo is not None for result in results),
        "results": told,
    }


def findings_json(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """Errors and warnings as data."""
    keys = ("file", "line", "column", "sentence", "level")
    return [{key: getattr(finding, key) for key in keys} for finding in findings]


def document_json(document: Document) -> Answer:
    """The text that was labelled."""
    return {
        "title": document.title,
        "body": document.body,
        "dateline": document.dateline,
        "lang": document.language,
        "source_country": document.source_country,
        "tags": list(document.tags),
        "section": document.section,
        "prior_region": document.prior_region,
    }
