"""Shapes of what is told of webhooks, for the published description. A test holds the answers to these."""

from datetime import datetime

from pydantic import Field

from services.api.schemas.answers import Shape


class StreamShape(Shape):
    """Which stream is sent, as the query parameters of `/v1/latest` name it."""

    region: list[str]
    topic: list[str]
    language: list[str]
    source: list[str]
    q: str | None


class WebhookShape(Shape):
    """A stream that is sent to an address."""

    id: int
    name: str
    url: str
    filters: StreamShape
    author: str
    created_at: datetime
    state: str = Field(description="`active`, `failing` or `paused`.")
    sentence: str = Field(description="How it is, for people.")
    paused_by: str | None = Field(
        description="Who paused it by hand, which a replay does not undo; null otherwise."
    )
    cursor: str = Field(description="How far it was delivered: a cursor of this stream.")
    behind: int = Field(description="Changes of the whole stream that were not looked at for it yet.")
    failures: int = Field(description="Attempts in a row that failed.")
    failing_since: datetime | None
    next_attempt_at: datetime | None = Field(description="When it is tried again, while it fails.")
    delivered_at: datetime | None


class AttemptShape(Shape):
    """One attempt at a message."""

    message: str = Field(description="The `webhook-id` it was sent under.")
    changes: int
    bytes: int
    at: datetime
    took_ms: int
    status: int | None
    error: str | None = Field(description="Null where the message was taken.")


class WebhookBody(WebhookShape):
    """A webhook with its newest attempts."""

    attempts: list[AttemptShape]


class WebhookMadeBody(WebhookShape):
    """A webhook with its secret, told this once."""

    secret: str


class WebhooksBody(Shape):
    """All webhooks."""

    items: list[WebhookShape]


class SecretBody(Shape):
    """A new secret; the one before it signs beside it for a day."""

    secret: str


class PingBody(Shape):
    """How an address took a message that says nothing."""

    taken: bool
    status: int | None
    took_ms: int
    sentence: str
