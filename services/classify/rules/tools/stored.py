"""An article as the editor's tools are handed it: the text, and what is known of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.classify.rules.engine.compiled import CompiledRulebook
from services.classify.rules.engine.matcher import Hit, find_hits
from services.classify.rules.engine.score import Scorer
from services.classify.rules.judging.corrections import Correction
from services.classify.rules.model import Document, Verdict
from services.classify.rules.text.prepare import Prepared, prepare


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """One article of the store.

    `known`: the verdict that was stored (or its JSON); it is used only where it is of the very version asked about.
    `at`: when it was published. `source`: a key of whoever published it, for shares by source.
    """

    id: int
    document: Document
    known: Verdict | Mapping[str, Any] | None = None
    correction: Correction | None = None
    at: datetime | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """One document read by one rulebook: the labels, and every hit that counted."""

    prepared: Prepared
    hits: list[Hit]
    verdict: Verdict


def read(document: Document, compiled: CompiledRulebook, prepared: Prepared | None = None) -> Reading:
    """What `classify` gives, without reasons, and the hits it stands on.

    `prepared` saves the folding where the document was prepared before, with the same number of lead words.
    """
    if prepared is None:
        prepared = prepare(document, compiled.defaults.lead_words)
    match = find_hits(prepared, compiled, document.language)
    verdict = Scorer(document, compiled, prepared, match, reasons=0).verdict()
    return Reading(prepared, match.hits, verdict)
