"""What goes wrong, for people: a page in the look of the house with the sentence and what to do; for programs problem+json."""

import pytest

from services.core.errors import UnavailableError
from services.core.settings import settings
from services.ingest.store.expiring import too_old
from tests.fixtures.markup import Page

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


def setting(service, **values: str) -> None:
    for name, value in values.items():
        service.setenv(f"DATELINE_{name.upper()}", value)
    settings.cache_clear()


def told(site, path: str, status: int, **headers: str) -> Page:
    """The page of a problem, which is one of ours."""
    answer = site.get(path, accept=BROWSER, **headers)
    assert (answer.status, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert answer.headers["cache-control"] == "no-store"
    assert "content-security-policy" in answer.headers
    found = Page(answer.text)
    assert found.all("header", class_="masthead")
    assert [text for _, text in found.all("h1")]
    return found


def test_too_many_requests(service, site, desk):
    setting(service, rate_limit="2")
    far = {"x_forwarded_for": "203.0.113.9"}
    assert [site.get("/docs", **far).status for _ in range(2)] == [200, 200]
    told(site, "/", 429, **far)
    answer = site.get("/", accept=BROWSER, **far)
    assert int(answer.headers["retry-after"]) > 0
    assert "requests in 60 s; ask again in" in answer.text
    assert ">Try again</a>" in answer.text
    plain = site.get("/", accept="*/*", **far)
    assert (plain.status, plain.headers["content-type"]) == (429, "application/problem+json")
    assert site.get("/v1/latest", accept=BROWSER, **far).json["type"] == "/docs#too-many-requests"


def test_closed_reading(service, site, desk):
    setting(service, reading="token")
    found = told(site, "/r/asia", 401)
    assert "dateline tokens add NAME --scope read" in [text for _, text in found.all("code")]
    assert "Basic" in site.get("/", accept=BROWSER).headers["www-authenticate"]


def test_a_form_of_another_site(site, desk):
    answer = site.get(
        "/editor/sign-in",
        method="POST",
        body=b"token=x",
        accept=BROWSER,
        sec_fetch_site="cross-site",
        content_type="application/x-www-form-urlencoded",
    )
    assert (answer.status, answer.headers["content-type"]) == (403, "text/html; charset=utf-8")


def test_what_is_not_there_any_more(site, desk):
    gone = desk.article("Gone")
    desk.take_out(gone)
    found = told(site, f"/article/{gone}", 410)
    assert "was removed. It is no news, says ada." in site.get(f"/article/{gone}", accept=BROWSER).text
    assert found.all("a", href="/")


def test_what_does_not_answer(site, desk, monkeypatch):
    async def away(connection):
        raise UnavailableError("The database does not answer.")

    monkeypatch.setattr("services.api.queries.stream.state", away)
    told(site, "/", 503)
    answer = site.get("/", accept=BROWSER)
    assert answer.headers["retry-after"] == "5"
    assert "The database does not answer." in answer.text


def test_a_gate_that_does_not_open(service, site, desk, monkeypatch):
    """Before any route: whoever looks tokens up may find no database."""

    async def away(secret):
        raise UnavailableError("The database does not answer.")

    monkeypatch.setattr("services.api.front.gate.bearer_of", away)
    assert told(site, "/", 503, authorization="Bearer dl_x").all("h1")


def test_a_question_without_a_word(site, desk):
    assert told(site, "/latest?q=%E2%80%94", 400).all("h1")


def test_a_head_of_a_problem_has_no_body(site, desk):
    answer = site.get("/r/nowhere", method="HEAD", accept=BROWSER)
    assert (answer.status, answer.body) == (404, b"")


@pytest.mark.parametrize(("days", "age"), [(1, "a day"), (90, "90 days")])
def test_expired_articles_say_for_how_long_articles_are_kept(days, age):
    assert too_old(days) == f"It is older than {age}, which is how long articles are kept."


@pytest.mark.parametrize(
    ("path", "right"),
    [
        ("/r/Central-Asia", "/r/central-asia"),
        ("/r/central_asia?before=x", "/r/central-asia?before=x"),
        ("/r/CENTRAL%20ASIA/Energy", "/r/central-asia/energy"),
        ("/t/Energy", "/t/energy"),
        ("/feeds/Central_Asia.atom?limit=5", "/feeds/central-asia.atom?limit=5"),
        ("/feeds/Latest/Energy.json", "/feeds/latest/energy.json"),
    ],
)
def test_another_spelling_of_a_label_leads_to_the_right_one(site, desk, path, right):
    answer = site.get(path)
    assert (answer.status, answer.headers["location"]) == (308, right)
    assert answer.headers["cache-control"].startswith("public, max-age=60")
    assert site.get(path, method="HEAD").status == 308
    assert site.get(right.partition("?")[0]).status == 200


@pytest.mark.parametrize(
    ("path", "near"),
    [
        ("/r/centralasia", ("Central Asia", "/r/central-asia")),
        ("/t/enrgy", ("Energy", "/t/energy")),
        ("/r/central-asia/enrgy", ("Energy", "/r/central-asia/energy")),
        ("/r/centralasia/energy", ("Central Asia", "/r/central-asia/energy")),
        ("/r/Central-Asia/enrgy", ("Energy", "/r/central-asia/energy")),
    ],
)
def test_a_misspelt_label_names_the_page_that_was_meant(site, desk, path, near):
    found = told(site, path, 404)
    shown = [(text, link["href"]) for link, text in found.all("a")]
    assert near in shown
    assert all(site.get(href).status == 200 for _, href in shown if href.startswith(("/r/", "/t/")))


def test_junk_in_the_other_part_of_an_address_is_left_out(site, desk):
    found = told(site, "/r/centralasia/%7B0.x%7D%3Cb%3E", 404)
    assert "/r/central-asia" in [link["href"] for link, _ in found.all("a")]
    told(site, "/r/%7B0.x%7D/energy", 404)


def test_a_sentence_for_people_names_a_parameter_once(site, desk):
    for path, status, sentence in (
        ("/r/zzzz", 404, "There is no region 'zzzz'. /v1/regions lists them."),
        ("/r/centralasia", 404, "There is no region 'centralasia'. Did you mean one of these?"),
        ("/?title=1", 400, "title is no parameter of /; it has none."),
        ("/operator?page=x", 400, "page: a whole number is expected, not 'x'."),
        ("/operator?page=0", 400, "page: 1 at least is expected, not '0'."),
        (
            "/operator?state=ok",
            400,
            "state: 'healthy', 'late', 'quiet', 'failing', 'new' or 'paused' is expected, not 'ok'.",
        ),
        ("/latest?before=x", 400, "before: this is no cursor of ours; use one from an answer, unchanged."),
    ):
        assert sentence in [text for _, text in told(site, path, status).all("p")]
