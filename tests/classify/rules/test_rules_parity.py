"""The scan against a slow reference that knows nothing of automata: the same hits, in every script, and where they stand."""

import re
from random import Random
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from services.classify.rules import (
    CompiledRulebook,
    Document,
    classify,
    compile_rulebook,
    load_texts,
)
from services.classify.rules.engine.matcher import find_hits
from services.classify.rules.model import Term
from services.classify.rules.text.fold import fold, is_unspaced
from services.classify.rules.text.prepare import Prepared, prepare

LETTERS = ["a", "b", "ab", "é", "İ", "ß", "и", "й", "ё", "ά", "س", "ٌ", "ב", "कि", "中", "国", "東", "ก", "ท"]
WORD = st.lists(st.sampled_from(LETTERS), min_size=1, max_size=3).map("".join).filter(fold)
SPACED = WORD.filter(lambda word: not is_unspaced(word))
UNSPACED = WORD.filter(is_unspaced)
ENDED = st.tuples(SPACED, st.sampled_from(["", "", "*1", "*2"])).map("".join)
EITHER = st.tuples(SPACED, SPACED, st.sampled_from(["", "*1"])).map(
    lambda two: f"({two[0]}|{two[1]}){two[2]}"
)
TERM = st.one_of(
    st.tuples(ENDED, EITHER).map(" ".join),
    st.lists(ENDED, min_size=1, max_size=2).map(" ".join),
    st.lists(UNSPACED, min_size=1, max_size=2).map(" ".join),
)
BREAK = st.sampled_from([" ", "  ", ", ", "-", "\n", "。", " – ", "’"])


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[str], str, str]:
    """Terms, and two texts that are mostly made of them: with endings, in pieces, one beside another."""
    terms = draw(st.lists(TERM, min_size=1, max_size=6, unique=True))
    said = [re.sub(r"\*\d|\((\S+)\|\S+\)", r"\1", term) for term in terms]
    pieces = st.one_of(
        st.sampled_from(said),
        st.tuples(st.sampled_from(said), st.sampled_from(LETTERS)).map("".join),
        st.sampled_from(said).map(lambda term: term.split()[-1]),
        WORD,
    )
    text = st.lists(st.tuples(pieces, BREAK), max_size=10).map(lambda pairs: "".join(map("".join, pairs)))
    return terms, draw(text), draw(text)


class Found(NamedTuple):
    start: int
    end: int
    term: int


def rulebook(terms: list[str]) -> CompiledRulebook:
    listed = "\n".join(f"      - '{term}'" for term in terms)
    return compile_rulebook(load_texts({"a.yaml": f"labels:\n  - id: topic/a\n    terms@any:\n{listed}\n"}))


def reference(prepared: Prepared, terms: list[Term]) -> set[Found]:
    """Every term tried at every place, then every pair of spans compared."""
    text = prepared.joined
    found: set[Found] = set()
    for number, term in enumerate(terms):
        for phrase in term.phrases:
            words = [(fold(word.text), word.ending or 0) for word in phrase.words]
            for start in range(len(text)):
                end = matched(text, start, words)
                if end is not None:
                    found.add(Found(start, end, number))
    return {one for one in found if not any(inside(one, other) for other in found)}


def matched(text: str, start: int, words: list[tuple[str, int]]) -> int | None:
    """Where a phrase ends that begins at `start`; None where it does not stand there."""
    if is_unspaced(" ".join(word for word, _ in words[: length_of_head(words)])):
        whole = " ".join(word for word, _ in words)
        return start + len(whole) if text.startswith(whole, start) and not any(e for _, e in words) else None
    if text[start - 1 : start] != " ":
        return None
    position = start
    for word, ending in words:
        position += position > start  # the space before the next word
        if not text.startswith(word, position):
            return None
        stop = text.find(" ", position)
        if not 0 <= stop - position - len(word) <= ending:
            return None
        position = stop
    return position


def length_of_head(words: list[tuple[str, int]]) -> int:
    """How many words are looked for as one: up to the first that takes an ending."""
    return next((number + 1 for number, (_, ending) in enumerate(words) if ending), len(words))


def inside(one: Found, other: Found) -> bool:
    longer = other.end - other.start > one.end - one.start
    return longer and other.start <= one.start and one.end <= other.end


@settings(max_examples=300, deadline=None)
@given(cases())
def test_the_scan_finds_what_the_reference_finds(case: tuple[list[str], str, str]) -> None:
    terms, title, body = case
    compiled = rulebook(terms)
    prepared = prepare(Document(title, body), 5)
    hits = find_hits(prepared, compiled, None).hits
    assert {Found(*hit[:3]) for hit in hits} == reference(prepared, [term.term for term in compiled.terms])


@settings(max_examples=300, deadline=None)
@given(cases())
def test_what_a_reason_points_at_folds_to_what_was_found(case: tuple[list[str], str, str]) -> None:
    terms, title, body = case
    compiled = rulebook(terms)
    prepared = prepare(Document(title, body), 5)
    for start, end, *_ in find_hits(prepared, compiled, None).hits:
        first, last = prepared.original_span(start, end)
        assert fold(prepared.text[first:last]) == prepared.joined[start:end]


@settings(max_examples=150, deadline=None)
@given(cases(), st.randoms(use_true_random=False))
def test_order_of_terms_and_of_files_changes_nothing(case: tuple[list[str], str, str], dice: Random) -> None:
    terms, title, body = case
    document = Document(title, body)
    assert given_by(terms, "abc", document) == given_by(dice.sample(terms, len(terms)), "cab", document)


def given_by(terms: list[str], files: str, document: Document) -> set[tuple[str, float]]:
    """Labels with their scores: one of all terms, one of each place, each in a file of its own."""
    listed = ", ".join(f"'{term}'" for term in terms)
    texts = [
        f"labels: [{{id: topic/all, threshold: 0.1, terms@any: [{listed}]}}]",
        f"labels: [{{id: topic/heavy, threshold: 0.1, strong@any: [{listed}]}}]",
        f"places: {{KZ: {{terms@any: [{listed}]}}}}",
    ]
    compiled = compile_rulebook(load_texts({f"{n}.yaml": t for n, t in zip(files, texts, strict=True)}))
    verdict = classify(document, compiled, explain=False)
    return {(label.slug, label.score) for label in (*verdict.topics, *verdict.places)}


@settings(max_examples=150, deadline=None)
@given(cases(), st.lists(TERM, min_size=1, max_size=4))
def test_unrelated_rules_change_nothing_but_by_swallowing(
    case: tuple[list[str], str, str], others: list[str]
) -> None:
    """Another label's terms take a hit only where one of them is the longer match."""
    terms, title, _ = case
    others = [*others, *(f"{term} {other}" for term in terms[:2] for other in others[:2])]
    own, more = (", ".join(f"'{term}'" for term in some) for some in (terms, others))
    alone = f"labels:\n  - {{id: topic/a, terms@any: [{own}]}}\n"
    both = f"{alone}  - {{id: topic/b, terms@any: [{more}]}}\n"
    before, after = (hits_of_first(text, Document(title), len(terms)) for text in (alone, both))
    assert after[0] | (before[0] & after[1]) == before[0]


def hits_of_first(text: str, document: Document, count: int) -> tuple[set[Found], set[Found]]:
    """Hits of the first `count` terms that count, and those that a longer one swallowed."""
    match = find_hits(prepare(document, 40), compile_rulebook(load_texts({"a.yaml": text})), None, trace=True)
    return (
        {Found(*hit[:3]) for hit in match.hits if hit[2] < count},
        {Found(*ignored.hit[:3]) for ignored in match.ignored},
    )
