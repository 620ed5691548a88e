"""Who may ask the desk: 401 and 403 that say what is missing, and nothing for scripts of other sites."""

from services.core import tokens
from services.core.db import transaction
from services.core.settings import settings
from tests.fixtures.editors import Client, token

READ = [("GET", "/v1/rules"), ("GET", "/v1/rules/history"), ("GET", "/v1/rules/versions/40d8")]
EDIT = [
    ("GET", "/v1/rules/draft"),
    ("PUT", "/v1/rules/draft"),
    ("DELETE", "/v1/rules/draft"),
    *(("POST", f"/v1/rules/{kind}") for kind in ("check", "test", "explain", "diff", "impact", "publish", "rollback", "evaluate")),
    ("GET", "/v1/rules/stats"),
    ("GET", "/v1/rules/suggest?label=region/asia"),
    ("GET", "/v1/rules/requests/1"),
    ("GET", "/v1/corrections"),
    ("POST", "/v1/corrections"),
    ("GET", "/v1/corrections/1"),
    ("DELETE", "/v1/corrections/1"),
    ("GET", "/v1/judgements"),
    ("POST", "/v1/judgements"),
    ("GET", "/v1/judgements/1"),
    ("DELETE", "/v1/judgements/1"),
    ("PUT", "/v1/stories/1/muted"),
    ("DELETE", "/v1/stories/1/muted"),
]  # fmt: skip


def test_without_a_token_the_desk_is_closed(site, desk):
    for method, path in READ + EDIT:
        answer = site.get(path, method=method)
        assert (answer.status, answer.json["type"]) == (401, "/docs#unauthorized"), path
        assert answer.headers["www-authenticate"] == 'Bearer realm="Dateline"'
        scope = "read" if (method, path) in READ else "editor"
        assert f"`dateline tokens add NAME --scope {scope}`" in answer.json["detail"]
        assert answer.headers["cache-control"] == "no-store"


def test_operators_are_told_of_their_scope(site, desk):
    assert "--scope operator" in site.get("/v1/webhooks").json["detail"]


def test_a_token_of_nobody_is_refused(site, desk):
    for sent in ("Bearer dl_nobody", "Bearer ", "Basic YTpi", "Bearer sesame", "dl_x"):
        answer = site.get("/v1/rules", authorization=sent)
        assert answer.status == 401, sent
        assert answer.headers["www-authenticate"].startswith("Bearer ")


def test_a_token_that_may_read_may_not_edit(site, desk):
    reader = Client(site, token("reader", "read"))
    for method, path in EDIT:
        answer = reader.send(method, path)
        assert (answer.status, answer.json["type"], answer.json["scope"]) == (
            403,
            "/docs#forbidden",
            "editor",
        )
        assert 'error="insufficient_scope", scope="editor"' in answer.headers["www-authenticate"]


def test_an_operator_reads_and_does_not_edit(site, desk):
    operator = Client(site, token("operator", "operator"))
    assert operator.get("/v1/rules").status == 200
    assert operator.get("/v1/corrections").status == 403


def test_a_revoked_token_is_refused_at_once(site, desk, editor):
    assert editor.get("/v1/rules").status == 200
    with transaction() as session:
        tokens.revoke(session, "aigerim")
    answer = editor.get("/v1/rules")
    assert answer.status == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


def test_the_administrators_token_may_do_everything(service, site, desk):
    service.setenv("DATELINE_ADMIN_TOKEN", "a long and random sentence")
    settings.cache_clear()
    admin = Client(site, "a long and random sentence")
    assert admin.get("/v1/rules").status == 200
    assert admin.get("/v1/corrections").status == 200
    assert admin.get("/v1/rules/draft").status == 404
    assert Client(site, "a long and random").get("/v1/rules").status == 401


def test_a_cookie_opens_nothing_for_programs(site, desk, editor):
    assert site.get("/v1/rules", cookie=f"dateline_editor={editor.secret}").status == 401


def test_no_script_of_another_site_is_let_in(site, desk, editor):
    answer = editor.get("/v1/rules", origin="https://evil.example")
    assert "access-control-allow-origin" not in answer.headers
    preflight = site.get(
        "/v1/rules/publish",
        method="OPTIONS",
        origin="https://evil.example",
        access_control_request_method="POST",
        access_control_request_headers="authorization",
    )
    assert preflight.status == 204
    assert not [name for name in preflight.headers if name.startswith("access-control")]
    assert preflight.headers["allow"] == "POST, OPTIONS"


def test_what_takes_a_token_names_the_methods_it_takes(site, desk):
    answer = site.get("/v1/rules/draft", method="PATCH")
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, PUT, DELETE, OPTIONS")
    assert "GET, HEAD, PUT, DELETE, OPTIONS" in answer.json["detail"]


def test_a_misspelt_parameter_is_refused_whatever_the_method(site, desk, editor):
    answer = editor.post("/v1/rules/check?wiat=3")
    assert (answer.status, answer.json["type"]) == (400, "/docs#unknown-parameter")
    assert "Did you mean wait?" in answer.json["detail"]
