"""Which article is meant, by its number or by an address of it."""

import re
from collections.abc import Collection

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.core.errors import InvalidInputError
from services.core.urls import MAX_URL, canonical_url, host_of

_OURS = re.compile(
    r"(?:https?://([^/?#]+))?/(?:article|v1/articles|editor/articles|editor/judge)/(\d{1,18})(?:[/?#].*)?"
)
_BY_KEY = text("SELECT article_id FROM article_urls WHERE url_key = :key")


def article_named(session: Session, given: str, *, own_hosts: Collection[str] = ()) -> int:
    """The article of a number, of an address of this site, or of the publisher's own, in any of its spellings.

    A number is not looked up. Raises InvalidInputError where it is none of these, or no article stands at the address.
    """
    given = given.strip()
    if re.fullmatch(r"\d{1,18}", given, re.ASCII):
        return int(given)
    ours = _OURS.fullmatch(given)
    if ours and (ours[1] is None or ours[1] in own_hosts):
        return int(ours[2])
    if not given:
        raise InvalidInputError("Name the other article, by its number or its address.")
    if len(given) > MAX_URL or not given.isprintable() or not host_of(given):
        raise InvalidInputError(
            f"{given[:80]!r} is neither the number of an article nor an address such as https://paper.example/story."
        )
    found = session.scalar(_BY_KEY, {"key": canonical_url(given)})
    if found is None:
        raise InvalidInputError(f"No article stands at {given[:200]}.")
    return int(found)
