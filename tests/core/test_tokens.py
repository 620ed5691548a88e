"""Keys to the desk: kept as hashes, found by their text, gone when revoked."""

import hashlib

import pytest
from sqlalchemy import select, update

from services.core import tokens
from services.core.db import engine, transaction
from services.core.errors import InvalidInputError, NotFoundError
from services.core.models import Token


@pytest.fixture(autouse=True)
def _database(service):
    """Every test here has a database of its own."""


def made(name="aigerim", *scopes):
    with transaction() as session:
        return tokens.add(session, name, scopes or ["editor"])


def found(secret):
    with engine().begin() as connection:
        return tokens.find(connection, secret)


def row():
    with transaction() as session:
        return session.scalars(select(Token)).one()


def test_a_key_is_known_by_its_text_and_kept_as_its_hash():
    secret = made()
    assert secret.startswith("dl_")
    assert len(secret) >= 3 + 43
    assert made("second") != secret
    assert found(secret) == tokens.Bearer("aigerim", frozenset({"editor", "read"}))
    with transaction() as session:
        kept = session.scalars(select(Token).where(Token.name == "aigerim")).one()
        assert kept.hash == hashlib.sha256(secret.encode()).digest()
        assert secret not in str(vars(kept))


@pytest.mark.parametrize(
    ("scopes", "allowed"),
    [
        (["read"], {"read"}),
        (["operator"], {"operator", "read"}),
        (["editor", "operator"], {"editor", "operator", "read"}),
    ],
)
def test_everybody_may_read_and_editors_and_operators_keep_to_their_own(scopes, allowed):
    assert found(made("a", *scopes)).scopes == allowed


@pytest.mark.parametrize(
    "secret", ["", "dl_", "dl_wrong", "x" * 50, "dl_" + "é" * 40, "dl_" + "a" * 10_000, "dl_\x00"]
)
def test_what_is_no_key_opens_nothing(secret):
    made()
    assert found(secret) is None


def test_a_revoked_key_opens_nothing_and_its_name_may_be_given_again():
    secret = made()
    with transaction() as session:
        tokens.revoke(session, "aigerim")
    assert found(secret) is None
    assert found(made()).name == "aigerim"
    with transaction() as session:
        assert [held.revoked_at is None for held in tokens.listed(session)] == [False, True]


def test_two_keys_of_one_name_are_refused_and_the_first_goes_on():
    secret = made()
    with pytest.raises(InvalidInputError, match="There is a token aigerim already"):
        made()
    assert found(secret).name == "aigerim"


def test_revoking_what_is_not_there_is_said():
    with pytest.raises(NotFoundError, match="no token 'nobody' in use"), transaction() as session:
        tokens.revoke(session, "nobody")


@pytest.mark.parametrize("name", ["", " a", "a\n", "a" * 65, "a\x00b", "admin"])
def test_a_name_that_cannot_be_shown_or_is_taken_is_refused(name):
    with pytest.raises(InvalidInputError):
        made(name)


def test_a_scope_that_does_not_exist_is_refused():
    with pytest.raises(InvalidInputError, match="Scopes are read, editor, operator, not 'root'"):
        made("a", "editor", "root")


def test_a_use_is_noted_once_a_minute():
    secret = made()
    found(secret)
    first = row().used_at
    found(secret)
    assert row().used_at == first
    with transaction() as session:
        session.execute(update(Token).values(used_at=Token.created_at))
        session.execute(update(Token).values(used_at=tokens.text("now() - interval '61 seconds'")))
    old = row().used_at
    found(secret)
    assert row().used_at > old


def test_the_administrators_token_is_what_is_set_and_nothing_where_none_is():
    assert tokens.is_admin("sesame", "sesame")
    assert not tokens.is_admin("sesam", "sesame")
    assert not tokens.is_admin("", None)
