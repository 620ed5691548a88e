"""What another rulebook would do: told with the edits that do it, and exactly what classifying twice would give."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.classify.rules import (
    CompiledRulebook,
    Correction,
    Document,
    Impact,
    ImpactPlan,
    RulebookError,
    StoredArticle,
    Verdict,
    classify,
    compile_rulebook,
    corrected,
    load_texts,
    to_json,
)
from services.classify.rules.judging.examples import labels_of

BEFORE = """
places:
  KZ: {en: [Kazakh*1, Astana]}
  RU: {en: [Russia*1, Moscow]}
labels:
  - {id: region/asia}
  - {id: region/central-asia, parent: asia, places: [KZ]}
  - {id: region/russia, places: [RU]}
  - {id: topic/health, terms: [doctor*1]}
"""


def book(text: str) -> CompiledRulebook:
    return compile_rulebook(load_texts({"a.yaml": text}))


def measured(*edits: tuple[str, str], titles: list[str]) -> Impact:
    text = BEFORE
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    articles = [StoredArticle(n, Document(title)) for n, title in enumerate(titles)]
    return ImpactPlan(book(BEFORE), book(text)).measure(articles)


def because(impact: Impact, number: int) -> list[tuple[str, str, str | None, str]]:
    return [
        (impact.edits[b.edit].line.partition(" (")[0], b.side, b.field, b.text)
        for b in impact.examples[number].because
    ]


def test_gains_and_losses_name_the_edited_term() -> None:
    titles = ["Talks in Shymkent", "Astana snow", "Doctors meet", "Kazakh doctors in Astana"]
    impact = measured(("Astana]", "Shymkent]"), titles=titles)
    assert (impact.articles, impact.classified, impact.changed) == (4, 3, 2)
    assert impact.gained == {"region/central-asia": 1, "region/asia": 1, "place/KZ": 1}
    assert impact.lost == impact.gained
    assert impact.primary == {("none", "central-asia"): 1, ("central-asia", "none"): 1}
    assert (impact.newly_unlabelled, impact.no_longer_unlabelled) == (1, 1)
    assert because(impact, 0) == [("place/KZ: + terms@en Shymkent", "after", "title", "Shymkent")]
    assert because(impact, 1) == [("place/KZ: - terms@en Astana", "before", "title", "Astana")]
    assert [(edit.hits, edit.changed) for edit in impact.edits] == [(2, 1), (1, 1)]
    assert impact.idle == []


def test_a_mask_is_the_cause_of_what_it_swallows() -> None:
    impact = measured(("Moscow]", "Moscow], mask@en: [Moscow mule*1]"), titles=["A Moscow mule", "In Moscow"])
    assert impact.lost == {"region/russia": 1, "place/RU": 1}
    assert because(impact, 0) == [("place/RU: + mask@en Moscow mule*1", "after", "title", "Moscow mule")]


def test_a_condition_that_takes_a_hit_away_is_told_by_the_term() -> None:
    impact = measured(("Moscow]", "{term: Moscow, unless: [Idaho]}]"), titles=["Moscow, Idaho", "Moscow"])
    assert impact.changed == 1
    assert because(impact, 0) == [
        ("place/RU: ~ terms@en Moscow: unless none -> Idaho", "before", "title", "Moscow")
    ]


def test_a_setting_of_a_label_is_told_where_the_label_stands() -> None:
    impact = measured(("doctor*1]", "doctor*1], threshold: 9"), titles=["Doctors", "Astana"])
    assert (impact.classified, impact.lost) == (1, {"topic/health": 1})
    assert because(impact, 0) == [("topic/health: ~ threshold none -> 9", "after", None, "")]
    assert [edit.words for edit in impact.edits] == [False]


def test_the_leading_region_may_move_alone() -> None:
    titles = ["Moscow and Astana"]
    impact = measured(("Astana]", "Astana^2]"), titles=titles)
    assert (impact.gained, impact.lost) == ({}, {})
    assert impact.primary == {("russia", "central-asia"): 1}


def test_a_term_that_stands_nowhere_is_told() -> None:
    impact = measured(("Astana]", "Astana, Shymkent, Oral]"), titles=["Oral history", "Astana"])
    assert [line.partition(" (")[0] for line in impact.idle] == ["place/KZ: + terms@en Shymkent"]


def test_a_term_that_fails_its_condition_still_swallows_and_is_the_cause() -> None:
    impact = measured(("Astana]", "Astana, {term: Moscow talks, needs: [Oral]}]"), titles=["Moscow talks"])
    assert impact.lost == {"region/russia": 1, "place/RU": 1}
    assert because(impact, 0) == [
        ("place/KZ: + terms@en Moscow talks", "after", "title", "Moscow talks"),
    ]


def test_the_first_term_of_a_language_changes_how_articles_in_it_are_read() -> None:
    plan = ImpactPlan(book(BEFORE), book(BEFORE.replace("Moscow]}", "Moscow], kk: [Oral]}")))
    articles = [StoredArticle(n, Document("Astana", language=lang)) for n, lang in enumerate(["kk-KZ", "tr"])]
    impact = plan.measure(articles)
    assert impact.lost == {"region/central-asia": 1, "region/asia": 1, "place/KZ": 1}
    assert list(impact.examples) == [0]


def test_the_stored_verdict_counts_only_when_it_is_of_that_version() -> None:
    plan = ImpactPlan(book(BEFORE), book(BEFORE.replace("Astana]", "Shymkent]")))
    document = Document("Shymkent")
    silent = Verdict(plan.before.version, None)
    claimed = to_json(classify(Document("Shymkent"), plan.after)) | {"version": plan.before.version}
    assert plan.measure([StoredArticle(1, document, silent)]).changed == 1
    assert plan.measure([StoredArticle(1, document, claimed)]).changed == 0
    assert plan.measure([StoredArticle(1, document, claimed | {"version": "other"})]).changed == 1


def test_what_an_editor_corrected_does_not_move() -> None:
    plan = ImpactPlan(book(BEFORE), book(BEFORE.replace("Astana]", "Shymkent]")))
    fixed = Correction(regions=("russia",), places=("RU",))
    impact = plan.measure([StoredArticle(1, Document("Shymkent doctors"), correction=fixed)])
    assert (impact.classified, impact.changed) == (1, 0)


def test_a_withdrawn_correction_in_the_stored_verdict_is_not_believed() -> None:
    plan = ImpactPlan(book(BEFORE), book(BEFORE.replace("Astana]", "Shymkent]")))
    document = Document("Astana")
    by_hand = corrected(
        classify(document, plan.before), Correction(regions=("russia",)), plan.before.rulebook
    )
    impact = plan.measure([StoredArticle(1, document, to_json(by_hand))])
    assert impact.primary == {("central-asia", "none"): 1}


def test_samples_are_bounded_and_the_first_ones_stay() -> None:
    plan = ImpactPlan(book(BEFORE), book(BEFORE.replace("Astana]", "Astana, Oral]")), samples=2)
    impact = plan.measure(StoredArticle(n, Document("Oral")) for n in range(9))
    assert impact.gained["place/KZ"] == 9
    assert impact.shown["+place/KZ"] == [0, 1]
    assert list(impact.examples) == [0, 1]


def test_impacts_of_other_rulebooks_are_not_merged() -> None:
    one = ImpactPlan(book(BEFORE), book(BEFORE.replace("Astana", "Oral"))).empty()
    other = ImpactPlan(book(BEFORE), book(BEFORE.replace("Astana", "Osh"))).empty()
    with pytest.raises(ValueError, match="same two rulebooks"):
        one.merge(other)


def test_lines_are_what_an_editor_reads() -> None:
    impact = measured(("Astana]", "Shymkent]"), titles=["Shymkent rises", "Kazakh doctors"])
    assert impact.lines() == [
        "2 articles looked at, 1 would change.",
        "0 would lose their last region and topic, 1 would get their first.",
        "first region none -> central-asia: 1",
        "place/KZ: +1 -0",
        "    + 0 Shymkent rises [Shymkent]",
        "region/asia: +1 -0",
        "    + 0 Shymkent rises [Shymkent]",
        "region/central-asia: +1 -0",
        "    + 0 Shymkent rises [Shymkent]",
        "place/KZ: - terms@en Astana (a.yaml:3:23): stands in 0, changes 0",
        "place/KZ: + terms@en Shymkent (a.yaml:3:23): stands in 1, changes 1",
    ]


# --- the quick way is the long way


VOCABULARY = [
    "Astana", "astana", "ASTANA", "Oral", "oral", "Osh", "Kazakh", "Kazakhs", "Kazakhstan", "leader", "leaders",
    "mule", "Moscow", "US", "us", "Казах", "Казахстана", "الرياض", "والرياض", "阿斯塔纳", "会议在阿斯塔纳举行",
    "서울에서", "Inde", "C5+1", "C5", ",", "-", "St.", "Petersburg",
]  # fmt: skip
TERMS = [
    "Astana", "=Astana", "Astana leader*1", "Oral^2", "=US", "Kazakh*1", "Kazakh*3", "Kazakh* leader*1",
    "(Osh|Oral)", "/Kazakh(stan)?/", "/C5\\+1 leader/", "Казах*4", "Казах*", "الرياض", "阿斯塔纳", "塔纳",
    "서울", "Moscow mule", "Moscow", "mule", "leader", "Inde", "St. Petersburg", "oral",
]  # fmt: skip
LISTS = ["en", "fr", "ru", "ar", "any", "strong", "weak@en", "minus@en", "mask@en", "veto@en", "terms@kk"]

words = st.lists(st.sampled_from(VOCABULARY), max_size=8).map(" ".join)
context = st.lists(st.sampled_from(["mule", "US", "=US", "leader*1", "Osh"]), min_size=1, max_size=2)
long_form = st.fixed_dictionaries(
    {"term": st.sampled_from(TERMS)},
    optional={
        "unless": context,
        "needs": context,
        "near": context,
        "within": st.integers(1, 5),
        "fields": st.lists(st.sampled_from(["title", "body", "lead", "tag"]), min_size=1, max_size=2),
    },
)
term = st.one_of(st.sampled_from(TERMS), long_form)
listed = st.dictionaries(st.sampled_from(LISTS), st.lists(term, min_size=1, max_size=3), max_size=3)


def _label(name: str, held: list[Any], rule: dict[str, Any]) -> dict[str, Any]:
    terms = {
        key if key.partition("@")[0] in _TIERS else f"terms@{key}": value
        for key, value in rule["terms"].items()
    }
    label: dict[str, Any] = {"id": name, **terms}
    if rule["threshold"] is not None:
        label["threshold"] = rule["threshold"]
    return label | ({"places": held} if held else {}) | ({"parent": rule["parent"]} if rule["parent"] else {})


_TIERS = {"strong", "terms", "weak", "minus", "mask", "veto"}
rule = st.fixed_dictionaries(
    {
        "terms": listed,
        "threshold": st.sampled_from([None, None, None, 0.5, 3.0]),
        "parent": st.just(None),
        "there": st.sampled_from([True, True, True, False]),
    }
)
held = st.lists(st.sampled_from(["KZ", "RU", {"place": "IN", "weight": 0.5}]), max_size=3, unique_by=str)
books = st.fixed_dictionaries(
    {
        "places": st.fixed_dictionaries(dict.fromkeys(("KZ", "RU", "IN"), listed)),
        "rules": st.fixed_dictionaries(
            dict.fromkeys(("region/a", "region/b", "region/c", "topic/t", "topic/u"), rule)
        ),
        "held": st.fixed_dictionaries(dict.fromkeys(("region/a", "region/b", "region/c"), held)),
        "parent": st.sampled_from([None, "a", "b"]),
        "defaults": st.sampled_from([{}, {}, {}, {}, {"prior": 0.25}, {"lead_words": 2}, {"lang": "fr"}]),
    }
)


def made(parts: dict[str, Any]) -> CompiledRulebook | None:
    """A rulebook of generated parts; None where they contradict each other."""
    rules = {name: given for name, given in parts["rules"].items() if given["there"]}
    if parts["parent"] and "region/c" in rules and f"region/{parts['parent']}" in rules:
        rules["region/c"] = rules["region/c"] | {"parent": parts["parent"]}
    labels = [_label(name, parts["held"].get(name, []), given) for name, given in rules.items()]
    text = json.dumps(
        {"defaults": parts["defaults"], "places": parts["places"], "labels": labels}, ensure_ascii=False
    )
    try:
        return compile_rulebook(load_texts({"a.yaml": text}))
    except RulebookError:
        return None


@st.composite
def edited(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two rulebooks that have most in common: the second is the first with a few parts drawn anew."""
    before, other = draw(books), draw(books)
    after = {key: dict(value) if isinstance(value, dict) else value for key, value in before.items()}
    for where in draw(st.lists(st.sampled_from(["places", "rules", "held"]), max_size=2)):
        key = draw(st.sampled_from(sorted(before[where])))
        after[where][key] = other[where][key]
    if draw(st.sampled_from([False, False, False, True])):
        which = draw(st.sampled_from(["parent", "defaults"]))
        after[which] = other[which]
    return before, after


documents = st.builds(
    Document,
    title=words,
    body=words,
    language=st.sampled_from([None, "en", "fr", "kk", "de-DE", "ru"]),
    source_country=st.sampled_from([None, "kz", "RU", "IN", "XX"]),
    tags=st.lists(words, max_size=1).map(tuple),
    prior_region=st.sampled_from([None, None, "a", "b", "zzz"]),
)
corrections = st.one_of(
    st.none(),
    st.none(),
    st.builds(Correction, regions=st.sampled_from([None, (), ("c",), ("b", "a")]), topics=st.just(("t",))),
)


def twice(article: StoredArticle, plan: ImpactPlan) -> list[tuple[str | None, set[str]]]:
    found = []
    for compiled in (plan.before, plan.after):
        verdict = classify(article.document, compiled)
        if article.correction is not None:
            verdict = corrected(verdict, article.correction, compiled.rulebook)
        found.append((verdict.region, set(labels_of(verdict))))
    return found


@given(edited(), st.lists(st.tuples(documents, corrections, st.booleans()), min_size=1, max_size=6))
@settings(max_examples=150, deadline=None)
def test_the_quick_way_gives_what_classifying_twice_gives(
    parts: tuple[dict[str, Any], dict[str, Any]], drawn: list[tuple[Document, Correction | None, bool]]
) -> None:
    before, after = made(parts[0]), made(parts[1])
    if before is None or after is None:
        return
    plan = ImpactPlan(before, after, samples=99)
    articles = [
        StoredArticle(n, document, to_json(classify(document, before)) if known else None, correction)
        for n, (document, correction, known) in enumerate(drawn)
    ]
    impact = plan.measure(articles)
    wanted = {a.id: twice(a, plan) for a in articles}
    changed = {number: sides for number, sides in wanted.items() if sides[0] != sides[1]}
    told = {
        number: [
            (sample.region_before, set(sample.before)),
            (sample.region_after, set(sample.after)),
        ]
        for number, sample in impact.examples.items()
    }
    assert told == changed
    assert impact.changed == len(changed)
    parts_ = [plan.measure([article]) for article in articles]
    merged = plan.empty()
    for part in parts_:
        merged.merge(Impact.from_json(json.loads(json.dumps(part.to_json()))))
    assert merged == impact
