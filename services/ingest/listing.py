"""Lists of feeds: an OPML file into the catalogue and out of it, and the starter list that ships."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

from sqlalchemy.orm import Session

from services.core.errors import InvalidInputError
from services.core.guard import Network, refusal_of_url
from services.core.settings import settings
from services.ingest.opml import (
    Labels,
    ListedFeed,
    read_opml,
    with_folder_hints,
    without_false_hints,
    write_opml,
)
from services.ingest.store import adding, amending


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a list; `refused` holds a sentence for each line that was left out, or read without a hint.

    `known`: feeds that were there; of them the list says something else about `differ`, and `updated` were brought to
    what it says. `forbidden`: addresses of the list that fetching refuses as things stand.
    """

    added: int
    known: int
    refused: tuple[str, ...]
    differ: int = 0
    updated: int = 0
    forbidden: tuple[str, ...] = ()


def import_opml(session: Session, file: Path | None, *, update: bool = False) -> Imported:
    """Add the feeds of an OPML file (None: the starter list). Raises InvalidInputError when it is no OPML at all.

    `update`: feeds that are there get the title, folders and hints that the list gives; what it does not give stays.
    """
    try:
        data = file.read_bytes() if file else files("services.ingest").joinpath("starter.opml").read_bytes()
    except OSError as error:
        raise InvalidInputError(f"{file} cannot be read: {error.strerror}.") from error
    outline = read_opml(data, name=str(file or "the starter list"))
    told = [line.reason for line in outline.refused]
    labels = adding.labels_in_force(session)
    feeds = [_checked(with_folder_hints(listed, labels), labels, told) for listed in outline.feeds]
    done = adding.add_each(session, feeds)
    changes = amending.differing(session, _there(feeds, done))
    if update:
        amending.amend(session, changes)
    return Imported(
        added=len(done.ids),
        known=len(feeds) - len(done.ids),
        refused=tuple(told),
        differ=0 if update else len(changes),
        updated=len(changes) if update else 0,
        forbidden=forbidden([feed.url for feed in feeds], allow=settings().fetch_allow),
    )


def forbidden(urls: Sequence[str], *, allow: tuple[Network, ...]) -> tuple[str, ...]:
    """Those that the address guard will refuse, by the number that their host is; what a name leads to shows when it is fetched.

    >>> forbidden(["http://10.1.2.3/feed", "https://a.example/feed"], allow=())
    ('http://10.1.2.3/feed',)
    """
    return tuple(url for url in urls if refusal_of_url(url, allow=allow))


def not_fetched(urls: Sequence[str]) -> str:
    """What is said of addresses that are `forbidden`, with the remedy.

    >>> not_fetched(["http://10.1.2.3/feed"])
    '1 address will not be asked (http://10.1.2.3/feed); if it is meant to be, add its network to DATELINE_FETCH_ALLOW.'
    """
    if len(urls) == 1:
        return f"1 address will not be asked ({urls[0]}); if it is meant to be, add its network to DATELINE_FETCH_ALLOW."
    return (
        f"{len(urls):,} addresses will not be asked (such as {urls[0]}); if they are meant to be, add their networks to "
        "DATELINE_FETCH_ALLOW."
    )


def export_opml(session: Session) -> bytes:
    """All feeds as OPML, in the order of their numbers: importing it anywhere gives the same bytes again."""
    labels = adding.labels_in_force(session)
    feeds = (without_false_hints(feed, labels) for feed in amending.listed(session))
    return write_opml(feeds, title="Feeds of Dateline")


def _there(feeds: Sequence[adding.FeedToAdd], done: adding.Added) -> dict[int, adding.FeedToAdd]:
    """Feeds that were there before, by number, as the list names them first."""
    new = set(done.ids.values())
    there: dict[int, adding.FeedToAdd] = {}
    for feed in feeds:
        same = done.known.get(feed.url)
        if same and same.feed_id not in new:
            there.setdefault(same.feed_id, feed)
    return there


def _checked(listed: ListedFeed, labels: Labels, told: list[str]) -> adding.FeedToAdd:
    """A feed of a list with its hints, without those that are wrong, and that is told."""
    feed = adding.FeedToAdd(
        url=listed.url,
        title=listed.title,
        site_url=listed.site_url,
        language=listed.language,
        country=listed.country,
        region_hint=listed.region,
        topic_hint=listed.topic,
        folders=listed.folders,
    )
    wrong = adding.wrong_hints(feed, labels)
    told.extend(
        f"{listed.url} is read without its {name.removesuffix('_hint')}: {sentence}"
        for name, sentence in wrong.items()
    )
    return replace(feed, **dict.fromkeys(wrong)) if wrong else feed  # type: ignore[arg-type]  # hints may be None
