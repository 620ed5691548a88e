"""`addresses:` of a rulebook: what is refused and where, what is warned of, what a version and a difference make of it."""

import pytest

from services.api.pages.rule_words import edits
from services.classify.rules import RulebookError, diff, lint, load_texts

LABELS = "labels:\n  - {id: topic/energy, name: Energy, terms: [pipeline], tests: [{title: A pipeline, expect: [topic/energy]}]}\n"


def loaded(text: str):
    return load_texts({"addresses.yml": "addresses:\n" + text, "labels.yml": LABELS})


def refusals(text: str) -> list[str]:
    with pytest.raises(RulebookError) as refused:
        loaded(text)
    return [f"{f.line}:{f.column}: {f.sentence}" for f in refused.value.findings]


@pytest.mark.parametrize(
    ("text", "place", "word"),
    [
        ("  hosts: {co.uk: bbc.com}", "2:11", "no site of its own"),
        ("  hosts: {bbc.example: co.uk}", "2:24", "no site of its own"),
        ("  hosts: {example: bbc.com}", "2:11", "no host"),
        ("  hosts: {127.0.0.1: bbc.com}", "2:11", "no site of its own"),
        ("  hosts: {'https://a.example/': b.example}", "2:11", "no host"),
        ("  hosts: {a.example/news: b.example}", "2:11", "no host"),
        ("  hosts: {a.example: www.b.example}", "2:22", "In a key www.b.example is b.example"),
        ("  hosts: {www.a.example: a.example}", "2:11", "without a rule"),
        ("  hosts: {a.example: a.example}", "2:11", "without a rule"),
        ("  hosts: {a.example: b.example, b.example: a.example}", "2:33", "circle"),
        ("  hosts: {a.example: b.example, b.example: c.example, c.example: a.example}", "2:55", "circle"),
        ("  hosts: {bbc.com: bbc.co.uk}", "2:11", "circle"),
        ("  hosts: [a.example]", "2:10", "mapping"),
        ("  drop: [id]", "2:10", "says which article"),
        ("  drop: [P]", "2:10", "says which article"),
        ("  drop: [ref]", "2:10", "says which article"),
        ("  drop: [a=b]", "2:10", "A parameter is a name"),
        ("  drop: ['']", "2:10", "a text"),
        ("  sites: {www.a.example: {drop: [x]}}", "2:11", "In a key"),
        ("  sites: {bbc.co.uk: {drop: [x]}}", "2:11", "another name of bbc.com"),
        ("  hosts: {b.example: a.example}\n  sites: {b.example: {drop: [x]}}", "3:11", "another name of a.example"),
        ("  sites: {a.example: {drop: [x], keep: [X]}}", "2:11", "either drop or keep"),
        ("  sites: {a.example: {dropp: [x]}}", "2:23", "did you mean 'drop'?"),
        ("  sites: {a.example: {strip_suffix: [e]}}", "2:38", "An end of a path"),
        ("  sites: {a.example: {strip_suffix: [/]}}", "2:38", "An end of a path"),
        ("  sites: {a.example: {strip_suffix: [/print/]}}", "2:38", "An end of a path"),
        ("  sites: {a.example: {strip_suffix: [/print?x]}}", "2:38", "An end of a path"),
        ("  sites: {a.example: {strip_prefix: [m/]}}", "2:38", "A beginning of a path"),
        ("  owners: {A: [a.example], B: [a.example]}", "2:32", "an owner already, A"),
        ("  owners: {'': [a.example]}", "2:12", "An owner has a name"),
        ("  parameters: [x]", "2:3", "addresses has no key"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(text, place, word):
    told = refusals(text)
    assert any(line.startswith(place + ": ") and word in line for line in told), told


def test_addresses_stand_in_one_file_only():
    text = "addresses:\n  drop: [promo]\n"
    with pytest.raises(RulebookError, match=r"b\.yml:1:1: error: addresses stand in one file only"):
        load_texts({"a.yml": text, "b.yml": text, "c.yml": LABELS})


@pytest.mark.parametrize(
    ("text", "place", "word"),
    [
        ("  hosts: {bbc.co.uk: bbc.com}", "2:11", "without this rule"),
        ("  drop: [utm_campaign]", "2:10", "without this rule"),
        ("  sites: {a.example: {drop: [fbclid]}}", "2:30", "without this rule"),
        ("  sites: {a.example: {drop: [id]}}", "2:30", "often says which article"),
        ("  sites: {a.example: {keep: [story_no]}}", "2:30", "stays at a.example without this rule"),
    ],
)
def test_what_is_likely_a_mistake_is_warned_of(text, place, word):
    (finding,) = lint(loaded(text))
    assert (finding.file, f"{finding.line}:{finding.column}") == ("addresses.yml", place)
    assert word in finding.sentence


def test_a_rulebook_without_them_has_the_version_it_always_had_and_layout_does_not_count():
    plain = load_texts({"labels.yml": LABELS})
    assert plain.version == load_texts({"a.yml": "defaults: {}\n", "labels.yml": LABELS}).version
    one = loaded("  drop: [promo, campaign_code]\n  hosts: {b.example: a.example}")
    other = loaded("  hosts:\n    b.example: a.example\n  # beside\n  drop: [campaign_code, promo]")
    assert one.version == other.version != plain.version


def test_a_difference_names_each_rule_that_came_went_or_changed():
    before = loaded("  hosts: {b.example: a.example}\n  drop: [promo]\n  owners: {A: [a.example]}")
    after = loaded(
        "  hosts: {b.example: c.example}\n  sites: {a.example: {keep: [utm_id]}}\n  owners: {B: [a.example]}"
    )
    found = {
        (e.subject, e.change.name): (e.change.before, e.change.after) for e in diff(before, after).settings
    }
    assert found == {
        ("addresses", "hosts/b.example"): ("a.example", "c.example"),
        ("addresses", "drop/promo"): ("yes", None),
        ("addresses", "sites/a.example/keep/utm_id"): (None, "yes"),
        ("addresses", "owners/a.example"): ("A", "B"),
    }
    assert not diff(after, after)
    (group,) = edits(diff(before, after).to_json())
    assert group.owner == "addresses"
    assert [(line.sign, line.text, line.detail, line.at) for line in group.lines] == [
        ("−", "drop/promo", "", "addresses.yml:3:10"),
        ("~", "hosts/b.example", "from a.example to c.example", "addresses.yml:2:11"),
        ("~", "owners/a.example", "from A to B", "addresses.yml:4:16"),
        ("+", "sites/a.example/keep/utm_id", "", "addresses.yml:3:30"),
    ]
