"""Articles are corrected on the workbench, listed, and rules measured by them."""

import pytest

from services.core import corrections
from services.core.db import transaction
from tests.fixtures.markup import Page, page
from tests.fixtures.workbench import TOPICS, publish, save, text_of

REGIONS = "labels:\n" + "".join(
    f"  - {{id: region/{slug}, name: {name}, terms: [{term}]}}\n"
    for slug, name, term in (("central-asia", "Central Asia", "Kazakh"), ("russia", "Russia", "Russian"), ("europe", "Europe", "French"))
)  # fmt: skip
RULES = {"regions/asia.yaml": REGIONS, "topics/all.yaml": TOPICS}


def given(slug, origin="rule"):
    return {"slug": slug, "score": 2.0, "primary": False, "origin": origin, "why": []}


@pytest.fixture
def article(desk):
    publish(RULES)
    verdict = {
        "regions": [given("russia"), given("europe", "parent")],
        "topics": [given("energy")],
        "places": [],
    }
    return desk.article(
        "Pipeline opens",
        regions=["russia"],
        topics=["energy"],
        text="For oil.",
        language="en",
        verdict=verdict,
    )


def standing(article):
    with transaction() as session:
        return next((c for c in corrections.of_article(session, article) if c.withdrawn_at is None), None)


def correct(window, article, **fields):
    return window.follow(window.post(f"/editor/articles/{article}", **fields))


def test_every_article_leads_its_editors_to_the_form(site, article, window):
    (link,) = [
        a["href"] for a, text in page(site, f"/article/{article}").all("a") if text == "Correct these labels"
    ]
    form = window.get(link)
    assert form.all("h1")[0][1] == "Correct an article"
    assert "Pipeline opens" in text_of(form)
    (chosen,) = [a["value"] for a, _ in form.all("option") if "selected" in a]
    assert chosen == "russia"
    assert [a["value"] for a, _ in form.all("input", name="topic") if "checked" in a] == ["energy"]


def test_what_is_chosen_is_what_is_said(window, article):
    done = correct(
        window, article, say_regions="yes", primary="central-asia", region=["russia", "central-asia"],
        say_topics="yes", topic=["health"], say_places="no", places="RU", note=" In Kazakhstan ",
    )  # fmt: skip
    assert "Saved." in text_of(done)
    said = standing(article)
    assert (said.regions, said.topics, said.places) == (["central-asia", "russia"], ["health"], None)
    assert (said.note, said.author) == ("In Kazakhstan", "aigerim")
    again = window.get(f"/editor/articles/{article}")
    assert "A correction stands" in text_of(again)
    assert [a["value"] for a, _ in again.all("input", type="radio") if "checked" in a] == ["yes", "yes", "no"]


def test_nothing_chosen_means_none_and_codes_are_read_loosely(window, article):
    correct(
        window,
        article,
        say_regions="yes",
        primary="",
        say_topics="yes",
        say_places="yes",
        places="kz, KG  kz",
    )
    said = standing(article)
    assert (said.regions, said.topics, said.places) == ([], [], ["KZ", "KG"])


def test_a_correction_is_taken_back(window, article):
    correct(window, article, say_topics="yes", topic="health")
    done = window.send(
        window.get(f"/editor/articles/{article}"), f"/editor/articles/{article}", do="withdraw"
    )
    assert "left to the rules again" in text_of(done)
    assert standing(article) is None
    assert "1 earlier correction" in text_of(done)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"say_regions": "no"}, "A correction says something"),
        ({"say_topics": "yes", "topic": "nothing"}, "There is no topic"),
        ({"say_places": "yes", "places": "Kazakhstan"}, "ISO 3166"),
        ({"say_topics": "yes", "note": "x" * 1001}, "note"),
    ],
)
def test_what_is_wrong_is_refused(window, article, fields, told):
    answer = window.post(f"/editor/articles/{article}", **fields)
    assert answer.status == 400
    shown = Page(answer.text)
    assert told in shown.all("p", role="alert")[0][1]
    assert shown.all("input", id="note")[0][0]["value"] == fields.get("note", "")
    assert shown.all("input", id="places")[0][0]["value"] == fields.get("places", "")
    kept = [a["name"] for a, _ in shown.all("input", value="yes", type="radio") if "checked" in a]
    assert kept == [name for name, value in fields.items() if value == "yes"]
    assert told in answer.text
    assert standing(article) is None


def test_an_article_that_is_not_there_is_not_found(window, article):
    window.get("/editor/articles/99999", 404)
    assert window.post("/editor/articles/99999", say_topics="yes").status == 404


def test_corrections_are_listed_and_rules_measured_by_them(window, desk, article, classify):
    correct(window, article, say_topics="yes", topic="energy", note="It is")
    other = desk.article("Measles in Almaty", topics=[], language="en")
    correct(window, other, say_topics="yes")
    listed = window.get("/editor/corrections")
    assert "2 articles corrected." in text_of(listed)
    assert "Topics: none." in text_of(listed)
    save(window, "topics/all.yaml", TOPICS.replace("[measles]", "[polio]"))
    measured = window.follow(window.post("/editor/corrections/measure"))
    told = text_of(measured)
    assert "Topics: in force → your draft." in told
    rows = [text.replace(" ", "") for _, text in measured.all("tr") if text.startswith("all together")]
    assert rows == ["alltogether50%→100%100%→100%67%→100%"]


def test_of_an_article_that_is_not_here_that_is_said(window, article):
    with transaction() as session:
        said = corrections.Judgement(topics=("energy",))
        corrections.keep(session, said, {"title": "Never came"}, author="dana")
    listed = window.get("/editor/corrections")
    assert "Never came (not here) Topics: Energy." in text_of(listed)
    (at,) = [a["action"] for a, _ in listed.all("form") if "/kept/" in a.get("action", "")]
    after = text_of(window.follow(window.post(at)))
    assert "Withdrawn: rules are no longer measured by it." in after
    assert "Never came" not in after
    assert window.post(at).status == 303, "whoever asks a second time finds it done"


def test_measuring_without_any_says_so(window, article, classify):
    measured = window.follow(window.post("/editor/corrections/measure"))
    assert "No article was corrected yet" in text_of(measured)


def test_many_corrections_are_told_page_by_page(window, desk, article):
    with transaction() as session:
        for n in range(31):
            number = desk.article(f"Number {n}")
            corrections.correct(session, number, corrections.Judgement(topics=()), author="dana")
    first = window.get("/editor/corrections")
    (older,) = [a["href"] for a, _ in first.all("a", rel="next")]
    assert "Number 0" in text_of(window.get("/editor/corrections" + older))
    assert "Number 0 " not in text_of(first)
