"""What a rulebook holds, what it is asked about, and what it answers: plain frozen data.

Editors write terms in places (countries) and labels (regions and topics). A document goes in, a verdict comes
out; every label of a verdict names the terms that gave it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

Kind = Literal["region", "topic"]
Origin = Literal["rule", "feed_prior", "parent", "editor"]

FIELDS = ("title", "dateline", "lead", "body", "tag", "section")
# The tiers of a list of terms and what one hit of each is worth before the field's weight.
TIERS = {"strong": 2.0, "terms": 1.0, "weak": 0.25, "minus": -1.0, "mask": 0.0, "veto": 0.0}


class Position(NamedTuple):
    """Where in the rulebook something was written; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Document:
    """One article as the rules see it: plain text, no markup.

    `language` is a BCP 47 tag, `source_country` an ISO 3166 alpha-2 code, `section` the path of the URL,
    `prior_region` the slug of the region that the feed is about.
    """

    title: str
    body: str = ""
    dateline: str | None = None
    language: str | None = None
    source_country: str | None = None
    tags: tuple[str, ...] = ()
    section: str = ""
    prior_region: str | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a phrase: letters as written, and the longest ending allowed after them (None: any)."""

    text: str
    ending: int | None = 0


@dataclass(frozen=True, slots=True)
class Phrase:
    """One alternative of a term: consecutive words."""

    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        """The words without their endings, as written."""
        return " ".join(word.text for word in self.words)


@dataclass(frozen=True, slots=True)
class Context:
    """A word that only decides whether a term counts (in unless, needs or near); it never scores."""

    written: str
    phrases: tuple[Phrase, ...]
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Term:
    """One keyword as an editor wrote it, with what it needs around it.

    `lang` None means that it applies whatever the language of the article. `fields` empty means every field.
    `regex` set means that `anchor` (a literal of it) calls it; then `phrases` is empty. `accepted`: the editor knows what
    lint would say of it; this is no part of the version.
    """

    written: str
    position: Position
    tier: str
    weight: float
    lang: str | None
    phrases: tuple[Phrase, ...] = ()
    exact: bool = False
    regex: str | None = None
    anchor: str | None = None
    unless: tuple[Context, ...] = ()
    needs: tuple[Context, ...] = ()
    near: tuple[Context, ...] = ()
    within: int | None = None
    fields: tuple[str, ...] = ()
    accepted: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A country or territory, by its ISO 3166 alpha-2 code (XK: Kosovo)."""

    code: str
    position: Position
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Membership:
    """A place of a region; a weight below 1 makes it secondary (Egypt is Middle East first, Africa second)."""

    place: str
    weight: float
    position: Position


@dataclass(frozen=True, slots=True)
class Example:
    """A test beside the rule: what a text must and must not be labelled. `todo` says why it fails as yet."""

    position: Position
    document: Document
    expect: tuple[str, ...] = ()
    reject: tuple[str, ...] = ()
    primary: str | None = None
    todo: str | None = None


@dataclass(frozen=True, slots=True)
class LabelRule:
    """A region or a topic and the terms that give it."""

    id: str
    kind: Kind
    slug: str
    name: str
    position: Position
    parent: str | None = None
    m49: str | None = None
    iptc: tuple[str, ...] = ()
    places: tuple[Membership, ...] = ()
    terms: tuple[Term, ...] = ()
    threshold: float | None = None
    tests: tuple[Example, ...] = ()


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds where nothing else is said; measured values, see docs/reference/rules.md."""

    fields: dict[str, float] = field(
        default_factory=lambda: {
            "title": 3.0,
            "dateline": 4.0,
            "lead": 1.0,
            "body": 0.5,
            "tag": 3.0,
            "section": 2.0,
        }
    )
    lead_words: int = 40
    region_threshold: float = 0.5
    topic_threshold: float = 2.0
    secondary_ratio: float = 0.25
    place_ratio: float = 0.0
    topic_ratio: float = 0.25
    prior: float = 0.5
    lang: str = "en"


@dataclass(frozen=True, slots=True)
class LabelInfo:
    """One region or topic as a menu shows it; `order` is its place in the files."""

    slug: str
    name: str
    kind: Kind
    parent: str | None
    order: int


@dataclass(frozen=True, slots=True)
class Addresses:
    """Rules of addresses in their plain form (`core.urls.AddressRules`), and where each stands: `hosts/bbc.co.uk`."""

    data: dict[str, Any] = field(default_factory=dict)
    positions: dict[str, Position] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rulebook:
    """All rules of one version. `version` is the SHA-256 (hex) of what they say, whatever their layout."""

    version: str
    defaults: Defaults
    places: tuple[Place, ...]
    rules: tuple[LabelRule, ...]
    addresses: Addresses = field(default_factory=Addresses)

    @property
    def labels(self) -> tuple[LabelInfo, ...]:
        """Every region and topic, in the order of the files."""
        return tuple(
            LabelInfo(rule.slug, rule.name, rule.kind, rule.parent, order)
            for order, rule in enumerate(self.rules)
        )

    def regions_of(self, place: str) -> tuple[str, ...]:
        """Slugs of the regions that hold a place, the heaviest membership first."""
        held = [
            (-member.weight, order, rule.slug)
            for order, rule in enumerate(self.rules)
            for member in rule.places
            if member.place == place
        ]
        return tuple(slug for _, _, slug in sorted(held))

    def ancestors(self, kind: Kind, slug: str) -> tuple[str, ...]:
        """Slugs above a region or topic, the nearest first."""
        parents = {rule.slug: rule.parent for rule in self.rules if rule.kind == kind}
        found: list[str] = []
        above = parents.get(slug)
        while above is not None and above not in found:
            found.append(above)
            above = parents.get(above)
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a label was given: which term, where it was written, where it hit first, how often, worth what.

    `start` and `end` count characters of the document's own title, dateline, tags (joined by a space), section
    or body; a lead, and a dateline that was cut off the body, count in the body.
    """

    rule: str
    term: str
    place: str | None
    field: str
    start: int
    end: int
    count: int
    points: float


@dataclass(frozen=True, slots=True)
class Editor:
    """Who set a label by hand, and the note beside it: the reason of a label that no term gave."""

    by: str
    note: str = ""


class Label(NamedTuple):
    """A region, topic or place of one article. A parent and an editor's label carry no score of their own."""

    slug: str
    score: float
    primary: bool
    origin: Origin
    why: Sequence[Reason] = ()
    editor: Editor | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """All labels of one article by one version of the rulebook; highest score first, implied parents last.

    `unknown`: labels (`region/…`, `topic/…`, `place/…`) that a correction names and this version does not have.
    """

    version: str
    region: str | None
    regions: tuple[Label, ...] = ()
    topics: tuple[Label, ...] = ()
    places: tuple[Label, ...] = ()
    unknown: tuple[str, ...] = ()
