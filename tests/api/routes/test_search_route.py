"""Full-text search over HTTP, in the languages stored; and the same words for those who follow."""

from contextlib import suppress
from datetime import timedelta
from urllib.parse import quote

import pytest
from sqlalchemy import text

from services.api.queries import searched
from services.api.reach import Way
from services.classify.labelling import indexing
from services.classify.labelling.reindex import reindex_stored
from services.core import db
from services.core.db import transaction
from tests.fixtures.sentences import ARTICLES, ASKED


def fill(desk) -> dict[int, str]:
    """The articles of the sentences, as they are stored; their names by id."""
    return {
        desk.article(title, text=body, language=language): name
        for name, (language, title, body) in ARTICLES.items()
    }


def found(site, names: dict[int, str], q: str) -> set[str]:
    return {names[item["id"]] for item in site.json(f"/v1/latest?limit=200&q={quote(q)}")["items"]}


def test_words_are_found_in_the_languages_stored(site, desk):
    names = fill(desk)
    assert {q: found(site, names, q) for q in ASKED} == ASKED


def test_who_follows_hears_of_what_a_search_finds(site, desk):
    """One condition for both: whatever is found is told, and nothing else."""
    names = fill(desk)
    for q, expected in ASKED.items():
        told = site.json(f"/v1/changes?limit=200&q={quote(q)}")["items"]
        assert {names[change["article"]["id"]] for change in told} == expected, q


def test_traditional_and_simplified_chinese_find_each_other_everywhere(site, desk):
    old, new = (
        desk.article("哈薩克總統訪問臺灣", language="zh"),
        desk.article("哈萨克总统访问北京", language="zh"),
    )
    for q in ("哈薩克", "哈萨克", "總統訪問", "总统访问"):
        address = f"q={quote(q)}"
        assert {item["id"] for item in site.json(f"/v1/latest?{address}")["items"]} == {old, new}
        told = site.json(f"/v1/changes?{address}")["items"]
        assert [change["article"]["id"] for change in told] == [old, new]
        feed = site.get(f"/feeds/latest.json?{address}").json
        assert len(feed["items"]) == 2


@pytest.mark.parametrize("q", ["—", "& | !", '""', "¨"])
@pytest.mark.parametrize("path", ["/v1/latest", "/v1/changes"])
def test_a_question_without_a_word_is_refused_with_a_sentence(site, desk, path, q):
    answer = site.get(f"{path}?q={quote(q)}")
    assert (answer.status, answer.json["type"], answer.json["parameter"]) == (
        400,
        "/docs#invalid-parameter",
        "q",
    )
    assert "a letter or a digit" in answer.json["detail"]


def forget_words(ids) -> None:
    """As an earlier version left them: words as they are written."""
    with transaction() as session:
        session.execute(
            text(
                "UPDATE articles SET search = to_tsvector('simple', title || ' ' || text) WHERE id = ANY(:ids)"
            ),
            {"ids": list(ids)},
        )
        session.execute(text("UPDATE search_state SET version = '', finished_at = NULL, at_id = NULL"))


def test_what_was_stored_before_is_found_after_the_walk(site, desk, monkeypatch):
    names = fill(desk)
    forget_words(names)
    assert found(site, names, "бюджетом") == set()
    assert found(site, names, "бюджета") == {"ru-budget"}  # as it is written it is found all the while
    monkeypatch.setattr("services.classify.labelling.reindex.STEP", 5)
    with transaction() as session:
        assert indexing.due(session) == 1
    assert reindex_stored() == len(names)
    with transaction() as session:
        assert indexing.due(session) == 0
    assert {q: found(site, names, q) for q in ASKED} == ASKED
    assert reindex_stored() == 0


def test_a_walk_that_died_goes_on_where_it_was(service, desk):
    names = fill(desk)
    forget_words(names)
    with transaction() as session:
        assert indexing.step(session, limit=10) == 10
    with suppress(KeyboardInterrupt), transaction() as session:
        indexing.step(session, limit=10)
        raise KeyboardInterrupt
    with transaction() as session:
        assert session.scalar(text("SELECT looked FROM search_state")) == 10
    assert reindex_stored() == len(names) - 10


def test_two_walks_do_not_wait_for_each_other(service, desk):
    forget_words(fill(desk))
    with transaction() as one, transaction() as other:
        assert indexing.step(one, limit=5) == 5
        assert indexing.step(other, limit=5) == 0


def test_what_was_taken_out_is_not_indexed(service, desk):
    gone = desk.article("Gone")
    desk.take_out(gone)
    forget_words([])
    reindex_stored()
    with transaction() as session:
        assert session.scalar(text("SELECT search FROM articles WHERE id = :id"), {"id": gone}) is None


@pytest.mark.parametrize("q", ["gas", "gas&region=central-asia", "gas&language=de"])
def test_words_that_few_of_the_newest_have_are_found_in_order_all_the_same(site, desk, monkeypatch, q):
    """Whether a page is full after the newest, after a stretch of time, or only with all that have the words."""
    told = {"regions": ["central-asia"], "language": "de"}
    wanted = [
        desk.article("Gas" if n % 4 == 0 else "Oil", age=timedelta(hours=n), **told) for n in range(1, 41)
    ][3::4]
    desk.article("Gas", age=timedelta(minutes=1), listed=False, **told)
    with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE articles"))
    gone = []

    def further(*, stored, stretches, **_):
        assert stored == 41.0
        gone.append(Way.STRETCH if stretches > 1 else Way.WALK if len(gone) % 2 else Way.ALL)
        return gone[-1], 2

    monkeypatch.setattr(searched, "LOOKED_THROUGH", 1)
    monkeypatch.setattr(searched, "further", further)
    pages, path = [], f"/v1/latest?limit=1&q={q}"
    while path:
        page = site.json(path)
        pages.append([item["id"] for item in page["items"]])
        path = page["next"] and f"/v1/latest?limit=1&q={q}&before={page['next']}"
    assert [number for page in pages for number in page] == wanted
    assert set(gone) == {*Way}
    assert [item["id"] for item in site.json(f"/v1/latest?limit=9&q={q}")["items"]] == wanted[:9]
