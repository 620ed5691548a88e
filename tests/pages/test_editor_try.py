"""A headline is tried on the draft and on what is in force, side by side, and kept as a test."""

import pytest

from tests.fixtures.markup import Page
from tests.fixtures.workbench import NEW, RULES, TOPICS, hidden_fields, publish, save, stored, text_of


@pytest.fixture(autouse=True)
def version(service):
    return publish(RULES)


def tried(window, **fields):
    return window.follow(window.post("/editor/try", **fields))


def test_labels_are_told_with_why_and_why_not(window, classify):
    found = tried(window, title="Kazakh doctor fights measles", body="Not oily at all.", lang="en")
    told = text_of(found)
    assert "Central Asia primary" in told
    assert "Kazakh in the title" in told
    assert [a["href"] for a, text in found.all("a", class_="at") if text == "topics/all.yaml:9:14"]
    assert {"Kazakh", "measles"} <= {text for _, text in found.all("mark")}
    assert found.all("input", id="title")[0][0]["value"] == "Kazakh doctor fights measles"
    assert "Your draft" not in told


def test_the_draft_stands_beside_what_is_in_force(window, classify):
    save(window, "topics/all.yaml", TOPICS.replace("[oil]", "[oil, coal]").replace("[measles]", "[polio]"))
    told = text_of(tried(window, title="Coal and measles"))
    assert "Your draft adds Energy, and takes Health away." in told
    assert "gives the same labels" in text_of(tried(window, title="Kazakh oil"))


def test_a_draft_that_cannot_be_read_says_so_and_the_rest_is_told(window, classify):
    save(window, "topics/all.yaml", "labels: [")
    told = text_of(tried(window, title="Kazakh oil"))
    assert "Your draft: The rulebook was refused" in told
    assert "Central Asia" in told


def test_a_stored_article_is_tried(window, desk, classify):
    publish(RULES | NEW)
    article = desk.article("Oil price falls", text="In Almaty.", language="en")
    found = tried(window, article=str(article))
    assert f"This is article {article}" in text_of(found)
    assert "Energy" in text_of(found)
    assert "There is no article" in text_of(tried(window, article="99999"))


def test_a_headline_is_kept_as_a_test(window, classify):
    found = tried(window, title='He said "no": measles #1', lang="en")
    window.send(found, "/editor/draft/example", label="topic/health", must="expect")
    assert (
        stored()
        .texts["topics/all.yaml"]
        .endswith(
            '    tests:\n      - {title: "He said \\"no\\": measles #1", lang: "en", expect: [topic/health]}\n'
        )
    )
    window.send(tried(window, title="Oil"), "/editor/draft/example", label="topic/health", must="reject")
    assert "reject: [topic/health]}" in stored().texts["topics/all.yaml"]
    told = text_of(window.follow(window.post("/editor/draft/test")))
    assert "All 3 tests pass." in told


@pytest.mark.parametrize(
    "fields", [{}, {"title": " "}, {"title": "x" * 2001}, {"article": "x"}, {"title": "a", "lang": "x" * 41}]
)
def test_what_cannot_be_tried_is_refused(window, fields):
    answer = window.post("/editor/try", **fields)
    page = Page(answer.text)
    assert answer.status == 400
    assert page.all("p", role="alert")
    assert page.all("input", id="title")[0][0]["value"] == fields.get("title", "")


def test_a_language_that_does_not_exist_is_told_beside_the_form(window):
    for path, more in (
        ("/editor/try", {}),
        ("/editor/draft/example", {"label": "topic/health", "must": "expect"}),
    ):
        answer = window.post(path, title="新疆", lang="cn", **more)
        assert answer.status == 400
        assert "There is no language 'cn'. Did you mean zh?" in [
            t for _, t in Page(answer.text).all("p", role="alert")
        ]


def test_a_test_that_cannot_be_added_is_told_beside_its_form(window):
    answer = window.post(
        "/editor/draft/example", title="Oil falls", label="topic/nothing", must="reject", body="Much."
    )
    page = Page(answer.text)
    assert answer.status == 422
    assert "cannot be told surely" in page.all("p", role="alert")[0][1]
    assert hidden_fields(page, "/editor/draft/example")["title"] == "Oil falls"
    assert [a["value"] for a, _ in page.all("option", value="reject") if "selected" in a] == ["reject"]
    assert stored() is None
