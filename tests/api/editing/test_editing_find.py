"""Words are found in the texts of rules, whatever their case and accents, with the label they belong to."""

from services.api.editing.find import find
from services.classify.starter import starter_texts

TEXTS = {
    "places/asia.yaml": "places:\n  KZ:\n    en: [Kazakhstan*1, Almaty]\n    ru: [Қазақстан, Алматы]\n  TR:\n    en: [Türkiye]\n",
    "regions/asia.yaml": (
        "labels:\n  - id: region/central-asia\n    name: Central Asia\n    terms: [Central Asia*1]\n"
        "    tests:\n      - {title: Almaty hosts summit, expect: [region/central-asia]}\n"
        "  - {id: topic/energy, name: Energy, terms: [oil]}\n"
    ),
}


def places(words):
    return [(hit.file, hit.line, hit.owner, hit.is_test) for hit in find(TEXTS, words)[0]]


def test_a_term_is_found_with_its_place_and_rules_come_before_tests():
    assert places("almaty") == [
        ("places/asia.yaml", 3, "place/KZ", False),
        ("regions/asia.yaml", 6, "region/central-asia", True),
    ]


def test_whole_words_come_before_parts_of_others():
    texts = {
        "a.yaml": "terms: [Madagascar]\nterms: [gasoline]\n",
        "z.yaml": "terms: [oil, natural gas]\nterms: [=gas*1]\n",
    }
    assert [(hit.file, hit.line) for hit in find(texts, "Gas")[0]] == [
        ("z.yaml", 1),
        ("z.yaml", 2),
        ("a.yaml", 2),
        ("a.yaml", 1),
    ]


def test_case_accents_and_scripts_do_not_matter():
    assert places("TURKIYE") == [("places/asia.yaml", 6, "place/TR", False)]
    assert places("алматы") == places(" АЛМАТЫ ") == [("places/asia.yaml", 4, "place/KZ", False)]


def test_a_label_is_found_by_its_name_and_by_its_slug():
    assert ("regions/asia.yaml", 3, "region/central-asia", False) in places("central asia")
    assert places("topic/energy") == [("regions/asia.yaml", 7, "topic/energy", False)]


def test_what_was_found_is_marked_in_its_line():
    (hit,) = find(TEXTS, "turkiye")[0]
    assert [(piece.text, piece.found) for piece in hit.pieces] == [
        ("    en: [", False),
        ("Türkiye", True),
        ("]", False),
    ]


def test_long_lines_are_cut_around_what_was_found():
    (hit,) = find({"a.yaml": "x " * 5000 + "here" + " y" * 5000}, "here")[0]
    assert sum(len(piece.text) for piece in hit.pieces) < 300
    assert [piece.text for piece in hit.pieces if piece.found] == ["here"]


def test_nothing_is_found_of_nothing_and_many_are_counted():
    assert find(TEXTS, "  ") == ([], 0)
    shown, total = find({"a.yaml": "rain\n" * 500}, "rain", limit=10)
    assert (len(shown), total) == (10, 500)


def test_the_starter_rulebook_is_searched():
    hits, _ = find(starter_texts(), "Shymkent")
    assert ("place/KZ", "places/central-asia.yaml") in [(hit.owner, hit.file) for hit in hits]
