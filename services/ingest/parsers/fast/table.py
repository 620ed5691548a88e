"""What each element of RSS, RDF and Atom, and of the modules that news feeds use, is read by.

The behaviour is feedparser's, odd corners included: a second description becomes content, a guid is a link where there
is none, a title near the entry wins over one in `media:group`. What is not in the tables and means nothing to
feedparser is read over; what means something to feedparser alone is a doubt.
"""

from typing import Final

from services.ingest.parsers.fast import addresses, labels, people, structure, typed
from services.ingest.parsers.fast.kinds import ENTRIES, HOLDER, PEOPLE, Attributes, DoubtError, local_name
from services.ingest.parsers.fast.names import ENDED, STARTED
from services.ingest.parsers.fast.reader import Quick, Reader, Start

_description, _read_description = typed.summary_as("text/html", "subtitle")
_summary, _read_summary = typed.summary_as("text/plain", "summary")
_DATES: Final = {
    "published": ("published", "issued", "pubdate", "dcterms_issued"),
    "updated": ("updated", "modified", "lastbuilddate", "dc_date", "dcterms_modified"),
    "created": ("created", "dcterms_created"),
}
_LANGUAGES: Final = ("language", "dc_language")
_DESCRIPTIONS: Final = ("description", "dc_description", "media_description")
_SUMMARIES: Final = ("summary", "itunes_summary")
_ENCODED: Final = ("content_encoded", "fullitem")
_UNREAD: Final = ("subtitle", "tagline", "itunes_subtitle", "rights", "copyright", "dc_rights", "info")
_PLAIN: Final = ("ttl", "sy_updateperiod", "sy_updatefrequency", "feedburner_origlink")
_CATEGORIES: Final = ("category", "keywords", "dc_subject")
_name: Final = people.part_of_person("name")
_email: Final = people.part_of_person("email")
_home: Final = people.part_of_person("href")

READ: Final[dict[str, Start]] = {
    "rss": structure.read_rss,
    "channel": structure.read_channel,
    "feed": structure.read_feed,
    "item": structure.read_item,
    "entry": structure.read_item,
    "source": structure.read_source,
    "image": structure.read_image,
    "textinput": structure.read_text_input,
    "guid": addresses.read_guid,
    "id": addresses.read_guid,
    "link": addresses.read_link,
    "enclosure": addresses.read_enclosure,
    **dict.fromkeys(_LANGUAGES, addresses.gathered(addresses.text_of("language"))),
    **{name: addresses.stored(name) for name in _PLAIN},
    **{tag: addresses.gathered(addresses.date_of(name)) for name, tags in _DATES.items() for tag in tags},
    "title": typed.read_title,
    "dc_title": typed.read_title,
    "media_title": typed.read_media_title,
    **dict.fromkeys(_DESCRIPTIONS, _read_description),
    **dict.fromkeys(_SUMMARIES, _read_summary),
    "content": typed.read_content,
    **dict.fromkeys(_ENCODED, typed.read_encoded),
    **dict.fromkeys(_UNREAD, typed.read_unread),
    **dict.fromkeys(
        ("author", "managingeditor", "dc_creator", "dc_author", "itunes_author"), people.read_author
    ),
    "contributor": people.read_other_person,
    "itunes_owner": people.read_owner,
    **dict.fromkeys(("name", "itunes_name"), _name),
    **dict.fromkeys(("email", "itunes_email"), _email),
    **dict.fromkeys(("url", "uri", "homepage"), _home),
    **dict.fromkeys(_CATEGORIES, labels.read_category),
    "itunes_category": labels.read_itunes_category,
    "media_category": labels.read_media_category,
    "itunes_keywords": labels.listed_tags(labels.ITUNES),
    "media_keywords": labels.listed_tags(None),
    "media_content": labels.read_media_content,
    "media_thumbnail": labels.read_thumbnail,
    **dict.fromkeys(("itunes_image", "itunes_link"), labels.read_itunes_image),
    **dict.fromkeys(("skiphours", "skipdays"), structure.read_skips),
    **dict.fromkeys(("hour", "day"), structure.read_skipped),
}
"""What reads each element."""

QUICK: Final[dict[str, Quick]] = {
    **dict.fromkeys(("guid", "id"), addresses.GUID),
    "link": addresses.LINK,
    **dict.fromkeys(_LANGUAGES, addresses.text_of("language")),
    **{name: addresses.text_of(name) for name in _PLAIN},
    **{tag: addresses.date_of(name) for name, tags in _DATES.items() for tag in tags},
    **dict.fromkeys(("title", "dc_title"), typed.TITLE),
    **dict.fromkeys(_DESCRIPTIONS, _description),
    **dict.fromkeys(_SUMMARIES, _summary),
    **dict.fromkeys(_ENCODED, typed.ENCODED),
    **dict.fromkeys(_UNREAD, typed.UNREAD),
    **dict.fromkeys(_CATEGORIES, labels.CATEGORY),
}
"""The short way of those that only gather text when they have no attributes: most elements of most feeds."""

_OVER: Final = frozenset(
    {
        *(
            "webmaster",
            "dc_publisher",
            "dc_contributor",
            "generator",
            "cloud",
            "width",
            "height",
            "expirationdate",
        ),
        *("dcterms_valid", "newlocation", "media_group", "media_rating", "media_credit", "media_restriction"),
        *("media_license", "media_player", "cc_license", "admin_generatoragent", "admin_errorreportsto"),
        *("itunes_block", "itunes_explicit", "georss_point", "georss_line", "georss_polygon", "georss_box"),
    }
)
"""Elements that feedparser knows and that end in no field of ours."""

_LICENSE: Final = "creativecommons_license"
"""Feedparser stumbles over it outside of an entry or a channel."""

_FIELDS: Final = frozenset({"authors", "links", "date", "channel", "items", "entries"})
"""Names of fields which an unknown element of the same name would overwrite."""


def unknown(reader: Reader, tag: str, attributes: Attributes) -> None:
    """An element that is not in the table: what is read over, and what is a doubt."""
    if local_name(reader.raw) in ENTRIES:
        raise DoubtError("entry of another kind")
    if reader.kind == PEOPLE:
        _in_person(reader, tag, attributes)
    elif tag in _OVER or (tag == _LICENSE and (reader.at_entry or (reader.item is None and reader.in_feed))):
        reader.close()
    elif tag in STARTED or tag in ENDED:
        raise DoubtError(f"<{tag}>")
    elif reader.item is not None and (tag in _FIELDS or tag.endswith(("_detail", "_parsed"))):
        raise DoubtError("element with the name of a field")
    else:
        reader.close()


def _in_person(reader: Reader, tag: str, attributes: Attributes) -> None:
    """What an extension puts into a person; its text is its own, but feedparser lets that of one with attributes through."""
    if tag in ENDED:
        raise DoubtError(f"<{tag}> in a person")
    if attributes:
        reader.close()
    else:
        reader.open(HOLDER, _nothing)


def _nothing(_reader: Reader, _text: str) -> None:
    pass
