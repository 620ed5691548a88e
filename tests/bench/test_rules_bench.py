"""The parts of the bench of the rules that decide what is measured and printed."""

from services.classify.rules import Document, classify, compile_rulebook, load_texts
from services.classify.starter import starter_texts
from tests.bench import rules, rules_lines
from tests.bench.rules_gold import TOPICS
from tests.bench.rules_quality import Score
from tests.bench.rules_texts import CHARACTERS, LANGUAGES, documents

LABELS = {(label.kind, label.slug) for label in load_texts(starter_texts()).labels}


def test_articles_are_the_same_in_every_run_and_of_one_length():
    for language in LANGUAGES:
        written = documents(language, 5)
        assert written == documents(language, 5)
        assert {len(document.title) + len(document.body) for document in written} == {CHARACTERS}


def test_a_generated_rulebook_labels_what_the_press_writes_whatever_its_size():
    few, many = (compile_rulebook(load_texts({"a.yaml": rules.generated(size)})) for size in (10, 300))
    written = documents("en", 20)
    labels = [[label.slug for label in classify(document, few).topics] for document in written]
    assert sum(map(len, labels)) > 10
    assert labels == [[label.slug for label in classify(document, many).topics] for document in written]


def test_every_topic_of_the_table_is_one_of_ours():
    named = {slug for classes in TOPICS.values() for allowed in classes.values() for slug in allowed}
    assert {slug for slug in named if ("topic", slug) not in LABELS} == set()


def found(*, reasons: float = 1.1, many: float = 1.2) -> rules.Found:
    result = rules.Found()
    for way, seconds in {
        "labels": 1.0,
        "explained": 1.0,
        "labels as JSON": 1.0,
        "explained as JSON": reasons,
        "look-up": 0.5,
    }.items():
        result.note(way, "English", seconds)
    for size in rules.SIZES:
        result.note("rules", str(size), many if size == rules.SIZES[-1] else 1.0)
    for step in ("read", "compiled", "linted"):
        result.note("starter", step, 0.5)
    return result


def test_figures_that_only_a_mistake_can_explain_are_faults():
    assert rules_lines.faults(found()) == []
    assert "reasons cost 1.60 times" in rules_lines.faults(found(reasons=1.6))[0]
    assert "2.5 times as much among 10000 rules" in rules_lines.faults(found(many=2.5))[0]


def test_quality_stands_with_its_target_and_precision():
    score = Score("Reuters", "micro-F1", 0.94, "precision 0.930, recall 0.950", 7, target=0.93)
    line = rules_lines.lines(found(), [score])[-1]
    assert (line.value, line.note) == (0.94, "precision 0.930, recall 0.950, 7 texts, target 0.93")


def test_the_yardstick_finds_words_and_no_phrases():
    book = compile_rulebook(load_texts({"a.yaml": "places: {KZ: {en: [Kazakhstan, Astana]}}"}))
    assert rules.bare_look_up(book)(Document("Astana speaks", "of Kazakhstan")) == {"KZ"}
