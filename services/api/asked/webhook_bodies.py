"""Bodies of requests about webhooks."""

from typing import Annotated

from pydantic import Field
from pydantic.types import StringConstraints

from services.api.asked.bodies import Given, Label


class FiltersGiven(Given):
    """A stream, as the query parameters of `/v1/latest` name one."""

    region: list[Label] = Field(default=[], max_length=100)
    topic: list[Label] = Field(default=[], max_length=100)
    language: list[Label] = Field(default=[], max_length=100)
    source: list[Label] = Field(default=[], max_length=100)
    q: Annotated[str, StringConstraints(max_length=200)] | None = None


class WebhookGiven(Given):
    """A stream to be sent to an address. `since`: a cursor of this stream to begin from; now, when it is left out."""

    name: Annotated[str, StringConstraints(max_length=80)]
    url: Annotated[str, StringConstraints(max_length=2048)]
    filters: FiltersGiven = FiltersGiven()
    since: Annotated[str, StringConstraints(max_length=200)] | None = None
    secret: Annotated[str, StringConstraints(max_length=200)] | None = Field(
        None, description="`whsec_` and 24 to 64 bytes in base64; one is made when it is left out."
    )


class WebhookChangedGiven(Given):
    """Another address or another stream for a webhook; what is left out stays."""

    url: Annotated[str, StringConstraints(max_length=2048)] | None = None
    filters: FiltersGiven | None = None


class PauseGiven(Given):
    """Why nothing is to be sent."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] = ""


class ReplayGiven(Given):
    """From where to send again: a cursor of the webhook's stream; the oldest change kept, when it is left out."""

    since: Annotated[str, StringConstraints(max_length=200)] | None = None


class RotateGiven(Given):
    """Whether a secret that still signs beside the present one may end at once."""

    force: bool = Field(False, description="End what still signs beside the present secret, before its time.")


BODIES: tuple[type[Given], ...] = (WebhookGiven, WebhookChangedGiven, PauseGiven, ReplayGiven, RotateGiven)
"""What the published description has schemas of."""
