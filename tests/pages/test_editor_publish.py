"""From a word to a publication on the workbench, and back; what is refused says why."""

import pytest
from sqlalchemy import func, select

from services.classify import rulebook
from services.classify.labelling.relabel import relabel_listed
from services.core.db import transaction
from services.core.models import DeskRequest, Draft, Rulebook
from tests.fixtures.editors import token
from tests.fixtures.markup import Page
from tests.fixtures.workbench import NEW, RULES, TOPICS, Window, hidden_fields, publish, save, stored, text_of


@pytest.fixture
def version(service):
    return publish(RULES)


NOTHING = {"version": "v1", "region": None, "regions": [], "topics": [], "places": []}


def in_force():
    with transaction() as session:
        return session.scalar(select(Rulebook.version).where(Rulebook.active))


def drafts():
    with transaction() as session:
        return session.scalar(select(func.count()).select_from(Draft))


def review(window):
    return window.follow(window.post("/editor/draft/review"))


def test_an_editor_changes_a_rule_sees_what_it_does_and_publishes_it(window, desk, version, classify):
    article = desk.article("Coal mine reopens", language="en", verdict=NOTHING)
    desk.article("Oil price falls", topics=["energy"], language="en", verdict=NOTHING)
    save(window, "topics/all.yaml", TOPICS.replace("[oil]", "[oil, coal]"))
    seen = review(window)
    told = text_of(seen)
    assert "The rules can be read: 3 labels, 0 places, 5 terms." in told
    assert "The one test passes." in told
    assert "added: coal to strong terms (en)" in told
    assert "added: coal to strong terms (en) of Energy topics/all.yaml:" in told
    assert "disabled" not in next(a for a, text in seen.all("button") if text == "Publish")
    assert "This one term" not in told
    assert "Of the 2 newest articles, 1 would change." in told
    assert [a["href"] for a, text in seen.all("a") if text == "Coal mine reopens"] == [f"/article/{article}"]
    assert "Coal" in [text for _, text in seen.all("mark")]
    done = window.send(seen, "/editor/draft/publish", message="Coal is energy")
    assert "is in force. 1 test passed." in text_of(done)
    assert in_force() != version
    assert drafts() == 0
    history = text_of(window.get("/editor/history"))
    assert "Coal is energy" in history
    assert "aigerim" in history


def test_articles_that_a_rule_of_addresses_would_make_one_are_told_before_publishing(
    window, desk, version, classify
):
    made = [
        desk.article(f"Piece {n}", language="en", url=f"https://paper.example/view?nr={n}", verdict=NOTHING)
        for n in (1, 2, 3)
    ]
    rule = "addresses:\n  sites: {paper.example: {drop: [nr]}}\n"
    save(window, "topics/all.yaml", rule + TOPICS)
    seen = review(window)
    told = text_of(seen)
    said = "3 articles would become 1 by topics/all.yaml:2:34 (drop nr at paper.example). Going back parts them again"
    assert told.count(said) == 2  # above, and beside the button
    shown = [a["href"] for a, text in seen.all("a") if text.startswith("Piece")]
    assert shown == [f"/article/{number}" for number in made]
    done = window.send(seen, "/editor/draft/publish", message="One view")
    assert said in text_of(done)
    assert said in text_of(window.get("/editor/history"))


def test_one_term_that_changes_very_much_is_warned_of(window, desk, version, classify):
    for number in range(20):
        title = f"Coal mine {number} reopens" if number < 3 else f"Concert {number} ends"
        desk.article(title, language="en", verdict=NOTHING)
    save(window, "topics/all.yaml", TOPICS.replace("[oil]", "[oil, coal, concert 5]"))
    told = text_of(review(window))
    assert "This one term changes 3 of 20 articles:" in told
    assert told.count("This one term") == 1


def test_rules_whose_tests_fail_are_not_published(window, version, classify):
    save(window, "regions/asia.yaml", RULES["regions/asia.yaml"].replace("Kazakh*1, ", ""))
    seen = review(window)
    assert "1 of 1 test fail." in text_of(seen)
    assert "It would be refused as it is" in text_of(seen)
    assert "disabled" in next(a for a, text in seen.all("button") if text == "Publish")
    refused = window.send(seen, "/editor/draft/publish", message="Never mind", status=422)
    assert "Not published: tests fail." in text_of(refused)
    assert "Kazakh leader speaks" in text_of(refused)
    assert (in_force(), drafts()) == (version, 1)


def test_rules_that_cannot_be_read_say_so_once_with_their_places(window, version, classify):
    save(window, "topics/all.yaml", "labels: [")
    seen = review(window)
    assert "The rules cannot be read: 1 mistake." in text_of(seen)
    assert next(a["href"] for a, text in seen.all("a", class_="at")).startswith(
        "/editor/file?name=topics%2Fall.yaml&line="
    )
    refused = window.send(seen, "/editor/draft/publish", message="Never mind", status=422)
    assert "Not published: the rules cannot be read." in text_of(refused)


def test_two_editors_publishing_at_once(window, version, classify):
    save(window, "topics/all.yaml", TOPICS.replace("[oil]", "[oil, coal]"))
    seen = review(window)
    newer = publish(RULES | NEW, "New", "dana")
    refused = window.send(seen, "/editor/draft/publish", message="Coal", status=409)
    assert "dana published since you began your draft" in text_of(refused)
    assert (in_force(), drafts()) == (newer, 1)
    again = review(window)
    mine, _, against = text_of(again).partition("which was published meanwhile")
    assert "added: coal" in mine
    assert "novelty" not in mine
    assert "Gone: the whole label New" in against
    assert "Take that over into your draft" in text_of(again)
    window.send(window.get("/editor/draft"), "/editor/draft/rebase")
    assert "is in force" in text_of(window.send(review(window), "/editor/draft/publish", message="Coal"))


def test_a_draft_that_was_changed_after_it_was_looked_at_is_not_published(window, version, classify):
    save(window, "topics/all.yaml", TOPICS.replace("[oil]", "[oil, coal]"))
    seen = review(window)
    save(window, "topics/all.yaml", TOPICS)
    answer = window.post("/editor/draft/publish", message="Coal", revision="1", base=version)
    assert answer.status == 409
    assert seen.all("form", action="/editor/draft/publish")
    assert window.post("/editor/draft/publish", message=" ", revision="2", base=version).status == 400
    fields = hidden_fields(seen, "/editor/draft/publish") | {"revision": "2"}
    for message, why in (
        ("", "Say in a sentence what changed"),
        ("m" * 1001, "at most 1,000 characters, and it has 1,001"),
    ):
        wrong = window.post("/editor/draft/publish", **fields, message=message)
        page = Page(wrong.text)
        assert wrong.status == 400
        assert why in page.all("p", role="alert")[0][1]
        assert page.all("input", id="message")[0][0]["value"] == message
        assert "Of the 0 newest articles" in text_of(page)
    assert in_force() == version


def test_checking_and_testing_alone(window, version, classify):
    seen = window.follow(window.post("/editor/draft/test"))
    assert "The one test passes." in text_of(seen)
    assert not seen.all("form", action="/editor/draft/publish")


def test_a_difference_is_told_in_words_and_going_back_puts_it_in_force(window, version, classify):
    newer = publish(
        RULES | {"topics/all.yaml": TOPICS.replace("[oil]", "[oil^3]").replace("Health", "Health & Care")},
        "Oil twice",
    )
    history = window.get("/editor/history")
    told = window.send(history, "/editor/history/diff")
    assert "changed: oil^3 in strong terms (en): weight\u00a0from 2 to 3" in text_of(told).replace(
        "weight from", "weight\u00a0from"
    )
    assert "name from Health to Health & Care" in text_of(told)
    back = window.send(history, "/editor/history/rollback", message="Too much")
    assert "is in force" in text_of(back)
    assert in_force() == version != newer
    assert "Too much" in text_of(window.get("/editor"))
    badges = [text for _, text in window.get("/editor/history").all("span", class_="badge")]
    assert badges == ["went back to it", "in force"]
    for shown in (history, window.get("/editor/history")):
        fields = hidden_fields(shown, "/editor/history/rollback") | {"message": "m" * 1001}
        wrong = window.post("/editor/history/rollback", **fields)
        assert wrong.status == 400
        assert "at most 1,000 characters" in Page(wrong.text).all("p", role="alert")[0][1]
    kept = [a.get("value") for a, _ in Page(wrong.text).all("input", name="message")]
    assert kept == ["m" * 1001]


def test_the_way_is_shown_while_no_worker_runs(window, version):
    asked = window.post("/editor/draft/test")
    waiting = window.get(asked.headers["location"])
    assert waiting.all("meta", content="2")
    assert "No classify worker gives signs of life." in text_of(waiting)
    assert "No classify worker gives signs of life" in text_of(window.get("/editor"))


def test_others_see_neither_draft_nor_answers(window, site, version, classify):
    save(window, "topics/all.yaml", TOPICS + "# mine\n")
    other = Window(site, f"dateline_editor={token('dana')}")
    assert "# mine" not in other.get("/editor/file?name=topics/all.yaml").all("textarea")[0][1]
    with transaction() as session:
        number = session.scalar(select(func.max(DeskRequest.id)))
    assert other.get(f"/editor/answers/{number}", 404)


def test_statistics_are_told_in_tables(window, desk, version, classify):
    desk.article("Oil price falls", topics=["energy"], language="en", verdict=NOTHING)
    told = text_of(window.follow(window.post("/editor/stats", label="topic/energy", do="stats")))
    assert "1 article looked at" in told
    assert "topics/all.yaml:4:" in told
    unchosen = window.post("/editor/stats", label="", do="suggest")
    assert unchosen.status == 400
    assert "Choose a label first." in text_of(Page(unchosen.text))
    wrong = window.follow(window.post("/editor/stats", label="topic/nothing", do="stats"), 400)
    assert "has no label" in text_of(wrong)


def test_relabelling_is_told(window, version):
    with transaction() as session:
        rulebook.publish(session, RULES | NEW, message="x", author="dana")
    assert "0 articles looked at" in text_of(window.get("/editor"))
    relabel_listed()
    ended = text_of(window.get("/editor"))
    assert (
        "Ended just now: 0 articles looked at, 0 got other labels or reasons, 0 moved. Corrections" in ended
    )


def test_a_suggestion_is_added_to_the_draft_with_one_click(window, version):
    rows = [
        {"term": "Шымкент", "rule": "terms@ru: [Шымкент*3]", "inside": 9, "outside": 0, "z": 4.0, "gain": 3,
         "precision": 0.9, "samples": ["Шымкент ждёт"], "warnings": []},
    ]  # fmt: skip
    asked = DeskRequest(
        kind="suggest", author="aigerim", input={"label": "region/central-asia"}, state="done",
        answer={"label": "region/central-asia", "suggestions": rows},
    )  # fmt: skip
    with transaction() as session:
        session.add(asked)
        session.flush()
        number = asked.id
    told = window.get(f"/editor/answers/{number}")
    assert "9 articles of the label, 0 of the rest: about 90 % would be right." in text_of(told).replace(
        "\u00a0", " "
    )
    answer = window.post("/editor/draft/term", **hidden_fields(told, "/editor/draft/term"))
    assert answer.status == 303
    assert "    terms@ru: [Шымкент*3]\n" in stored().texts["regions/asia.yaml"]


def test_a_review_of_nothing_says_so(window, version):
    assert "Nothing of your draft was looked at yet." in text_of(window.get("/editor/review"))
