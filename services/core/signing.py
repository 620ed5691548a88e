"""Secrets that sign webhooks, as Standard Webhooks (standardwebhooks.com) want them."""

import base64
import binascii
import secrets

from services.core.errors import InvalidInputError

SECRET_PREFIX = "whsec_"  # noqa: S105 - what secrets begin with, none itself
_SECRET_BYTES = (24, 64)


def make_secret() -> str:
    """A secret as Standard Webhooks want it: `whsec_` and 32 random bytes in base64."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def checked_secret(secret: str) -> str:
    """A secret of one's own. Raises InvalidInputError where it is none that receivers' libraries take."""
    low, high = _SECRET_BYTES
    try:
        size = len(base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True))
    except (binascii.Error, ValueError):
        size = 0
    if not secret.startswith(SECRET_PREFIX) or not low <= size <= high:
        raise InvalidInputError(
            f"secret: {SECRET_PREFIX} and {low} to {high} bytes in base64 are expected; leave it out to have one made."
        )
    return secret
