"""The document, its feeds and its entries, and the pictures and forms of RSS that have titles and links of their own."""

from typing import Final

from services.ingest.parsers.fast.kinds import ENTRIES, HOLDER, LEAF, Attributes, DoubtError, local_name
from services.ingest.parsers.fast.reader import Reader
from services.ingest.parsers.limits import MAX_SKIP_TEXT
from services.ingest.parsers.xml_shape import SKIPPED

_RSS_VERSIONS: Final = {"0.91": "rss091u", "0.92": "rss092", "0.93": "rss093", "0.94": "rss094"}
_ATOM_VERSIONS: Final = {"0.1": "atom01", "0.2": "atom02", "0.3": "atom03"}


def read_rss(reader: Reader, attributes: Attributes) -> None:
    """The root of RSS 0.9x and 2.0."""
    version = attributes.get("version", "")
    if not reader.version.startswith("rss"):
        reader.version = _RSS_VERSIONS.get(version) or ("rss20" if version.startswith("2.") else "rss")
    _language_of_root(reader)
    reader.close()


def read_channel(reader: Reader, attributes: Attributes) -> None:
    """The channel of RSS and RDF."""
    if "lastmod" in attributes or "href" in attributes or reader.in_feed or reader.item is not None:
        raise DoubtError("channel definition format")
    reader.in_feed = True
    if _unprefixed(reader.raw) == "channel":
        reader.channel_depth = reader.depth
    reader.open(HOLDER, _channel_end)


def read_feed(reader: Reader, attributes: Attributes) -> None:
    """The root of Atom."""
    reader.version = reader.version or _ATOM_VERSIONS.get(attributes.get("version", ""), "atom")
    _language_of_root(reader)
    read_channel(reader, attributes)


def _language_of_root(reader: Reader) -> None:
    if reader.depth > 1:
        raise DoubtError("nested roots")
    if reader.lang:
        reader.feed["language"] = reader.lang.replace("_", "-")


def _channel_end(reader: Reader, _text: str) -> None:
    reader.in_feed = False


def read_item(reader: Reader, attributes: Attributes) -> None:
    """An entry."""
    if reader.item is not None or reader.source is not None or reader.in_image or reader.in_author:
        raise DoubtError("entry within something")
    if "lastmod" in attributes or "href" in attributes:
        raise DoubtError("channel definition format")
    reader.item, reader.item_depth = {}, reader.depth
    reader.entries.append(reader.item)
    reader.set_at, reader.title_depth, reader.here = {}, -1, reader.item
    if about := attributes.get("rdf:about"):
        reader.item["id"] = about
    counts = reader.depth <= 4 and local_name(reader.raw) in ENTRIES
    reader.open(HOLDER, _counted_item_end if counts else _item_end)


def _item_end(reader: Reader, _text: str) -> None:
    reader.item, reader.has_content = None, False
    reader.place()


def _counted_item_end(reader: Reader, _text: str) -> None:
    reader.item, reader.has_content = None, False
    reader.place()
    reader.count()


def read_source(reader: Reader, _attributes: Attributes) -> None:
    """Where an entry was taken from: its fields are not those of the entry."""
    if reader.source is not None or reader.in_author:
        raise DoubtError("source within something")
    reader.source, reader.title_depth = {}, -1
    reader.place()
    reader.open(HOLDER, _source_end)


def _source_end(reader: Reader, _text: str) -> None:
    reader.source = None
    reader.place()


def read_image(reader: Reader, _attributes: Attributes) -> None:
    """A channel's picture, with a title and a link of its own."""
    if reader.item is not None or reader.source is not None:
        raise DoubtError("image in an entry")
    reader.feed.setdefault("image", {})
    reader.in_image, reader.odd_place, reader.title_depth = True, True, -1
    reader.place()
    reader.open(HOLDER, _image_end)


def _image_end(reader: Reader, _text: str) -> None:
    reader.in_image, reader.odd_place = False, reader.in_text_input
    reader.place()


def read_text_input(reader: Reader, _attributes: Attributes) -> None:
    """A channel's form, with a title and a link of its own."""
    if reader.item is not None or reader.source is not None or reader.in_image:
        raise DoubtError("textinput within something")
    reader.feed.setdefault("textinput", {})
    reader.in_text_input, reader.odd_place, reader.title_depth = True, True, -1
    reader.place()
    reader.open(HOLDER, _text_input_end)


def _text_input_end(reader: Reader, _text: str) -> None:
    reader.in_text_input, reader.odd_place = False, reader.in_image
    reader.place()


def read_skips(reader: Reader, _attributes: Attributes) -> None:
    """A channel's list of hours or days to skip, by the rule of `xml_shape`; anywhere else it means nothing."""
    name = _unprefixed(reader.raw)
    if name in SKIPPED.values() and reader.depth == reader.channel_depth + 1:
        reader.skipping = name
        reader.open(HOLDER, _skips_end)
    else:
        reader.close()


def _skips_end(reader: Reader, _text: str) -> None:
    reader.skipping = ""


def read_skipped(reader: Reader, _attributes: Attributes) -> None:
    """An hour or a day of such a list."""
    name = _unprefixed(reader.raw)
    if reader.skipping and reader.skipping == SKIPPED.get(name) and reader.depth == reader.channel_depth + 2:
        reader.open(LEAF, _hour_end if name == "hour" else _day_end)
    else:
        reader.close()


def _unprefixed(raw: str) -> str:
    """The local name in lower case; empty for an element with a prefix."""
    return local_name(raw).lower() if raw.count(" ") < 2 else ""


def _hour_end(reader: Reader, text: str) -> None:
    reader.skips["hour"].append(text[:MAX_SKIP_TEXT])


def _day_end(reader: Reader, text: str) -> None:
    reader.skips["day"].append(text[:MAX_SKIP_TEXT])
