"""Labels (regions and topics), places and defaults: from nodes to the model."""

import re
from dataclasses import replace
from typing import Any, cast

from services.classify.rules.loading.nodes import Entries, Node, Scalar
from services.classify.rules.loading.reader import Reader, meant
from services.classify.rules.loading.term_lists import ANY, TermReader, is_language
from services.classify.rules.model import (
    FIELDS,
    TIERS,
    Defaults,
    Document,
    Example,
    Kind,
    LabelRule,
    Membership,
    Place,
    Position,
    Term,
)
from services.core.iso import CODES

LABEL_KEYS = ("id", "name", "parent", "m49", "iptc", "places", "threshold", "lang", "tests", "note", *TIERS)
TEST_KEYS = (
    "title",
    "body",
    "dateline",
    "lang",
    "tag",
    "section",
    "country",
    "feed_region",
    "expect",
    "reject",
    "primary",
    "todo",
)
DEFAULT_KEYS = (
    "fields",
    "lead_words",
    "threshold",
    "secondary_ratio",
    "place_ratio",
    "topic_ratio",
    "prior",
    "lang",
)
MAX_ID = 80
_ID = re.compile(r"(region|topic)/[a-z0-9]+(?:-[a-z0-9]+)*")


def read_defaults(reader: Reader, node: Node) -> Defaults:
    """`defaults:`; what it leaves out keeps its measured value."""
    changes: dict[str, Any] = {}
    for key, value in reader.entries(node, "defaults"):
        match key.value:
            case "fields":
                changes["fields"] = _field_weights(reader, value)
            case "threshold":
                changes |= _thresholds(reader, value)
            case "lead_words":
                changes["lead_words"] = reader.whole(value, "lead_words", high=1000)
            case "secondary_ratio" | "place_ratio" | "topic_ratio":
                changes[key.value] = reader.number(value, key.value, low=0, high=1)
            case "prior":
                changes["prior"] = reader.number(value, "prior", low=0)
            case "lang":
                changes["lang"] = _default_language(reader, value)
            case _:
                reader.unknown(key, DEFAULT_KEYS, "defaults")
    return replace(Defaults(), **{key: value for key, value in changes.items() if value is not None})


def _default_language(reader: Reader, node: Node) -> str | None:
    value = reader.text(node, "lang")
    if value is not None and (value == ANY or not is_language(value)):
        reader.findings.error(node.position, f"{value!r} is no language code such as en or ru.")
        return None
    if value is not None:
        reader.languages.name(value, node.position)
    return value


def _field_weights(reader: Reader, node: Node) -> dict[str, float]:
    weights = dict(Defaults().fields)
    for key, value in reader.entries(node, "fields"):
        if key.value not in FIELDS:
            reader.findings.error(
                key.position, f"There is no field {key.value!r}; {meant(key.value, FIELDS)}"
            )
            continue
        weight = reader.number(value, "A field's weight", low=0)
        if weight is not None:
            weights[key.value] = weight
    return weights


def _thresholds(reader: Reader, node: Node) -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    for key, value in reader.entries(node, "threshold"):
        if key.value in ("region", "topic"):
            found[f"{key.value}_threshold"] = reader.number(value, "A threshold", low=0)
        else:
            reader.unknown(key, ("region", "topic"), "threshold")
    return found


def read_place(reader: Reader, terms: TermReader, key: Scalar, node: Node) -> Place | None:
    """One country: its terms by language, and tiers such as `mask@en`."""
    if key.value not in CODES:
        reader.findings.error(
            key.position, f"{key.value!r} is no ISO 3166 code (two capital letters, such as KZ)."
        )
        return None
    found: list[Term] = []
    for inner, value in reader.entries(node, f"The place {key.value}"):
        tier = terms.tier(inner)
        if tier is None and is_language(inner.value):
            tier = terms.tier(replace(inner, value=f"terms@{inner.value}"))
        if tier is None:
            reader.unknown(inner, TIERS, f"The place {key.value} (languages such as en, and tiers)")
            continue
        found += terms.terms(value, tier)
    return Place(key.value, key.position, tuple(found))


def read_label(reader: Reader, terms: TermReader, node: Node) -> LabelRule | None:
    """One region or topic."""
    if not isinstance(node, Entries):
        reader.findings.error(node.position, "A label is a mapping that begins with id.")
        return None
    known = {key: value for key, (_, value) in node.entries.items()}
    label_id = reader.text(known["id"], "id") if "id" in known else None
    if label_id is None or len(label_id) > MAX_ID or not _ID.fullmatch(label_id):
        reader.findings.error(
            known["id"].position if "id" in known else node.position,
            "A label needs an id such as region/central-asia or topic/health (small letters, digits, hyphens; "
            f"{MAX_ID} characters at most).",
        )
        return None
    kind, _, slug = label_id.partition("/")
    lang = terms.language(known["lang"]) if "lang" in known else None
    fields = _label_fields(reader, known, label_id)
    fields["terms"] = _label_terms(reader, terms, node, label_id, lang)
    return LabelRule(id=label_id, kind=cast("Kind", kind), slug=slug, position=node.position, **fields)


def _label_terms(
    reader: Reader, terms: TermReader, node: Entries, label_id: str, lang: str | None
) -> tuple[Term, ...]:
    found: list[Term] = []
    for key, value in node.entries.values():
        tier = terms.tier(key)
        if tier is not None:
            found += terms.terms(value, tier, lang)
        elif key.value not in LABEL_KEYS:
            reader.unknown(key, LABEL_KEYS, label_id)
    return tuple(found)


def _label_fields(reader: Reader, known: dict[str, Node], label_id: str) -> dict[str, Any]:
    def optional(key: str) -> str | None:
        return reader.text(known[key], key) if key in known else None

    if "parent" in known:
        reader.parents.setdefault(label_id, known["parent"].position)
    threshold = reader.number(known["threshold"], "threshold", low=0) if "threshold" in known else None
    codes = reader.items(known["iptc"], "iptc") if "iptc" in known else []
    places = reader.items(known["places"], "places") if "places" in known else []
    tests = reader.items(known["tests"], "tests") if "tests" in known else []
    return {
        "name": optional("name") or label_id.partition("/")[2].replace("-", " ").title(),
        "parent": (optional("parent") or "").rpartition("/")[2] or None,
        "m49": optional("m49"),
        "iptc": tuple(code for code in (reader.text(item, "iptc") for item in codes) if code),
        "threshold": threshold,
        "places": tuple(m for m in (_membership(reader, item) for item in places) if m),
        "tests": tuple(t for t in (_example(reader, item) for item in tests) if t),
    }


def _membership(reader: Reader, node: Node) -> Membership | None:
    if isinstance(node, Scalar):
        return Membership(node.value, 1.0, node.position)
    code: str | None = None
    weight: float | None = 1.0
    for key, value in reader.entries(node, "A place of a region"):
        if key.value == "place":
            code = reader.text(value, "place")
        elif key.value == "weight":
            weight = reader.number(value, "weight", low=0, high=10)
        else:
            reader.unknown(key, ("place", "weight"), "A place of a region")
    if code is None:
        reader.findings.error(node.position, "A place in braces is written {place: EG, weight: 0.5}.")
        return None
    return Membership(code, 1.0 if weight is None else weight, node.position)


def _example(reader: Reader, node: Node) -> Example | None:
    values: dict[str, str | None] = {}
    lists: dict[str, tuple[str, ...]] = {}
    for key, value in reader.entries(node, "A test"):
        if key.value in ("expect", "reject"):
            found = (reader.text(item, key.value) for item in reader.items(value, key.value))
            lists[key.value] = tuple(text for text in found if text)
        elif key.value in TEST_KEYS:
            values[key.value] = text = reader.text(value, key.value)
            if key.value == "lang" and text is not None:
                reader.languages.name(text, value.position)
        else:
            reader.unknown(key, TEST_KEYS, "A test")
    return _checked_example(reader, node.position, values, lists)


def _checked_example(
    reader: Reader, position: Position, values: dict[str, str | None], lists: dict[str, tuple[str, ...]]
) -> Example | None:
    if not values.get("title") and not values.get("body"):
        reader.findings.error(position, "A test needs a title or a body.")
        return None
    if not values.get("primary") and not lists:
        reader.findings.error(position, "A test says what it wants: expect, reject or primary.")
        return None
    tag = values.get("tag")
    document = Document(
        title=values.get("title") or "",
        body=values.get("body") or "",
        dateline=values.get("dateline"),
        language=values.get("lang"),
        tags=(tag,) if tag else (),
        section=values.get("section") or "",
        source_country=values.get("country"),
        prior_region=(values.get("feed_region") or "").rpartition("/")[2] or None,
    )
    primary, todo = values.get("primary"), values.get("todo")
    return Example(
        position, document, lists.get("expect", ()), lists.get("reject", ()), primary=primary, todo=todo
    )
