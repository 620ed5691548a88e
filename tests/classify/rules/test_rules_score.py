"""Points, thresholds, the primary region, priors and parents."""

import orjson

from services.classify.rules import (
    CompiledRulebook,
    Document,
    classify,
    compile_rulebook,
    explain,
    load_texts,
    to_json,
)

TEXT = """
places:
  KZ: {en: [Kazakh*1, Astana]}
  RU: {en: [Russia*1, Moscow]}
  EG: {en: [Egypt]}
labels:
  - {id: region/asia, name: Asia}
  - {id: region/central-asia, parent: asia, places: [KZ], weak: [Silk Road]}
  - {id: region/russia, places: [RU]}
  - {id: region/middle-east, places: [EG]}
  - {id: region/africa, places: [{place: EG, weight: 0.5}]}
"""


def book() -> CompiledRulebook:
    return compile_rulebook(load_texts({"a.yaml": TEXT}))


def slugs(document: Document) -> list[str]:
    return [label.slug for label in classify(document, book()).regions]


def test_fields_have_their_weights() -> None:
    verdict = classify(Document("Kazakh", "ASTANA, Nov 23 (Reuters) - Kazakh Kazakh"), book())
    assert verdict.regions[0].score == 3.0 + 4.0 + 1.0 * 2
    assert [why.field for why in verdict.regions[0].why] == ["dateline", "title", "lead"]


def test_tie_goes_to_whoever_is_named_first() -> None:
    assert slugs(Document("Russia and Kazakh"))[0] == "russia"
    assert slugs(Document("Kazakh and Russia"))[0] == "central-asia"


def test_equal_headline_goes_to_whoever_it_names_first() -> None:
    assert slugs(Document("Russia and Kazakh", "Kazakh Kazakh Kazakh"))[0] == "russia"
    assert slugs(Document("A day out", "Russia. Kazakh Kazakh Kazakh"))[0] == "central-asia"


def test_parents_follow_without_a_score() -> None:
    labels = classify(Document("Kazakh"), book()).regions
    assert [(label.slug, label.origin, label.score) for label in labels] == [
        ("central-asia", "rule", 3.0),
        ("asia", "parent", 0.0),
    ]


def test_secondary_membership_is_second() -> None:
    assert slugs(Document("Egypt")) == ["middle-east", "africa"]


def test_passing_mention_does_not_make_a_region() -> None:
    body = "word " * 60 + "Moscow"
    verdict = classify(Document("Kazakh", body), book())
    assert [label.slug for label in verdict.regions] == ["central-asia", "asia"]
    assert [label.slug for label in verdict.places] == ["KZ", "RU"]


def test_weak_terms_never_fire_alone() -> None:
    assert slugs(Document("Silk Road Silk Road")) == []


def test_prior_fills_silence_and_beats_nothing() -> None:
    silent = classify(Document("Nothing here", prior_region="russia"), book())
    assert [(label.slug, label.origin) for label in silent.regions] == [("russia", "feed_prior")]
    assert slugs(Document("Kazakh", prior_region="russia")) == ["central-asia", "asia"]


def test_country_of_the_source_is_a_prior() -> None:
    verdict = classify(Document("Nothing here", source_country="eg"), book())
    assert verdict.region == "middle-east"
    assert [place.slug for place in verdict.places] == ["EG"]


def test_unknown_prior_is_no_error() -> None:
    assert slugs(Document("Nothing", prior_region="atlantis", source_country="ZZ")) == []


def test_nothing_said_gives_no_region() -> None:
    verdict = classify(Document("Nothing here"), book())
    assert (verdict.region, verdict.regions, verdict.topics, verdict.places) == (None, (), (), ())


def test_json_of_a_verdict() -> None:
    told = orjson.loads(orjson.dumps(to_json(classify(Document("Kazakh"), book()))))
    assert told["region"] == "central-asia"
    assert told["regions"][0]["why"] == [
        {
            "rule": "a.yaml:3:13", "term": "Kazakh*1", "place": "KZ", "field": "title",
            "start": 0, "end": 6, "count": 1, "points": 3.0,
        }
    ]  # fmt: skip
    assert set(told) == {"version", "region", "regions", "topics", "places"}


def test_reasons_can_be_left_out() -> None:
    labels = classify(Document("Kazakh"), book(), explain=False).regions
    assert labels[0].why == ()
    assert labels[0].score == 3.0


def test_near_misses_say_what_is_missing() -> None:
    told = explain(Document("Silk Road"), book())
    assert [(miss["slug"], miss["reason"]) for miss in told["near_misses"]] == [
        ("central-asia", "only weak terms spoke for it")
    ]
