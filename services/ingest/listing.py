"""Lists of feeds: an OPML file into the catalogue, and the starter list that ships."""

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from sqlalchemy.orm import Session

from services.core.errors import InvalidInputError
from services.ingest.opml import read_opml
from services.ingest.store import catalogue


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a list; `refused` holds a sentence for each line that was left out."""

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
    feeds = [
        catalogue.FeedToAdd(
            url=f.url,
            title=f.title,
            site_url=f.site_url,
            language=f.language,
            country=f.country,
            region_hint=f.region,
            topic_hint=f.topic,
            folders=f.folders,
        )
        for f in outline.feeds
    ]
    added = catalogue.add(session, feeds)
    return Imported(added, len(feeds) - added, tuple(line.reason for line in outline.refused))
