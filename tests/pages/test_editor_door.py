"""Signing in to the workbench: a token for a cookie that scripts cannot read and other sites cannot use."""

from urllib.parse import quote, urlencode

from services.core import tokens
from services.core.db import transaction
from services.core.settings import settings
from tests.fixtures.editors import token
from tests.fixtures.markup import Page, page
from tests.fixtures.workbench import SAME_SITE, Window, text_of

PAGES = (
    "/editor", "/editor/find?q=oil", "/editor/history", "/editor/draft", "/editor/file?name=rules.yaml", "/editor/try",
    "/editor/stats", "/editor/corrections", "/editor/review", "/editor/answers/1", "/editor/articles/1",
)  # fmt: skip
FORMS = (
    "/editor/file", "/editor/draft/file", "/editor/draft/term", "/editor/draft/example", "/editor/draft/drop",
    "/editor/draft/rebase", "/editor/draft/test", "/editor/draft/review", "/editor/draft/publish", "/editor/try",
    "/editor/stats", "/editor/articles/1", "/editor/corrections/measure", "/editor/history/diff",
    "/editor/history/rollback",
)  # fmt: skip


def sign_in(site, secret, **more):
    body = urlencode({"token": secret, "next": "/editor/try"} | more.pop("fields", {})).encode()
    return site.get("/editor/sign-in", method="POST", body=body, accept="text/html", **{**SAME_SITE, **more})


def test_every_page_leads_strangers_to_the_door_and_back(site, desk):
    for path in PAGES:
        answer = site.get(path, accept="text/html")
        assert (answer.status, answer.headers["location"]) == (303, f"/editor/sign-in?next={quote(path)}")
        door = page(site, answer.headers["location"])
        assert door.all("input", name="next")[0][0]["value"] == path


def test_no_form_of_a_stranger_or_of_another_site_is_taken(site, desk, window):
    for path in FORMS:
        assert site.get(path, method="POST", body=b"", **SAME_SITE).status == 401
        answer = site.get(path, method="POST", body=b"", cookie=window.cookie, sec_fetch_site="cross-site")
        assert (answer.status, answer.json["type"]) == (403, "/docs#cross-site")


def test_an_editor_signs_in_and_out(site, desk):
    secret = token("dana")
    answer = sign_in(site, secret)
    assert (answer.status, answer.headers["location"]) == (303, "/editor/try")
    cookie, *attributes = answer.headers["set-cookie"].split("; ")
    assert {a.lower() for a in attributes} == {
        "httponly",
        "samesite=strict",
        "path=/editor",
        "max-age=2592000",
    }
    mine = Window(site, cookie)
    assert "dana" in text_of(mine.get("/editor")) or mine.get("/editor").all("li", class_="who")
    assert site.get("/editor/sign-in?next=/editor/find", cookie=cookie).headers["location"] == "/editor/find"
    left = mine.post("/editor/sign-out")
    assert left.headers["location"] == "/editor/sign-in"
    assert 'dateline_editor=""' in left.headers["set-cookie"]
    assert "Max-Age=0" in left.headers["set-cookie"]


def test_the_cookie_is_for_tls_alone_where_there_is_tls(site, desk):
    answer = sign_in(site, token("dana"), origin=f"https://127.0.0.1:{site.port}")
    assert "; Secure" in answer.headers["set-cookie"]


def test_a_wrong_token_and_one_that_may_not_edit_are_told_apart(site, desk):
    wrong = sign_in(site, "dl_nobody")
    assert wrong.status == 403
    assert "This token is nobody&#39;s" in wrong.text
    assert not page(site, "/editor/sign-in").all("p", role="status")
    assert "set-cookie" not in wrong.headers
    reader = sign_in(site, token("reader", "read"))
    assert "The token of reader has not the scope editor." in Page(reader.text).all("p", role="alert")[0][1]


def test_nobody_is_sent_elsewhere_from_the_door(site, desk):
    secret = token("dana")
    for target in (
        "https://evil.example/",
        "//evil.example",
        "/operator",
        "/editorial",
        "/editor\\..\\x",
        "/editor/\n",
        "",
    ):
        answer = sign_in(site, secret, fields={"next": target})
        assert answer.headers["location"] == "/editor"


def test_a_revoked_token_ends_every_window(site, desk, window):
    window.get("/editor")
    with transaction() as session:
        tokens.revoke(session, "aigerim")
    door = site.get("/editor", cookie=window.cookie, accept="text/html")
    assert door.status == 303
    (told,) = window.get(door.headers["location"]).all("p", role="status")
    assert told[1].startswith("The token of aigerim was revoked (20")
    again = sign_in(site, window.cookie.partition("=")[2])
    assert (again.status, "set-cookie" in again.headers) == (403, False)
    assert "The token of aigerim was revoked" in Page(again.text).all("p", role="alert")[0][1]


def test_the_administrator_signs_in_with_whatever_was_set(service, site, desk):
    service.setenv("DATELINE_ADMIN_TOKEN", "a; long, sentence = ключ")
    settings.cache_clear()
    cookie = sign_in(site, "a; long, sentence = ключ").headers["set-cookie"].split(";")[0]
    assert Window(site, cookie).get("/editor").all("li", class_="who")


def test_where_a_form_comes_from_decides(site, desk):
    body = urlencode({"token": token("dana"), "next": "/editor"}).encode()
    for headers, status in (
        ({"sec_fetch_site": "same-origin"}, 303),
        ({"sec_fetch_site": "none"}, 303),
        ({"sec_fetch_site": "same-site"}, 403),
        ({"sec_fetch_site": "cross-site"}, 403),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({}, 403),
    ):
        assert site.get("/editor/sign-in", method="POST", body=body, **headers).status == status, headers


def test_on_plain_http_the_origin_tells(site, desk):
    body = urlencode({"token": token("dana")}).encode()
    assert site.get("/editor/sign-in", method="POST", body=body, origin=site.url).status == 303
    other = f"http://127.0.0.1:{site.port + 1}"
    assert site.get("/editor/sign-in", method="POST", body=body, origin=other).status == 403


def test_behind_a_proxy_the_public_address_is_ours_too(service, site, desk):
    service.setenv("DATELINE_PUBLIC_URL", "https://news.example")
    settings.cache_clear()
    body = urlencode({"token": token("dana")}).encode()
    answer = site.get("/editor/sign-in", method="POST", body=body, origin="https://news.example")
    assert answer.status == 303
    assert "; Secure" in answer.headers["set-cookie"]


def test_a_form_that_cannot_be_read_is_refused(site, desk):
    for body in (b"token=%00", b"\xff", b"&".join([b"a=1"] * 3000)):
        assert site.get("/editor/sign-in", method="POST", body=body, **SAME_SITE).status == 400


def test_nothing_of_the_workbench_is_kept_or_found_by_others(site, desk, window):
    for path in ("/editor", "/editor/draft", "/editor/history"):
        answer = site.get(path, cookie=window.cookie)
        assert answer.headers["cache-control"] == "no-store"
        assert "etag" not in answer.headers
        assert "access-control-allow-origin" not in answer.headers
        assert Page(answer.text).all("meta", name="robots", content="noindex")
    assert "Disallow: /editor" in site.get("/robots.txt").text
