"""What is sent, and how it is signed (pure): Standard Webhooks 1.0 (standardwebhooks.com), symmetric signatures."""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson

from services.api.filters import Filters, filters_of
from services.api.formats import json_api
from services.api.shapes import ChangesPage
from services.core.signing import SECRET_PREFIX

MEDIA_TYPE = "application/json"


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it is sent, the same at every attempt. `seq`: the position that it goes to; `changes`: how many it holds."""

    id: str
    body: bytes
    seq: int
    changes: int


def message_id(webhook_id: int, epoch: str, first: int, last: int) -> str:
    """Names a message for ever: receivers drop what they had by it."""
    said = hashlib.blake2b(f"{webhook_id}/{epoch}".encode(), digest_size=4).hexdigest()
    return f"msg_{said}_{first}_{last}"


def changes_body(page: ChangesPage, *, webhook_id: int, at: datetime) -> bytes:
    """Changes as `/v1/changes` gives them, in the envelope of Standard Webhooks."""
    data = {
        "webhook": webhook_id,
        "changes": [json_api.entry(entry) for entry in page.entries],
        "cursor": page.cursor,
    }
    return json_api.dump({"type": "changes", "timestamp": at, "data": data})


def articles_in(body: bytes) -> list[int]:
    """Which articles a message tells of: it may have been put together by another process, in another version."""
    changes = orjson.loads(body)["data"].get("changes", ())
    return list(dict.fromkeys(change["article"]["id"] for change in changes if change.get("article")))


def ping_body(*, webhook_id: int, at: datetime) -> bytes:
    """A message that says nothing, to try an address out."""
    return json_api.dump({"type": "ping", "timestamp": at, "data": {"webhook": webhook_id}})


def headers(message_id: str, body: bytes, *, at: datetime, secrets: Sequence[str]) -> dict[str, str]:
    """Everything that goes with a body. `at`: when this attempt is made; receivers refuse what is old."""
    seconds = str(int(at.timestamp()))
    signed = b".".join((message_id.encode(), seconds.encode(), body))
    return {
        "Content-Type": MEDIA_TYPE,
        "webhook-id": message_id,
        "webhook-timestamp": seconds,
        "webhook-signature": " ".join(f"v1,{_signature(secret, signed)}" for secret in secrets),
    }


def _signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def filters_in(stored: Mapping[str, object]) -> Filters:
    """Stored filters as they are asked of a stream."""
    lists = {
        kind: [str(value) for value in found]
        for kind in ("regions", "topics", "languages", "sources")
        if isinstance(found := stored.get(kind), list)
    }
    words = stored.get("q")
    return filters_of(**lists, q=words if isinstance(words, str) else None)
