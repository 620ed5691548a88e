"""Webhooks as people see them: add, list, change, pause, resume, replay, remove. What sends them is the API's `delivery`.

A secret is made here unless one is given, told once, and kept: whoever signs needs it, so unlike tokens it cannot be a hash.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Session

from services.core.errors import InvalidInputError, NotFoundError, StateError
from services.core.guard import refusal_of_url
from services.core.latest import EPOCH, epoch, floor, head
from services.core.models import StreamState, Webhook, WebhookAttempt
from services.core.settings import settings
from services.core.signing import checked_secret, make_secret
from services.core.urls import check_http_url

ROTATION = timedelta(hours=24)
"""For so long a secret that was replaced signs beside the new one."""
LONGEST_NAME = 80
MOST = 500
KINDS = ("regions", "topics", "languages", "sources", "q")
"""Members of `filters`, as `api.filters.Filters` has them: lists, and a text for `q`."""

_LOOK_NOW = text("UPDATE webhooks SET due_at = now() WHERE id = :id AND due_at > now()")


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook without its secret. `seq` means something in `epoch` alone. `behind`: changes of the whole stream that were not looked at for it yet."""

    id: int
    name: str
    url: str
    filters: Mapping[str, Any]
    author: str
    created_at: datetime
    paused_reason: str | None
    paused_by: str | None
    epoch: str
    seq: int
    behind: int
    waiting: int
    failures: int
    failing_since: datetime | None
    error: str | None
    due_at: datetime
    delivered_at: datetime | None

    def in_words(self) -> str:
        """How it is, in a sentence."""
        if self.paused_by and self.paused_reason:
            end = "" if self.paused_reason.endswith((".", "!", "?", "…")) else "."
            return f"Paused: {self.paused_reason}{end} Nothing is sent until it is resumed."
        if self.paused_reason:
            return f"Paused: {self.paused_reason}"
        if self.failures:
            since = f"{self.failing_since:%Y-%m-%d %H:%M} UTC" if self.failing_since else "a while"
            return f"Failing since {since} ({self.failures} times): {self.error} Next attempt {self.due_at:%H:%M:%S} UTC."
        if self.delivered_at is None:
            return "Nothing was sent yet."
        return f"Delivered last {self.delivered_at:%Y-%m-%d %H:%M:%S} UTC."


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt at a message: how many changes it held, how it ended. `error` is None where it was taken."""

    message: str
    changes: int
    bytes: int
    at: datetime
    took_ms: int
    status: int | None
    error: str | None


@dataclass(frozen=True, slots=True)
class New:
    """What a webhook is to be. `secret`: one's own, or None to have one made; `since`: a position, None for now."""

    name: str
    url: str
    filters: Mapping[str, Any]
    author: str
    secret: str | None = None
    since: int | None = None


def add(session: Session, new: New) -> tuple[int, str]:
    """Store a webhook; its id and its secret. Raises InvalidInputError for what cannot be used."""
    name = " ".join(new.name.split())
    if not name or len(name) > LONGEST_NAME:
        raise InvalidInputError(f"name: 1 to {LONGEST_NAME} characters are expected.")
    if session.scalar(select(Webhook.id).where(Webhook.name == name)):
        raise InvalidInputError(f"name: there is a webhook {name!r} already; choose another name.")
    if (session.scalar(select(func.count()).select_from(Webhook)) or 0) >= MOST:
        raise InvalidInputError(f"There are {MOST} webhooks already, which is the most that are served.")
    secret = make_secret() if new.secret is None else checked_secret(new.secret)
    stream = session.execute(select(EPOCH.label("epoch"), StreamState.floor)).one()
    row = Webhook(
        name=name,
        url=_address(new.url),
        filters=dict(new.filters),
        secret=secret,
        author=new.author,
        epoch=stream.epoch,
        seq=max(head(session), stream.floor) if new.since is None else new.since,
    )
    session.add(row)
    session.flush()
    return row.id, secret


def listing(session: Session) -> list[Hook]:
    """All webhooks, in the order in which they were added."""
    newest = head(session)
    return [_hook(row, newest) for row in session.scalars(select(Webhook).order_by(Webhook.id))]


def find(session: Session, number: int) -> Hook:
    """One webhook. Raises NotFoundError."""
    return _hook(_row(session, number), head(session))


def named(session: Session, name: str) -> int:
    """The id behind a name or an id, as people type it. Raises NotFoundError."""
    found = session.scalar(select(Webhook.id).where(Webhook.name == name))
    if found is None and name.isdecimal() and len(name) < 19:
        found = session.scalar(select(Webhook.id).where(Webhook.id == int(name)))
    if found is None:
        raise NotFoundError(f"There is no webhook {name!r}; `dateline webhooks list` shows them.")
    return found


def attempts(session: Session, number: int, *, limit: int = 20) -> list[Attempt]:
    """The newest attempts at a webhook, newest first."""
    rows = session.scalars(
        select(WebhookAttempt)
        .where(WebhookAttempt.webhook_id == number)
        .order_by(WebhookAttempt.id.desc())
        .limit(limit)
    )
    return [Attempt(r.message, r.changes, r.bytes, r.at, r.took_ms, r.status, r.error) for r in rows]


def pause(session: Session, number: int, *, by: str, reason: str = "") -> None:
    """Send nothing more until it is resumed; what was being sent may still arrive. Raises NotFoundError."""
    row = _row(session, number)
    row.paused_by, row.paused_reason = by, reason or f"{by} asked for it."


def resume(session: Session, number: int) -> None:
    """Go on where it stopped, at once. Raises NotFoundError, and StateError where that place means nothing any more."""
    row = _row(session, number)
    here = row.seq if row.pending_seq is None else row.pending_seq
    oldest = floor(session)
    if row.epoch != epoch(session) or not oldest <= here <= max(head(session), oldest):
        raise StateError(set_back(number), "place-gone")
    _let_go_on(row)
    session.flush()
    _at_once(session, number)


def _let_go_on(row: Webhook) -> None:
    row.paused_reason, row.paused_by, row.failures, row.failing_since, row.error = None, None, 0, None, None


def set_back(number: int) -> str:
    """What is said of a webhook whose place in the stream is lost, with the command that brings it back."""
    return (
        "The stream was restored or cut since the last delivery, so it cannot go on where it stopped:"
        f" `dateline webhooks replay {number}` sends everything that is kept, and with `--since` and the `changes` of /v1/latest"
        " (under the same filters) what comes after that."
    )


def replay(session: Session, number: int, *, seq: int) -> None:
    """Send everything after position `seq` again, in order, whatever stopped it; but not until it is resumed where somebody
    paused it by hand. Raises NotFoundError.
    """
    row = _row(session, number)
    row.epoch = epoch(session)
    row.seq = seq
    row.pending_id = row.pending_body = row.pending_seq = row.pending_changes = None
    row.lease_token = None  # whoever has a message in hand must not move the place afterwards
    if row.paused_by is None:
        _let_go_on(row)
    session.flush()
    _at_once(session, number)


def change(
    session: Session,
    number: int,
    *,
    url: str | None = None,
    filters: Mapping[str, Any] | None = None,
) -> None:
    """Another address, other filters, from the next message on. Raises NotFoundError, InvalidInputError."""
    row = _row(session, number)
    if url is not None:
        row.url = _address(url)
    if filters is not None:
        row.filters = dict(filters)
    session.flush()
    _at_once(session, number)


def rotate(session: Session, number: int, *, now: datetime, force: bool = False) -> str:
    """A new secret; the old one signs beside it for a day. Raises NotFoundError, and StateError while that day lasts and
    not `force`: receivers may know no other yet.
    """
    row = _row(session, number)
    if row.old_secret is not None and row.old_until is not None and row.old_until > now and not force:
        raise StateError(
            f"The secret before this one signs beside it until {row.old_until:%Y-%m-%d %H:%M:%S} UTC, and another rotation would end"
            " that at once: rotate after it, or insist with `force` (`--force`); what is refused meanwhile comes again.",
            "secret-signs",
            until=f"{row.old_until:%Y-%m-%dT%H:%M:%SZ}",
        )
    row.old_secret, row.old_until, row.secret = row.secret, now + ROTATION, make_secret()
    return row.secret


def secret_of(session: Session, number: int) -> str:
    """What signs its messages. Raises NotFoundError."""
    return _row(session, number).secret


def remove(session: Session, number: int) -> None:
    """Forget a webhook and its attempts. Raises NotFoundError."""
    _row(session, number)
    session.execute(delete(Webhook).where(Webhook.id == number))


def _address(url: str) -> str:
    """The address in one spelling. Raises InvalidInputError for what is none, and for a number that will never be asked."""
    checked = check_http_url(url)
    if refusal := refusal_of_url(checked, allow=settings().fetch_allow):
        raise InvalidInputError(refusal)
    return checked


def _row(session: Session, number: int) -> Webhook:
    row = session.scalar(select(Webhook).where(Webhook.id == number).with_for_update())
    if row is None:
        raise NotFoundError(f"There is no webhook {number}.")
    return row


def _at_once(session: Session, number: int) -> None:
    """Due now, and in nobody's hand: who had it finds his lease gone."""
    session.execute(update(Webhook).where(Webhook.id == number).values(lease_until=text("'epoch'")))
    session.execute(_LOOK_NOW, {"id": number})


def _hook(row: Webhook, newest: int) -> Hook:
    return Hook(
        id=row.id,
        name=row.name,
        url=row.url,
        filters=row.filters,
        author=row.author,
        created_at=row.created_at,
        paused_reason=row.paused_reason,
        paused_by=row.paused_by,
        epoch=row.epoch,
        seq=row.seq,
        behind=max(newest - row.seq, 0),
        waiting=row.pending_changes or 0,
        failures=row.failures,
        failing_since=row.failing_since,
        error=row.error,
        due_at=row.due_at,
        delivered_at=row.delivered_at,
    )
