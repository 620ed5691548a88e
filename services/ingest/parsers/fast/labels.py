"""Tags and pictures."""

from typing import Final

from services.ingest.parsers.fast import text as texts
from services.ingest.parsers.fast.kinds import LEAF, Attributes, DoubtError
from services.ingest.parsers.fast.reader import Quick, Reader, Start
from services.ingest.parsers.limits import MAX_TAGS

ITUNES: Final = "http://www.itunes.com/"
_MEDIA: Final = "http://search.yahoo.com/mrss/category_schema"


def read_category(reader: Reader, attributes: Attributes) -> None:
    """A tag, in attributes or as text."""
    scheme = attributes.get("scheme", attributes.get("domain"))
    _tag_start(reader, attributes.get("term"), scheme, attributes.get("label"))


def read_itunes_category(reader: Reader, attributes: Attributes) -> None:
    """A category of iTunes; those of a channel are not read."""
    if reader.item is not None:
        _tag_start(reader, attributes.get("text"), ITUNES, None)
    else:
        reader.close()


def read_media_category(reader: Reader, attributes: Attributes) -> None:
    """A category of Media RSS."""
    read_category(reader, {"scheme": _MEDIA, **attributes})


def _tag_start(reader: Reader, term: str | None, scheme: str | None, label: str | None) -> None:
    _add_tag(reader, term, scheme, label)
    reader.open(LEAF, _category_end)


def _category_end(reader: Reader, text: str) -> None:
    value = texts.settled(text)
    if not value:
        return
    tags = reader.here.setdefault("tags", [])
    if tags and not tags[-1]["term"]:
        tags[-1]["term"] = value
    else:
        _add_tag(reader, value, None, None)


def listed_tags(scheme: str | None) -> Start:
    """Tags in one text, with commas between them. Attributes make feedparser forget the text."""

    def end(reader: Reader, text: str) -> None:
        for word in texts.settled(text).split(","):
            if word.strip():
                _add_tag(reader, word.strip(), scheme, None)

    def start(reader: Reader, attributes: Attributes) -> None:
        if attributes:
            reader.close()
        else:
            reader.open(LEAF, end)

    return start


def _add_tag(reader: Reader, term: str | None, scheme: str | None, label: str | None) -> None:
    tags = reader.here.setdefault("tags", [])
    tag = {"term": term, "scheme": scheme, "label": label}
    if not (term or scheme or label) or (reader.item is None and reader.source is None):
        return
    if len(tags) > MAX_TAGS:
        raise DoubtError("tags")
    if tag not in tags:
        tags.append(tag)


def read_media_content(reader: Reader, attributes: Attributes) -> None:
    """A picture, film or sound of Media RSS."""
    reader.here.setdefault("media_content", []).append(attributes)
    reader.close()


def read_thumbnail(reader: Reader, attributes: Attributes) -> None:
    """A small picture, in attributes or as text."""
    reader.here.setdefault("media_thumbnail", []).append(attributes)
    reader.open(LEAF, _thumbnail_end)


def _thumbnail_end(reader: Reader, text: str) -> None:
    value = texts.settled_address(text, reader.base) if reader.stores else text.strip()
    if value.strip():
        reader.here["media_thumbnail"][-1].setdefault("url", value)


def read_itunes_image(reader: Reader, attributes: Attributes) -> None:
    """The picture of an episode or a channel."""
    if address := attributes.get("href") or attributes.get("url"):
        reader.here["image"] = {"href": address}
    reader.close()


CATEGORY: Final[Quick] = LEAF, _category_end
