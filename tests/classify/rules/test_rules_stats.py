"""How terms and labels do on articles, and what editors think of them."""

import json
import pickle
from datetime import UTC, datetime
from typing import Any

import pytest

from services.classify.rules import (
    Correction,
    Document,
    Stats,
    StatsCounts,
    StoredArticle,
    compile_rulebook,
    load_texts,
)
from services.classify.rules.tools.stats_told import at_best

TEXT = """
places:
  KZ: {en: [Kazakh*1, Astana, Oral]}
  RU: {en: [Russia*1], veto@en: [Idaho]}
  US: {en: [Washington], mask@en: [Washington Post]}
labels:
  - {id: region/asia}
  - {id: region/central-asia, parent: asia, places: [KZ], terms: [Silk Road]}
  - {id: region/russia, places: [RU]}
  - {id: region/americas, places: [US]}
  - {id: topic/health, terms: [doctor*1]}
  - {id: topic/work, terms: [strike*1], minus: [hunger strike*1^3]}
"""
COMPILED = compile_rulebook(load_texts({"a.yaml": TEXT}))


def counted(*articles: StoredArticle) -> Stats:
    stats = Stats(COMPILED)
    for article in articles:
        stats.add(article)
    return stats


def article(title: str, **known: Any) -> StoredArticle:
    return StoredArticle(1, Document(title), **known)


def term(stats: Stats, written: str) -> dict[str, Any]:
    return next(row for row in stats.to_json()["terms"] if row["term"] == written)


def label(stats: Stats, name: str) -> dict[str, Any]:
    return next(row for row in stats.to_json()["labels"] if row["label"] == name)


def test_a_term_alone_and_with_others() -> None:
    stats = counted(article("Kazakh Kazakh"), article("Kazakh Astana"), article("Astana"), article("Nothing"))
    kazakh = term(stats, "Kazakh*1")
    assert (kazakh["hits"], kazakh["articles"], kazakh["alone"], kazakh["overlaps"]) == (3, 2, 1, 1)
    assert kazakh["uniqueness"] == round(1 / 3, 4)
    told = stats.to_json()
    assert told["articles"] == 4
    assert {row["term"] for row in told["dead"]} >= {"Oral", "Russia*1", "doctor*1"}
    assert told["dead_count"] == len(COMPILED.terms) - 2


def test_a_conflict_is_an_article_that_another_branch_leads() -> None:
    stats = counted(article("Russia, Russian, Russia and Astana"), article("Silk Road in Astana"))
    assert term(stats, "Astana")["conflicts"] == 1
    assert term(stats, "Silk Road")["conflicts"] == 0
    assert term(stats, "Russia*1")["conflicts"] == 0


@pytest.mark.parametrize(
    ("correction", "right", "wrong"),
    [
        (Correction(places=("KZ",)), 1, 0),
        (Correction(places=("RU",)), 0, 1),
        (Correction(places=()), 0, 1),
        (Correction(regions=("central-asia",)), 1, 0),
        (Correction(regions=("asia",)), 0, 0),
        (Correction(regions=("russia",)), 0, 1),
        (Correction(regions=()), 0, 1),
        (Correction(regions=("russia",), places=("KZ",)), 1, 0),
        (Correction(topics=("health",)), 0, 0),
        (None, 0, 0),
    ],
)
def test_a_place_is_right_by_places_and_else_by_regions(
    correction: Correction | None, right: int, wrong: int
) -> None:
    found = term(counted(article("Astana", correction=correction)), "Astana")
    assert (found["right"], found["wrong"]) == (right, wrong)
    assert found["precision"] == (right / (right + wrong) if right + wrong else None)


def test_terms_against_a_label_are_right_where_it_is_not_wanted() -> None:
    judged = Correction(topics=("health",), places=())
    stats = counted(article("Hunger strike of a doctor in Idaho, Washington Post says", correction=judged))
    assert (term(stats, "hunger strike*1^3")["right"], term(stats, "doctor*1")["right"]) == (1, 1)
    assert term(stats, "Idaho")["right"] == 1
    mask = term(stats, "Washington Post")
    assert (mask["articles"], mask["right"], mask["wrong"]) == (1, 0, 0)


def test_labels_are_measured_where_editors_judged() -> None:
    stats = counted(
        article("Astana", correction=Correction(regions=("central-asia",))),
        article("Kazakh", correction=Correction(regions=("russia",))),
        article("Steppe", correction=Correction(regions=("central-asia",))),
        article("Astana and Kazakh"),
    )
    asia = label(stats, "region/central-asia")
    assert (asia["articles"], asia["primary"]) == (3, 3)
    assert (asia["right"], asia["wrong"], asia["missed"]) == (1, 1, 1)
    assert (asia["precision"], asia["recall"], asia["f1"]) == (0.5, 0.5, 0.5)
    assert label(stats, "place/KZ")["precision"] is None
    assert stats.to_json()["corrected"] == 3


def test_offenders_are_ranked_by_what_is_sure() -> None:
    assert at_best(0, 114) < at_best(0, 5) < at_best(5, 5) < at_best(0, 1) < at_best(100, 20)
    stats = counted(
        *[article("Astana", correction=Correction(places=())) for _ in range(4)],
        article("Russia", correction=Correction(places=())),
        article("Washington", correction=Correction(places=("US",))),
    )
    assert [row["term"] for row in stats.to_json()["offenders"]] == ["Astana", "Russia*1"]


def test_last_is_the_newest_time_whatever_the_order() -> None:
    days = [datetime(2026, 11, day, tzinfo=UTC) for day in (3, 9, 5)]
    stats = counted(*[article("Astana", at=day) for day in days], article("Astana"))
    assert term(stats, "Astana")["last"] == "2026-11-09T00:00:00+00:00"


def test_sources_without_labels_and_labels_that_come_together() -> None:
    stats = counted(
        *[article("Doctors on strike in Astana", source="a.example") for _ in range(5)],
        *[article("Rain", source="b.example") for _ in range(2)],
        article("Doctors", source="b.example"),
    )
    told = stats.to_json()
    assert told["sources"][0] == {"source": "b.example", "articles": 3, "unclassified": 2, "share": 0.6667}
    assert told["pairs"] == [{"labels": ["topic/health", "topic/work"], "articles": 5, "share": 1.0}]


def test_one_label_is_told_with_the_terms_of_its_places() -> None:
    stats = counted(article("Astana doctors in Russia"))
    told = stats.to_json("region/central-asia")
    assert [row["term"] for row in told["terms"]] == ["Astana"]
    assert {row["term"] for row in told["dead"]} == {"Kazakh*1", "Oral", "Silk Road"}
    assert [row["label"] for row in told["labels"]] == ["region/central-asia"]


def test_counts_of_chunks_add_up_to_the_whole() -> None:
    fixed = Correction(regions=("central-asia",), topics=())
    articles = [
        article("Kazakh doctors", at=datetime(2026, 11, 1, tzinfo=UTC), source="a", correction=fixed),
        article("Astana and Russia", at=datetime(2026, 11, 2, tzinfo=UTC), source="b"),
        article("Doctors on strike", source="a", correction=fixed),
    ]
    whole = counted(*articles)
    merged = StatsCounts(COMPILED.version)
    for one in articles:
        merged.merge(pickle.loads(pickle.dumps(counted(one).counts)))
    assert json.dumps(Stats(COMPILED, merged).to_json()) == json.dumps(whole.to_json())
    with pytest.raises(ValueError, match="same version"):
        merged.merge(StatsCounts("other"))


def test_lines_are_tables() -> None:
    stats = counted(
        article("Astana", correction=Correction(places=()), at=datetime(2026, 11, 9, tzinfo=UTC)),
        article("Rain", source="b.example"),
    )
    assert stats.lines(limit=1)[:11] == [
        "2 articles, 1 of them judged by editors.",
        "",
        "Terms, those that fire in most articles first",
        "articles  alone  overlaps  conflicts  right  wrong  precision        last  term",
        "       1      1         0          0      0      1       0.00  2026-11-09  place/KZ terms@en Astana (a.yaml:3:23)",
        "",
        "Terms that editors disagree with most surely",
        "wrong  right  precision  term",
        "    1      0       0.00  place/KZ terms@en Astana (a.yaml:3:23)",
        "",
        "Regions and topics",
    ]
