"""The rulebook that ships: its tests pass, it covers the world, and the page it was conceived from is labelled right."""

import json
from pathlib import Path

import pytest

from services.classify.rules import (
    CompiledRulebook,
    Document,
    classify,
    run_tests,
)
from services.classify.starter import load_folder
from services.core.errors import InvalidInputError, NotFoundError
from services.core.iso import CODES

SEED = Path(__file__).parents[4] / "shared" / "data" / "seed" / "seed.jsonl"


def test_its_own_tests_pass(compiled: CompiledRulebook) -> None:
    results = run_tests(compiled)
    assert [(r.label, r.example.document.title, r.sentence) for r in results if not r.passed] == []


def test_every_label_has_tests(compiled: CompiledRulebook) -> None:
    assert [rule.id for rule in compiled.rulebook.rules if len(rule.tests) < 2] == []


def test_every_country_has_terms_and_a_region(compiled: CompiledRulebook) -> None:
    named = {place.code for place in compiled.rulebook.places if place.terms}
    assert CODES - named == set()
    assert {code for code in CODES if not compiled.rulebook.regions_of(code)} == set()


@pytest.mark.parametrize("lang", ["en", "ru", "fr", "es", "de", "pt", "ar", "tr", "zh"])
def test_most_countries_are_named_in_each_language(compiled: CompiledRulebook, lang: str) -> None:
    named = [place for place in compiled.rulebook.places if any(term.lang == lang for term in place.terms)]
    assert len(named) >= 220


@pytest.mark.parametrize(
    ("lang", "title", "place"),
    [
        ("fr", "Le président du Kazakhstan en visite", "KZ"),
        ("de", "Regierung in Usbekistan tritt zurück", "UZ"),
        ("es", "Terremoto en Japón deja heridos", "JP"),
        ("pt", "Eleições na Alemanha", "DE"),
        ("ar", "الرئيس يصل إلى كازاخستان", "KZ"),
        ("tr", "Kazakistan'da seçim", "KZ"),
        ("zh", "乌兹别克斯坦总统访问", "UZ"),
        ("ja", "カザフスタンの大統領が会談", "KZ"),
        ("sv", "Val i Kyrgyzstan", "KG"),
        (None, "Встреча в Душанбе", "TJ"),
    ],
)
def test_places_in_many_languages(
    compiled: CompiledRulebook, lang: str | None, title: str, place: str
) -> None:
    assert place in [label.slug for label in classify(Document(title, language=lang), compiled).places]


@pytest.mark.skipif(not SEED.exists(), reason="The development data is not here; nothing to compare with.")
def test_seed_page_is_labelled_as_its_site_labelled_it(compiled: CompiledRulebook) -> None:
    rows = [json.loads(line) for line in SEED.read_text(encoding="utf-8").splitlines()]
    names = {info.name: info for info in compiled.rulebook.labels}
    for row in rows:
        verdict = classify(Document(row["title"], row["body"], language=row["lang"]), compiled)
        info = names[row["label"]]
        given = verdict.regions if info.kind == "region" else verdict.topics
        assert info.slug in [label.slug for label in given], row["title"]


@pytest.mark.skipif(not SEED.exists(), reason="The development data is not here; nothing to compare with.")
def test_seed_regions_come_first(compiled: CompiledRulebook) -> None:
    for line in SEED.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["label_kind"] == "region":
            verdict = classify(Document(row["title"], row["body"], language=row["lang"]), compiled)
            above = compiled.rulebook.ancestors("region", verdict.region or "")
            names = {info.slug: info.name for info in compiled.rulebook.labels if info.kind == "region"}
            assert row["label"] in [names[slug] for slug in (verdict.region or "", *above)], row["title"]


def test_folder_reader_refuses_what_it_cannot_read(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        load_folder(tmp_path / "nothing")
    with pytest.raises(NotFoundError):
        load_folder(tmp_path)
    (tmp_path / "bad.yaml").write_bytes(b"labels: \xff")
    with pytest.raises(InvalidInputError, match="UTF-8"):
        load_folder(tmp_path)


def test_folder_reader_names_files_below_the_folder(tmp_path: Path) -> None:
    (tmp_path / "topics").mkdir()
    (tmp_path / "topics" / "a.yaml").write_text("labels: [{id: topic/a, terms: [x]}]", encoding="utf-8")
    assert list(load_folder(tmp_path)) == ["topics/a.yaml"]
