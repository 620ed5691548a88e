"""GET /v1/articles/{id} over real HTTP."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from services.api.schemas.answers import ArticleBody
from services.core.db import transaction
from services.ingest import retention
from tests.fixtures.furniture import furnish


def test_an_article_comes_whole_with_the_reason_for_every_label(site, desk):
    shown = furnish(desk)[0]
    body = site.json(f"/v1/articles/{shown}")
    ArticleBody.model_validate(body)
    region = body["labels"]["regions"][0]
    why = region["why"][0]
    assert (region["slug"], region["primary"]) == ("central-asia", True)
    assert body["title"][why["start"] : why["end"]] == why["term"] == "Kazakhstan"
    assert {seen["source"]["id"] for seen in body["sightings"]} == {
        "steppe-courier.example", "silkroad-post.example", "meridian-daily.example",
    }  # fmt: skip


def test_a_label_set_by_hand_names_its_editor_on_the_page_and_in_json(site, desk):
    shown = furnish(desk)[0]
    editor = '{"by": "Ada", "note": "A visit, no more"}'
    with transaction() as session:
        session.execute(
            text(
                "UPDATE articles SET verdict = jsonb_set(verdict, '{regions,0}', verdict #> '{regions,0}' ||"
                " jsonb_build_object('origin', 'editor', 'why', '[]'::jsonb, 'editor', cast(:editor AS jsonb)))"
                " WHERE id = :id"
            ),
            {"editor": editor, "id": shown},
        )
    assert "Set by an editor, Ada: A visit, no more." in site.get(f"/article/{shown}").text
    region = site.json(f"/v1/articles/{shown}")["labels"]["regions"][0]
    assert (region["why"], region["editor"]) == ([], {"by": "Ada", "note": "A visit, no more"})


def test_a_duplicate_answers_itself_and_names_what_is_shown(site, desk):
    shown = desk.article()
    again = desk.duplicate(shown, source="b.example")
    body = site.json(f"/v1/articles/{again}")
    assert (body["id"], body["duplicate_of"]) == (again, shown)


def test_a_merged_article_leads_to_its_survivor(site, desk):
    gone, survivor = desk.article(), desk.article()
    desk.take_out(gone, "merged", into=survivor)
    answer = site.get(f"/v1/articles/{gone}")
    assert (answer.status, answer.headers["location"]) == (308, f"/v1/articles/{survivor}")
    page = site.get(f"/article/{gone}")
    assert (page.status, page.headers["location"]) == (308, f"/article/{survivor}")
    # An editor may say that the two are not the same: a browser has to ask again.
    assert {found.headers["cache-control"] for found in (answer, page)} == {"no-cache"}


def test_a_removed_article_is_gone_and_says_why_to_programs_and_people(site, desk):
    gone = desk.article("Prices rise", text="Words")
    copy = desk.duplicate(gone, source="b.example")
    desk.take_out(gone)
    answer = site.get(f"/v1/articles/{gone}")
    assert (answer.status, answer.json["type"]) == (410, "/docs#removed")
    assert answer.json["detail"] == f"Article {gone} was removed. It is no news, says ada."
    page = site.get(f"/article/{gone}", accept="text/html")
    assert page.status == 410
    assert "It is no news, says ada." in page.text
    assert "Words" not in page.text
    desk.take_out(copy)
    assert site.get(f"/v1/articles/{copy}").status == 410


def test_an_expired_article_says_how_long_articles_are_kept(site, desk):
    old = desk.article(age=timedelta(days=91))
    retention.let_go()
    detail = site.get(f"/v1/articles/{old}").json["detail"]
    assert (
        detail == f"Article {old} was removed. It is older than 90 days, which is how long articles are kept."
    )


def test_an_article_that_waits_says_so(site, desk):
    waits = desk.article(listed=False)
    aside = desk.article(listed=False, quarantined="three workers died on it")
    assert "waits for labels" in site.get(f"/v1/articles/{waits}").json["detail"]
    assert "three workers died on it" in site.get(f"/v1/articles/{aside}").json["detail"]


@pytest.mark.parametrize(
    "found", ["0", "-1", "x", "1.5", "999", str(2**63), "9" * 40, "01", "+1", "%201", "1_0", "%EF%BC%91"]
)
def test_an_id_that_is_none_is_404(site, desk, found):
    """One article has one address, so its number is written in one way."""
    for _ in range(10):
        desk.article()
    answer = site.get(f"/v1/articles/{found}")
    assert (answer.status, answer.json["type"]) == (404, "/docs#not-found")
    assert site.get(f"/article/{found}").status == 404
    assert site.get(f"/v1/stories/{found}").status == 404


def test_its_tag_changes_with_the_article_and_with_nothing_else(site, desk):
    article = desk.article("First")
    tag = site.get(f"/v1/articles/{article}").headers["etag"]
    desk.edit(article, title="Second")
    assert site.get(f"/v1/articles/{article}", if_none_match=tag).status == 200
    tag = site.get(f"/v1/articles/{article}").headers["etag"]
    assert site.get(f"/v1/articles/{article}", if_none_match=tag).status == 304
    desk.duplicate(article, source="b.example")
    assert site.get(f"/v1/articles/{article}", if_none_match=tag).status == 200


def test_its_tag_stays_while_other_articles_come_and_while_it_is_only_worked_on(site, desk):
    article = desk.article("First")
    first = site.get(f"/v1/articles/{article}")
    other = desk.article("Another", source="b.example")
    desk.sighting(other, source="c.example", url="https://c.example/1")
    with transaction() as session:
        session.execute(
            text("UPDATE articles SET attempts = 1, lease_token = 'x' WHERE id = :id"), {"id": article}
        )
    again = site.get(f"/v1/articles/{article}")
    assert (again.body, again.headers["etag"]) == (first.body, first.headers["etag"])
    desk.sighting(article, source="c.example", url="https://c.example/2")
    assert site.get(f"/v1/articles/{article}").headers["etag"] != first.headers["etag"]


def test_a_password_in_a_feeds_address_is_not_shown(site, desk):
    desk.feed("wire.example", url="https://wire.example/feed.xml")
    article = desk.article(source="wire.example")
    with transaction() as session:
        session.execute(text("UPDATE feeds SET url = 'https://me:secret@wire.example/feed.xml'"))
    for path in (f"/v1/articles/{article}", f"/article/{article}", "/operator"):
        assert "secret" not in site.get(path).text
