"""`dateline tokens`: made, listed, revoked; the administrator's own."""

import json

from services.core import tokens
from services.core.db import engine
from services.core.settings import settings
from services.embedded.admin import admin_token_file


def found(secret):
    with engine().begin() as connection:
        return tokens.find(connection, secret)


def test_a_token_is_printed_once_listed_and_revoked(run):
    done = run("tokens", "add", "aigerim", "--scope", "editor")
    secret = done.out.strip()
    assert (done.code, "\n" in secret) == (0, False)
    assert "shown this once" in done.err
    assert found(secret).name == "aigerim"
    listed = run("tokens", "list").out
    assert secret not in listed
    assert "aigerim" in listed
    assert "editor" in listed
    assert run("tokens", "revoke", "aigerim").code == 0
    assert found(secret) is None
    assert "revoked" in run("tokens", "list").out
    assert json.loads(run("tokens", "list", "--json").out)[0]["scopes"] == ["editor"]


def test_programs_get_it_as_json(run):
    told = json.loads(run("tokens", "add", "script", "--scope", "read", "--scope", "operator", "--json").out)
    assert (told["name"], told["scopes"]) == ("script", ["operator", "read"])
    assert found(told["token"]).scopes == {"read", "operator"}


def test_what_is_wrong_is_a_sentence(run):
    assert run("tokens", "add", "a").code == 2
    assert run("tokens", "add", "a", "--scope", "root").code == 2
    assert "There is no token 'a'" in run("tokens", "revoke", "a").err
    assert "`dateline up` makes one" in run("tokens", "admin").err
    assert "No tokens yet" in run("tokens", "list").out


def test_the_administrators_token_is_made_once_and_printed(run):
    home = settings().home
    home.mkdir()
    file = admin_token_file(home)
    assert file.stat().st_mode & 0o777 == 0o600
    secret = file.read_text().strip()
    assert run("tokens", "admin").out.strip() == secret
    file.chmod(0o644)
    assert admin_token_file(home).read_text().strip() == secret
    assert file.stat().st_mode & 0o777 == 0o600
    file.write_text("\n")
    assert admin_token_file(home).read_text().startswith("dl_")


def test_a_token_that_is_set_is_the_one(run, service):
    service.setenv("DATELINE_ADMIN_TOKEN", "sesame")
    settings.cache_clear()
    assert run("tokens", "admin").out == "sesame\n"
