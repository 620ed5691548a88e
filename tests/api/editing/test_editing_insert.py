"""A term or a test is added to a label as a line, and nothing else of the text changes."""

import pytest
import yaml

from services.api.editing.insert import LISTS, add_term, add_test, written
from services.classify.rules import compile_rulebook, load_texts, run_tests
from services.classify.starter import starter_texts

FLOW = "labels:\n  - id: topic/energy\n    name: Energy\n    terms: [oil, gas*1]  # burns\n"
LONG = "labels:\n  - id: topic/energy\n    name: Energy\n    terms: [oil,\n      gas*1]\n    tests:\n      - {title: Oil, expect: [topic/energy]}\n"
BLOCK = (
    "labels:\n- id: topic/energy\n  name: Energy\n  terms:\n  - oil\n  - gas*1\n- id: topic/x\n  name: X\n"
)
NONE = "labels:\n  - id: topic/energy\n    name: Energy\n    strong: [=OPEC]\n    tests:\n      - {title: OPEC, expect: [topic/energy]}\n  - id: topic/x\n    name: X\n"
INLINE = "labels:\n  - {id: topic/energy, name: Energy, terms: [oil]}\n"
BARE = "labels:\n  - {id: topic/energy, name: Energy}\n"
END = "labels:\n  - id: topic/energy\n    name: Energy"


@pytest.mark.parametrize("text", [FLOW, LONG, BLOCK, NONE, INLINE, BARE, END])
@pytest.mark.parametrize(
    "term", ["reactor*1", "=OPEC+", "gas: natural", "#1 oil", "нефт*4", "it's", "yes", "(a|b) c"]
)
def test_a_term_is_added_and_nothing_else_changes(text, term):
    file, made, line = add_term({"a.yaml": text}, "topic/energy", term)
    assert file == "a.yaml"
    before, after = yaml.safe_load(text), yaml.safe_load(made)
    (old,) = [rule for rule in before["labels"] if rule["id"] == "topic/energy"]
    (new,) = [rule for rule in after["labels"] if rule["id"] == "topic/energy"]
    assert [str(item) for item in new.pop("terms")] == [
        *old.pop("terms", []),
        term if term != "yes" else "True",
    ]
    assert after == before
    assert written(term).split()[0] in made.splitlines()[line - 1]


def test_comments_and_layout_stay():
    assert add_term({"a.yaml": FLOW}, "topic/energy", "coal")[1] == FLOW.replace("gas*1]", "gas*1, coal]")
    assert add_term({"a.yaml": LONG}, "topic/energy", "coal")[1] == LONG.replace("gas*1]", "gas*1, coal]")
    assert add_term({"a.yaml": BLOCK}, "topic/energy", "coal")[1] == BLOCK.replace(
        "- gas*1\n", "- gas*1\n  - coal\n"
    )
    assert add_term({"a.yaml": NONE}, "topic/energy", "coal")[1] == NONE.replace(
        "    tests:", "    terms: [coal]\n    tests:", 1
    )


def test_what_cannot_be_done_surely_is_not_done():
    assert add_term({"a.yaml": FLOW}, "topic/nothing", "coal") is None
    assert add_term({"a.yaml": FLOW, "b.yaml": FLOW}, "topic/energy", "coal") is None
    assert add_term({"a.yaml": "labels: [topic/energy"}, "topic/energy", "coal") is None
    assert (
        add_term({"a.yaml": "labels:\n  - id: topic/energy\n    terms: oil\n"}, "topic/energy", "coal")
        is None
    )
    assert add_term({"a.yaml": "labels: topic/energy\n"}, "topic/energy", "coal") is None
    for deep in ("[" * 100_000, "[\n" * 100_000, "".join(" " * n + "- \n" for n in range(500))):
        assert add_term({"a.yaml": "a: topic/energy\nb: " + deep}, "topic/energy", "coal") is None
    assert add_term(
        {"a.yaml": "x: &a topic/energy\nlabels: [{id: *a, terms: [b]}]\n"}, "topic/energy", "coal"
    )[1].endswith("[b, coal]}]\n")


@pytest.mark.parametrize("text", [FLOW, LONG, BLOCK, NONE, INLINE, BARE, END])
@pytest.mark.parametrize("expect", [True, False])
def test_a_test_is_added(text, expect):
    title = 'He said: "oil, #1" \\ {gas}'
    _, made, _ = add_test({"a.yaml": text}, "topic/energy", title, expect=expect, lang="en")
    (rule,) = [rule for rule in yaml.safe_load(made)["labels"] if rule["id"] == "topic/energy"]
    wants = "expect" if expect else "reject"
    assert rule["tests"][-1] == {"title": title, "lang": "en", wants: ["topic/energy"]}


def test_every_label_of_the_starter_rulebook_takes_a_term_and_a_test_in_every_tier():
    texts = starter_texts()
    labels = [rule.id for rule in load_texts(texts).rules]
    for label in labels:
        file, made, _ = add_term(texts, label, "Zzyzx*1")
        texts = {**texts, file: made}
        file, made, _ = add_test(texts, label, "Zzyzx opens", expect=True)
        texts = {**texts, file: made}
    changed = load_texts(texts)
    assert all(any(term.written == "Zzyzx*1" for term in rule.terms) for rule in changed.rules)
    assert len(labels) > 40
    energy = {"topics/energy.yaml": texts["topics/energy.yaml"]}
    for tier in ("strong", "terms", "weak", "minus", "mask", "veto", "terms@ru", "terms@kk"):
        assert LISTS.fullmatch(tier)
        assert add_term(energy, "topic/energy", "Zzyzx", tier=tier) is not None
    told = [
        r
        for r in run_tests(compile_rulebook(load_texts(energy | {"d.yaml": texts["topics/business.yaml"]})))
        if "Zzyzx" in r.example.document.title
    ]
    assert len(told) >= 1
