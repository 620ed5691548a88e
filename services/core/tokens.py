"""Keys to the desk: who may do what. Only the SHA-256 of a key is kept, so a copy of the database opens nothing.

A key is 256 random bits, so one round of a plain hash is enough: there is nothing to guess.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.types import Text

from services.core.errors import InvalidInputError, NotFoundError
from services.core.models.desk import SCOPES

PREFIX = "dl_"
"""What every key begins with, so that people and scanners of leaked secrets know one when they see it."""
ADMIN = "admin"
"""Who acts with `DATELINE_ADMIN_TOKEN`."""
LONGEST_NAME = 64
LONGEST_SECRET = 200
"""Characters; nothing longer is looked up."""
INCLUDED = {"read": {"read"}, "editor": {"editor", "read"}, "operator": {"operator", "read"}}
"""What a scope allows besides itself: everybody may read, editors and operators keep to their own."""

_INSERT = text("INSERT INTO tokens (name, hash, scopes) VALUES (:name, :hash, :scopes)").bindparams(
    bindparam("scopes", type_=ARRAY(Text))
)
_REVOKE = text("UPDATE tokens SET revoked_at = now() WHERE name = :name AND revoked_at IS NULL RETURNING id")
_LIST = text("SELECT name, scopes, created_at, used_at, revoked_at FROM tokens ORDER BY created_at, id")
_FIND = text(
    """
    SELECT name, scopes, used_at IS NULL OR used_at < now() - interval '1 minute' AS note
    FROM tokens WHERE hash = :hash AND revoked_at IS NULL
    """
)
_USED = text("UPDATE tokens SET used_at = now() WHERE hash = :hash")


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who a key belongs to, and what it allows: `read`, `editor`, `operator`."""

    name: str
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Held:
    """A key as it is remembered."""

    name: str
    scopes: list[str]
    created_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


def new_secret() -> str:
    """A key that nobody has."""
    return PREFIX + secrets.token_urlsafe(32)


def add(session: Session, name: str, scopes: Iterable[str]) -> str:
    """Make a key and give its text, which is kept nowhere.

    Raises InvalidInputError for a name that cannot be shown or is taken, and for a scope that does not exist.
    """
    wanted = sorted(set(scopes))
    _refuse_nonsense(name, wanted)
    secret = new_secret()
    try:
        with session.begin_nested():
            session.execute(_INSERT, {"name": name, "hash": _digest(secret), "scopes": wanted})
    except IntegrityError as error:
        raise InvalidInputError(
            f"There is a token {name} already; revoke it first, or take another name."
        ) from error
    return secret


def revoke(session: Session, name: str) -> None:
    """Let a key open nothing any more. Raises NotFoundError for no such key."""
    if session.execute(_REVOKE, {"name": name}).one_or_none() is None:
        raise NotFoundError(
            f"There is no token {name[:LONGEST_NAME]!r} in use; `dateline tokens list` shows all."
        )


def listed(session: Session) -> list[Held]:
    """Every key that was ever made, the oldest first."""
    return [Held(**row._mapping) for row in session.execute(_LIST)]  # noqa: SLF001 - the public name of a row's dictionary


def is_admin(secret: str, admin_token: str | None) -> bool:
    """Whether this is the administrator's token; takes as long whatever was given."""
    return admin_token is not None and hmac.compare_digest(_digest(secret), _digest(admin_token))


def find(connection: Connection, secret: str) -> Bearer | None:
    """Whose key this is, None when it is nobody's or was revoked. Notes the use, at most once a minute.

    It is looked up by its hash: what an index compares says nothing of the key.
    """
    if not secret.startswith(PREFIX) or len(secret) > LONGEST_SECRET:
        return None
    row = connection.execute(_FIND, {"hash": _digest(secret)}).one_or_none()
    if row is None:
        return None
    if row.note:
        connection.execute(_USED, {"hash": _digest(secret)})
    return bearer(row.name, row.scopes)


def is_name(name: str) -> bool:
    """Whether somebody may be called so: 1 to `LONGEST_NAME` characters that can be shown, and no space around them."""
    return bool(name) and name == name.strip() and len(name) <= LONGEST_NAME and name.isprintable()


def bearer(name: str, scopes: Iterable[str]) -> Bearer:
    """Somebody with these scopes and what they include."""
    return Bearer(name, frozenset().union(*(INCLUDED[scope] for scope in scopes)))


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()


def _refuse_nonsense(name: str, scopes: list[str]) -> None:
    if not is_name(name):
        raise InvalidInputError(
            f"A token's name has 1 to {LONGEST_NAME} characters that can be shown, and no space around it."
        )
    if name == ADMIN:
        raise InvalidInputError(f"{ADMIN} is who acts with DATELINE_ADMIN_TOKEN; take another name.")
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        told = f"not {unknown[0][:40]!r}" if unknown else "and a token has one at least"
        raise InvalidInputError(f"Scopes are {', '.join(SCOPES)}, {told}.")
