"""Copies and stories are judged on the workbench: what changes is shown first, then said, listed, taken back, measured."""

import pytest
from sqlalchemy import text

from services.api.pages import render
from services.api.shapes import SourceRef
from services.core import judgements
from services.core.db import transaction
from services.core.models import ArticleUrl, Copy, Story, StoryArticle
from tests.fixtures.markup import Page, page
from tests.fixtures.workbench import RULES, hidden_fields, publish, text_of


@pytest.fixture
def two(desk):
    publish(RULES)
    return [
        desk.article("Quake in Osh", text="A quake shook Osh.", source="wire.example", language="en"),
        desk.article("Osh: a quake", text="Osh was shaken.", source="tribune.example", language="en"),
    ]


@pytest.fixture
def copied(desk, two):
    """The first one with a copy."""
    hidden = desk.duplicate(two[0], source="other.example")
    with transaction() as session:
        session.add(Copy(one=two[0], other=hidden, by="text", judgement={"sentence": "the same"}))
    return two[0], hidden


@pytest.fixture
def story(desk, two):
    third = desk.article("Osh counts losses")
    with transaction() as session:
        session.add(
            Story(id=7, founded_at=desk.now, updated_at=desk.now, lead_id=two[0], articles=3, publishers=2)
        )
        session.flush()
        for number, article in enumerate([*two, third], start=1):
            session.add(
                StoryArticle(article_id=article, story_id=7, number=number, decided_at=desk.now, decision={})
            )
    return [*two, third]


def standing():
    with transaction() as session:
        return [(row.one, row.other, row.says, row.note, row.author) for row in judgements.listing(session)]


def links(found: Page) -> dict[str, str]:
    return {told: str(attributes["href"]) for attributes, told in found.all("a")}


def test_every_article_leads_its_editors_to_saying(site, two, window):
    found = links(page(site, f"/article/{two[0]}"))
    assert found["Not news"] == f"/editor/judge/{two[0]}/say?says=not_news"
    judged = window.get(found["Same as another?"])
    assert "Quake in Osh" in text_of(judged)
    assert "Nothing stands as one article with it." in text_of(judged)


def test_nobody_judges_who_is_not_signed_in(site, two):
    for path in (
        f"/editor/judge/{two[0]}",
        f"/editor/judge/{two[0]}/say?says=not_news",
        "/editor/judgements",
        "/editor/stories/7",
    ):
        answer = site.get(path, accept="text/html")
        assert (answer.status, answer.headers["location"].split("?")[0]) == (303, "/editor/sign-in")
    assert site.get(f"/editor/judge/{two[0]}/say", method="POST", body=b"says=not_news").status in {401, 403}
    assert standing() == []


@pytest.mark.parametrize("how", ["number", "address", "page"])
def test_the_same_is_said_of_another_by_number_or_address_after_it_was_shown(two, window, site, how):
    first, second = two
    with transaction() as session:
        session.add(ArticleUrl(url_key="tribune.example/osh", article_id=second))
    other = {
        "number": str(second),
        "address": "http://www.tribune.example/osh?utm_source=x",
        "page": f"{site.url}/article/{second}",
    }[how]
    looked = window.get(f"/editor/judge/{first}/say?says=duplicate&other={other.replace('?', '%3F')}")
    assert looked.all("h1")[0][1] == "They are one text"
    assert f"Article {second} will be hidden behind article {first}" in text_of(looked)
    assert standing() == []
    done = window.send(looked, f"/editor/judge/{first}/say", note=" one wire ")
    assert f"Articles {first} and {second} are one text. A worker follows" in text_of(done)
    assert standing() == [(first, second, "duplicate", "one wire", "aigerim")]


def test_beside_a_copy_stands_that_it_is_not_the_same(copied, window):
    shown, hidden = copied
    found = window.get(f"/editor/judge/{shown}")
    looked = window.get(links(found)["Not the same"])
    assert f"Article {hidden} will be shown again" in text_of(looked)
    window.send(looked, f"/editor/judge/{shown}/say")
    assert standing() == [(shown, hidden, "no", "", "aigerim")]


def test_of_what_is_one_the_one_that_is_shown_is_marked(copied, window):
    shown, hidden = copied
    head = window.get(f"/editor/judge/{shown}")
    assert f"This one, article {shown}, is the one that is shown." in text_of(head)
    assert [told for _, told in head.all("span", class_="badge")] == []
    behind = window.get(f"/editor/judge/{hidden}")
    assert f"It stands behind article {shown}" in text_of(behind)
    assert [told for _, told in behind.all("span", class_="badge")] == ["shown"]
    with transaction() as session:
        judgements.say(session, shown, None, "not_news", author="dana")
    behind = window.get(f"/editor/judge/{hidden}")
    assert [told for _, told in behind.all("span", class_="badge")] == ["stands before the others"]


def test_the_link_beside_a_copy_names_both():
    class Other:
        source = SourceRef("wire.example", "Wire", None, None)
        article = 31

    macro = render._ENVIRONMENT.get_template("judge_parts.html").module.apart
    (link,) = Page(str(macro(12, Other))).all("a")
    assert link == (
        {"class": "quiet small", "href": "/editor/judge/12/say?says=no&other=31", "rel": "nofollow"},
        "Not the same as Wire",
    )
    Other.article = None
    assert str(macro(12, Other)).strip() == ""


def test_no_news_is_said_and_taken_back(two, window, site):
    first = two[0]
    looked = window.get(f"/editor/judge/{first}/say?says=not_news")
    assert "leaves Latest until this is taken back" in text_of(looked)
    done = window.send(looked, f"/editor/judge/{first}/say", note="An advertisement")
    assert "It is no news, an editor says." in text_of(done)
    for path in (f"/v1/articles/{first}", f"/article/{first}"):
        gone = site.get(path, accept="text/html")
        assert (gone.status, "says the desk: An advertisement." in gone.text) == (410, True)
        assert "aigerim" not in gone.text
    assert "aigerim" in text_of(window.get("/editor/judgements"))
    (number,) = [row.id for row in found_judgements()]
    back = window.get(f"/editor/judgements/{number}")
    assert "comes back to Latest at its old place" in text_of(back)
    after = window.send(back, f"/editor/judgements/{number}/withdraw")
    assert "It holds no more" in text_of(after)
    assert standing() == []
    with transaction() as session:
        assert session.scalar(text("SELECT removed_at FROM articles WHERE id = :id"), {"id": first}) is None


def found_judgements():
    with transaction() as session:
        return judgements.listing(session)


def test_it_does_not_belong_to_its_story(story, window):
    looked = window.get(links(window.get(f"/editor/judge/{story[2]}"))["It does not belong to story 7"])
    assert looked.all("h1")[0][1] == "It does not belong to story 7"
    assert f"Article {story[2]}, the later one, leaves story 7" in text_of(looked)
    window.send(looked, f"/editor/judge/{story[2]}/say")
    assert [row[:3] for row in standing()] == [(story[0], story[2], "no")]


def test_the_first_of_a_story_leaves_all_the_others(story, window):
    looked = window.get(f"/editor/judge/{story[0]}/say?says=no&story=7")
    assert "Story 7 began with this article and keeps it; the others leave." in text_of(looked)
    window.send(looked, f"/editor/judge/{story[0]}/say")
    assert [row[:2] for row in standing()] == [(story[0], story[2]), (story[0], story[1])]


def test_a_story_that_is_no_news_is_kept_out_of_trending(story, window):
    found = window.get("/editor/stories/7")
    assert "3 articles of 2 publishers" in text_of(found)
    muted = window.send(found, "/editor/stories/7")
    assert "It does not stand in Trending, aigerim says" in text_of(muted)
    assert "Stories kept out of Trending Quake in Osh" in text_of(window.get("/editor/judgements"))
    for told in (
        "Saved.",
        "It was not kept out of Trending; nothing changes.",
    ):  # the second from an older window
        again = window.send(muted, "/editor/stories/7")
        assert told in text_of(again)
        assert "Keep it out of Trending" in text_of(again)
    window.get("/editor/stories/99", 404)
    assert window.post("/editor/stories/7", do="burn").status == 400


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("says=duplicate&other=", "Name the other article"),
        ("says=duplicate&other=twelve", "neither the number"),
        (
            "says=duplicate&other=https://paper.example/none",
            "No article stands at https://paper.example/none",
        ),
        ("says=duplicate&other=https://paper.example/article/2", "No article stands at"),
        ("says=no&other=99999", "There is no article 99999"),
        ("says=no&other=1", "Both are article 1"),
        ("says=twin&other=2", "Choose what the two are"),
        ("says=no&story=5", "There is no story 5"),
    ],
)
def test_what_is_wrong_is_told_beside_the_form_as_it_was_filled_in(two, window, asked, told):
    assert two == [1, 2]
    shown = window.get(f"/editor/judge/1/say?{asked}", 400)
    assert told in shown.all("p", role="alert")[0][1]
    fields = dict(part.split("=") for part in asked.split("&"))
    assert shown.all("input", id="other")[0][0]["value"] == fields.get("other", "")
    chosen = [
        attributes["value"] for attributes, _ in shown.all("input", name="says") if "checked" in attributes
    ]
    assert chosen == [fields["says"]] or fields["says"] == "twin"


def test_what_cannot_be_said_any_more_keeps_the_note(desk, two, window):
    first, second = two
    third = desk.article("Osh again")
    with transaction() as session:
        judgements.say(session, first, third, "duplicate", author="dana")
        judgements.say(session, second, third, "duplicate", author="dana")
    answer = window.post(
        f"/editor/judge/{first}/say", says="no", other=str(second), note="two quakes", replaces="0"
    )
    assert answer.status == 400
    shown = Page(answer.text)
    assert hidden_fields(shown, f"/editor/judge/{first}/say")["replaces"] == "0"
    assert "(judgement 1, dana)" in shown.all("p", role="alert")[0][1]
    assert shown.all("input", id="note")[0][0]["value"] == "two quakes"
    long = window.post(f"/editor/judge/{first}/say", says="story", other=str(third), note="x" * 1001)
    assert (long.status, "A note has at most" in long.text) == (400, True)
    assert len(standing()) == 2


def test_the_same_as_what_is_no_news_is_refused_by_name(two, window):
    with transaction() as session:
        judgements.say(session, two[1], None, "not_news", author="dana", note="an advertisement")
    told = f"Article {two[1]} was taken out as no news by dana: an advertisement."
    looked = window.get(f"/editor/judge/{two[0]}/say?says=duplicate&other={two[1]}", 400)
    sent = window.post(f"/editor/judge/{two[0]}/say", says="duplicate", other=str(two[1]))
    assert sent.status == 400
    for shown in (looked, Page(sent.text)):
        assert told in shown.all("p", role="alert")[0][1]
    assert [row[2] for row in standing()] == ["not_news"]


def test_what_another_editor_said_meanwhile_is_shown_before_it_is_replaced(two, window):
    first, second = two
    looked = window.get(f"/editor/judge/{first}/say?says=no&other={second}")
    with transaction() as session:
        judgements.say(session, first, second, "duplicate", author="dana", note="one wire")
    action = f"/editor/judge/{first}/say"
    refused = window.post(action, **(hidden_fields(looked, action) | {"note": "two quakes"}))
    assert refused.status == 409
    again = Page(refused.text)
    told = again.all("p", role="alert")[0][1]
    assert told.startswith("Something else stands by now. dana said on")
    assert told.endswith(": one text (one wire).")
    assert again.all("input", id="note")[0][0]["value"] == "two quakes"
    assert "one text (one wire). This takes its place." in text_of(again)
    assert [row[2] for row in standing()] == ["duplicate"]
    window.send(again, f"/editor/judge/{first}/say", note="two quakes")
    assert [row[2:4] for row in standing()] == [("no", "two quakes")]
    assert "replaced by aigerim: two things" in text_of(window.get("/editor/judgements?withdrawn=true"))
    assert "it was replaced by aigerim: two things." in text_of(window.get("/editor/judgements/1"))


def test_the_form_is_held_to_what_it_was_shown_with(two, window):
    answer = window.post(f"/editor/judge/{two[0]}/say", says="no", other=str(two[1]), replaces="x")
    assert answer.status == 400
    assert standing() == []


def test_an_article_that_is_not_there_is_not_found(window, two):
    window.get("/editor/judge/99999", 404)
    window.get("/editor/judge/99999/say?says=no&other=1", 404)
    window.get("/editor/judgements/99999", 404)
    assert window.post("/editor/judge/99999/say", says="not_news").status == 404
    assert window.post("/editor/judgements/99999/withdraw").status == 404


def test_they_are_listed_and_the_machine_is_measured_by_them(window, desk, two, classify):
    words = "A strong earthquake shook the port of Iquique in northern Chile on Monday, cutting power in the hills."
    three = [
        desk.article("Quake in Chile", text=words, source=f"s{n}.example", language="en") for n in range(3)
    ]
    with transaction() as session:
        judgements.say(session, three[0], three[1], "duplicate", author="dana", note="one wire")
        judgements.say(session, three[1], three[2], "no", author="dana")
        judgements.say(session, two[0], None, "not_news", author="dana")
    listed = window.get("/editor/judgements")
    assert "3 judgements stand" in text_of(listed)
    assert f"Articles {three[0]} and {three[1]} are one text" in text_of(listed)
    measured = window.send(listed, "/editor/judgements/measure")
    assert "By the texts alone it would have said the same of 1 of 2 pairs." in text_of(measured)
    assert f"{three[1]} and {three[2]}: two things, an editor says; one text, the machine would." in text_of(
        measured
    )


def test_of_what_was_not_judged_stands_no_figure(window, two, classify):
    with transaction() as session:
        judgements.say(session, *two, "no", author="dana")
    measured = window.send(window.get("/editor/judgements"), "/editor/judgements/measure")
    assert [text for _, text in measured.all("td", class_="figure")] == [
        *("0", "–", "–", "–"), *("0", "–", "–", "–"), *("", "–", "–", "–"),
    ]  # fmt: skip


def test_measuring_nothing_says_so(window, two, classify):
    assert "Nothing was judged yet." in text_of(window.get("/editor/judgements"))
    measured = window.follow(window.post("/editor/judgements/measure"))
    assert "No two articles were judged yet" in text_of(measured)


def test_many_are_told_page_by_page_and_withdrawn_ones_when_asked_for(window, desk, two):
    with transaction() as session:
        for n in range(31):
            number = desk.article(f"Number {n}")
            judgements.say(session, two[0], number, "no", author="dana")
    first = window.get("/editor/judgements")
    assert "Number 0 " not in text_of(first)
    assert "Number 0 " in text_of(window.get("/editor/judgements" + links(first)["Older"]))
    with transaction() as session:
        judgements.withdraw(session, found_judgements()[0].id)
    assert "withdrawn" in text_of(window.get("/editor/judgements?withdrawn=true"))


def test_one_that_was_taken_back_meanwhile_is_shown_as_it_stands(window, two):
    with transaction() as session:
        number = judgements.say(session, *two, "no", author="dana")[0].id
        judgements.withdraw(session, number)
    assert "It holds no more" in text_of(window.follow(window.post(f"/editor/judgements/{number}/withdraw")))


def test_no_other_site_judges_in_an_editors_name(site, two, window):
    answer = site.get(
        f"/editor/judge/{two[0]}/say", method="POST", body=b"says=not_news", cookie=window.cookie, sec_fetch_site="cross-site",
    )  # fmt: skip
    assert answer.status == 403
    assert standing() == []
