"""What becomes of groups of copies when some of their articles were compared anew (pure)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.classify import duplicates
from services.classify.duplicates import Pair, Prepared
from services.classify.work import Waiting

EDITOR, ADDRESS = "editor", "address"


@dataclass(frozen=True, slots=True)
class Filed:
    """An article in hand, its text read, with the keys under which copies of it are found."""

    id: int
    at: datetime
    text: Prepared
    keys: frozenset[int]


@dataclass(frozen=True, slots=True)
class Edge:
    """Why two articles are one: `by` text, title, address or editor; `judgement` holds a sentence and its figures (None: not read)."""

    by: str
    judgement: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Other:
    """An article that one in hand is compared with; `content` is another where it says another thing."""

    id: int
    at: datetime
    text: Prepared
    content: str


@dataclass(frozen=True, slots=True)
class Look:
    """An article in hand was compared with another one, which then said `content`; no `edge` where they are not one."""

    id: int
    other: int
    content: str
    edge: Edge | None


@dataclass(frozen=True, slots=True)
class Looks:
    """All comparisons of a batch, and `stale` keys: of an article's text as it was before."""

    pairs: Sequence[Look] = ()
    stale: Sequence[tuple[int, int]] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """How an article stands that is joined to those in hand; its row is locked. `labels` are those it is listed under."""

    id: int
    revision: int
    published_revision: int
    lease_token: str | None
    listed: bool
    duplicate_of: int | None
    quarantined: bool
    removed: bool
    labels: tuple[str, ...]
    content: str


@dataclass(frozen=True, slots=True)
class Joined:
    """Everything that is joined to the articles in hand: rows, stored pairs, and what editors say: one (`said`) or not (`apart`)."""

    rows: Mapping[int, Standing]
    pairs: Mapping[Pair, Edge] = field(default_factory=dict)
    said: Mapping[Pair, Edge] = field(default_factory=dict)
    apart: frozenset[Pair] = frozenset()
    not_news: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Regrouping:
    """What is to be written. `heads`: for each article the one shown for it. `found`, `lost`: pairs. `hidden`: articles to write, by
    the one they stand behind; `freed`: those that stand for themselves again; `changed`: those whose "also at" is another.
    """

    heads: Mapping[int, int]
    found: Mapping[Pair, Edge]
    lost: Sequence[Pair]
    hidden: Mapping[int, int]
    freed: Sequence[int]
    changed: frozenset[int]


def filed(waiting: Waiting) -> Filed:
    """Read the text of an article in hand."""
    said = waiting.document
    text = duplicates.prepare(duplicates.Text(said.title, said.body, said.language, waiting.source))
    return Filed(waiting.id, waiting.sort_at, text, duplicates.fingerprint(text))


def compare(article: Filed, other: Other) -> Look:
    """Whether two articles are one text. Those that stand further apart than the window are not."""
    edge = None
    if abs(article.at - other.at) <= duplicates.WINDOW:
        judgement = duplicates.same_text(article.text, other.text)
        if judgement.same:
            reasons = [[what, round(found, 3), wanted] for what, found, wanted in judgement.reasons]
            edge = Edge(judgement.by, {"sentence": judgement.sentence(), "reasons": reasons})
    return Look(article.id, other.id, other.content, edge)


def said_by(author: str, note: str) -> Edge:
    """The pair that an editor's word makes."""
    return Edge(EDITOR, {"sentence": f"{author} says so{f': {note}' if note else ''}", "reasons": []})


def pair_of(one: int, other: int) -> Pair:
    """Two articles, the smaller id first."""
    return (one, other) if one < other else (other, one)


def regroup(joined: Joined, looks: Sequence[Look], held: Collection[int]) -> Regrouping:
    """What changes when the articles `held` were compared anew. Nothing else is asked than what stands now.

    A comparison counts as long as both articles say what was compared. Where one says another thing by now, it waits, and is
    compared by whoever has it then.
    """
    found, lost = _pairs(joined, looks, held)
    stored = {pair: edge for pair, edge in {**joined.pairs, **found}.items() if pair not in lost}
    heads = duplicates.heads(
        [
            duplicates.Member(row.id, row.listed, row.quarantined, row.id in joined.not_news)
            for row in joined.rows.values()
            if not row.removed or row.id in joined.not_news
        ],
        [pair for pair, edge in stored.items() if edge.by != EDITOR],
        said=joined.said,
        apart=joined.apart,
    )
    hidden: dict[int, int] = {}
    changed: set[int] = set()
    for number, head in heads.items():
        row = joined.rows[number]
        moved = row.duplicate_of != (None if head == number else head)
        if head != number and (moved or number in held):
            hidden[number] = head
        if moved or (head != number and number in held and row.revision != row.published_revision):
            changed |= {head, row.duplicate_of or head}
    return Regrouping(
        heads=heads,
        found=found,
        lost=lost,
        hidden=hidden,
        freed=[n for n, head in heads.items() if n == head and joined.rows[n].duplicate_of is not None],
        changed=frozenset(number for number in changed if heads.get(number) == number),
    )


def _pairs(
    joined: Joined, looks: Sequence[Look], held: Collection[int]
) -> tuple[dict[Pair, Edge], list[Pair]]:
    """Pairs to store, and pairs that no longer hold. What two addresses say is nothing that a comparison can change."""
    judged = {
        pair_of(look.id, look.other): look.edge
        for look in looks
        if look.id in held and look.other in joined.rows and joined.rows[look.other].content == look.content
    } | {pair: edge for pair, edge in joined.said.items() if pair[0] in held or pair[1] in held}
    found: dict[Pair, Edge] = {}
    lost: list[Pair] = []
    for pair, edge in judged.items():
        stored = joined.pairs.get(pair)
        if edge == stored or (stored is not None and stored.by == ADDRESS):
            continue
        if edge is None:
            lost.append(pair)
        else:
            found[pair] = edge
    return found, lost
