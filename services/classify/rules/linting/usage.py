"""What terms do on texts: which of them hit, which never do, and which words their endings take."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from services.classify.rules.engine.compiled import CompiledRulebook
from services.classify.rules.engine.matcher import find_hits
from services.classify.rules.engine.postings import CompiledTerm
from services.classify.rules.findings import Finding
from services.classify.rules.linting.owners import warning
from services.classify.rules.model import Document, Term
from services.classify.rules.text.prepare import prepare

LONG = 4  # letters of an ending from which it is looked at
WIDE = 12  # different words from which it is told
SHOWN = 6


def hits_by_term(compiled: CompiledRulebook, documents: Iterable[Document]) -> Counter[int]:
    """In how many of the documents each term (by its number in `compiled.terms`) had a hit that counted."""
    found: Counter[int] = Counter()
    for document in documents:
        prepared = prepare(document, compiled.defaults.lead_words)
        found.update({hit[2] for hit in find_hits(prepared, compiled, document.language).hits})
    return found


def never_fired(compiled: CompiledRulebook, documents: Iterable[Document]) -> list[CompiledTerm]:
    """Terms without a hit that counted in any of the documents, in the order of the rulebook."""
    fired = hits_by_term(compiled, documents)
    return [term for number, term in enumerate(compiled.terms) if number not in fired]


def words_taken(compiled: CompiledRulebook, documents: Iterable[Document]) -> dict[int, Counter[str]]:
    """For every term that takes long endings the (folded) words and phrases that it hit, each with its number of hits."""
    taken: defaultdict[int, Counter[str]] = defaultdict(Counter)
    wide = {number for number, term in enumerate(compiled.terms) if _is_wide(term.term)}
    for document in documents:
        prepared = prepare(document, compiled.defaults.lead_words)
        for start, end, term, _ in find_hits(prepared, compiled, document.language).hits:
            if term in wide:
                taken[term][prepared.joined[start:end]] += 1
    return dict(taken)


def _is_wide(term: Term) -> bool:
    endings = [word.ending for phrase in term.phrases for word in phrase.words]
    return any(ending is None or ending >= LONG for ending in endings)


def wide_endings(compiled: CompiledRulebook, documents: Iterable[Document]) -> Iterator[Finding]:
    """Long endings that take many different words: among them there are likely strangers."""
    for number, words in words_taken(compiled, documents).items():
        term = compiled.terms[number].term
        if len(words) < WIDE or term.accepted:
            continue
        rarest = ", ".join(sorted(words, key=lambda word: (words[word], word))[:SHOWN])
        yield warning(
            term.position,
            f"{term.written!r} takes {len(words)} different words of the texts, such as {rarest}; give it a shorter ending.",
        )
