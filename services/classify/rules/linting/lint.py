"""Warnings: rules that load, and yet are likely not what their editor meant.

A warning is worth reading only where it is nearly always right. What an editor has looked at and wants all the same
is marked in the rules (`note: "accepted: why"`) and told no more.
"""

from collections.abc import Iterable

from services.classify.rules.engine.compiling import compile_rulebook
from services.classify.rules.findings import Finding
from services.classify.rules.linting.addresses import addresses
from services.classify.rules.linting.examples import tests
from services.classify.rules.linting.pairs import pairs
from services.classify.rules.linting.terms import single_terms
from services.classify.rules.linting.usage import wide_endings
from services.classify.rules.model import Document, Rulebook
from services.core.memory import uncollected


def lint(rulebook: Rulebook, documents: Iterable[Document] = ()) -> list[Finding]:
    """Warnings about a rulebook, in the order of the files.

    With `documents`, such as the articles stored, also those endings that take many different words of them.
    """
    with uncollected():
        compiled = compile_rulebook(rulebook, postings=True)
        found = [*single_terms(rulebook), *pairs(compiled), *tests(rulebook), *addresses(rulebook)]
    found += wide_endings(compiled, documents)
    return sorted(found, key=lambda finding: (finding.file, finding.line, finding.column, finding.sentence))
