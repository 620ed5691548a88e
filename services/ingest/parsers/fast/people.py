"""Authors, by name as text or in parts; contributors and owners are read over."""

from services.ingest.parsers.fast import text as texts
from services.ingest.parsers.fast.kinds import LEAF, PEOPLE, Attributes, DoubtError
from services.ingest.parsers.fast.reader import Reader, Start
from services.ingest.parsers.fields import Fields
from services.ingest.parsers.limits import MAX_AUTHOR


def read_author(reader: Reader, _attributes: Attributes) -> None:
    """An author: a text, or parts."""
    if reader.in_author:
        raise DoubtError("author within an author")
    reader.in_author = True
    reader.here.setdefault("authors", []).append({})
    reader.open(PEOPLE, _author_end)


def _author_end(reader: Reader, text: str) -> None:
    if reader.stores:
        reader.store("author", texts.settled(text))
    reader.in_author = False
    _settle_author(reader.here)


def part_of_person(name: str) -> Start:
    """A part of a person; outside of an author it means nothing."""

    def end(reader: Reader, text: str) -> None:
        if reader.in_author:
            value = texts.settled_address(text, reader.base) if name == "href" else text.strip()
            context = reader.here
            # Feedparser's one detail for all authors may be the first of them, which then changes with the last.
            context.setdefault("author_detail", {})[name] = value
            _settle_author(context)
            context.setdefault("authors", [{}])[-1][name] = value

    def start(reader: Reader, _attributes: Attributes) -> None:
        reader.open(LEAF, end)

    return start


def _settle_author(context: Fields) -> None:
    """Keep the author as a text and the last of the authors by name and address in step."""
    last: Fields = context["authors"][-1]
    if last:
        name, email = last.get("name"), last.get("email")
        if name or email:
            context["author"] = f"{name} ({email})" if name and email else name or email
        return
    author = context.get("author")
    if not author:
        return
    if "@" in author and len(author) > MAX_AUTHOR:
        raise DoubtError("long author")
    name, email = texts.name_and_email(author)
    if name or email:
        context.setdefault("author_detail", last)
    last.update({key: value for key, value in (("name", name), ("email", email)) if value})


def read_other_person(reader: Reader, _attributes: Attributes) -> None:
    """A contributor: read over, since no field of ours holds one."""
    if reader.in_author:
        raise DoubtError("contributor within an author")
    reader.open(PEOPLE, _nothing)


def read_owner(reader: Reader, attributes: Attributes) -> None:
    """The owner of a channel, by iTunes; in an entry feedparser takes its name for an author's."""
    if reader.item is not None or reader.source is not None:
        raise DoubtError("owner of an entry")
    read_other_person(reader, attributes)


def _nothing(_reader: Reader, _text: str) -> None:
    pass
