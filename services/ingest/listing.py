"""Lists of feeds: an OPML file into the catalogue, and the starter list that ships."""

from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

from sqlalchemy.orm import Session

from services.core.errors import InvalidInputError
from services.ingest.opml import ListedFeed, read_opml
from services.ingest.store import catalogue


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a list; `refused` holds a sentence for each line that was left out, or read without its hints."""

    added: int
    known: int
    refused: tuple[str, ...]


def import_opml(session: Session, file: Path | None) -> Imported:
    """Add the feeds of an OPML file (None: the starter list). Raises InvalidInputError when it is no OPML at all."""
    try:
        data = file.read_bytes() if file else files("services.ingest").joinpath("starter.opml").read_bytes()
    except OSError as error:
        raise InvalidInputError(f"{file} cannot be read: {error.strerror}.") from error
    outline = read_opml(data, name=str(file or "the starter list"))
    told = [line.reason for line in outline.refused]
    feeds = [_checked(session, listed, told) for listed in outline.feeds]
    added = catalogue.add(session, feeds)
    return Imported(added, len(feeds) - added, tuple(told))


def _checked(session: Session, listed: ListedFeed, told: list[str]) -> catalogue.FeedToAdd:
    """A feed of a list with its hints, or, if one of them is wrong, without them, and that is told."""
    feed = catalogue.FeedToAdd(
        url=listed.url,
        title=listed.title,
        site_url=listed.site_url,
        language=listed.language,
        country=listed.country,
        region_hint=listed.region,
        topic_hint=listed.topic,
        folders=listed.folders,
    )
    try:
        catalogue.check_hints(session, feed)
    except InvalidInputError as error:
        told.append(f"{listed.url} is read without its hints: {error}")
        return replace(feed, language=None, country=None, region_hint=None, topic_hint=None)
    return feed
