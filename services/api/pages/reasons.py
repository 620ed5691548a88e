"""Why an article stands where it stands, ready to be shown: labels in words, and the terms marked in its text. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.api.shapes import Article
from services.api.tree import Kind, LabelTree
from services.api.words import listed

ORIGINS = {
    "rule": "by the words in it",
    "feed_prior": "because the feed it came from is about this region",
    "editor": "by an editor",
}
FIELDS = {
    "title": "title",
    "body": "text",
    "lead": "first words",
    "dateline": "dateline",
    "tag": "tags",
    "section": "address",
}
_IN_TEXT = {"body", "lead", "dateline"}
"""Fields whose places are counted in the article's text."""


_COPY = {
    "the same by text": "almost all words are the same",
    "the same by title": "the same headline",
    "the same address": "the same address",
}
_COPY_REASON = re.compile(rf"({'|'.join(_COPY)})(?:: (.*?))?(, with article \d+)?", re.DOTALL)


def copy_reason(sentence: str) -> tuple[str, str]:
    """Why something counts as a copy, in plain words, and the figures behind that; empty where there are none.

    >>> copy_reason("the same by text: words 0.98 of 0.80, with article 7")
    ('almost all words are the same, with article 7', 'words 0.98 of 0.80')
    >>> copy_reason("dana says so")
    ('dana says so', '')
    """
    found = _COPY_REASON.fullmatch(sentence)
    return (_COPY[found[1]] + (found[3] or ""), found[2] or "") if found else (sentence, "")


@dataclass(frozen=True, slots=True)
class ReasonView:
    """One term that gave a label: where it hit first, how often, what it was worth, where the rule is written."""

    term: str
    field: str
    place: str | None
    count: int
    points: float
    rule: str
    shown: str


@dataclass(frozen=True, slots=True)
class LabelView:
    """One label with its reasons: terms, or the sentence that says which editor set it.

    `rest`: points that are not told of one by one: more terms, and what its feed speaks for.
    """

    kind: str
    slug: str
    name: str
    primary: bool
    origin: str
    score: float
    reasons: Sequence[ReasonView]
    rest: float = 0.0
    editor: str | None = None


@dataclass(frozen=True, slots=True)
class Whole:
    """What terms were looked for in: the fields of an article, as places in them are counted."""

    title: str
    text: str
    tags: Sequence[str] = ()
    url: str = ""

    def field(self, name: str) -> str:
        """The words of one field; empty where they are not known."""
        if name in _IN_TEXT:
            return self.text
        return {"title": self.title, "tag": " ".join(self.tags), "section": self.url}.get(name, "")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text; `kind` is `region` or `topic` where a term hit, `why` the labels it gave."""

    text: str
    kind: str | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a term hit, for which label."""

    start: int
    end: int
    kind: str
    name: str


def whole_of(article: Article) -> Whole:
    """The fields of a stored article."""
    return Whole(article.item.title, article.text, article.tags, article.item.url)


def labels(verdict: Mapping[str, Any], tree: LabelTree, whole: Whole) -> list[LabelView]:
    """Every region and topic of a verdict with its reasons, the primary first."""
    found = []
    for kind, name_of, given in _given(verdict, tree):
        told = [_reason(why, whole) for why in given.get("why") or []]
        score = float(given.get("score") or 0)
        found.append(
            LabelView(
                kind=kind,
                slug=given["slug"],
                name=name_of,
                primary=bool(given.get("primary")),
                origin=_origin(verdict, tree, kind, given),
                score=score,
                reasons=told,
                rest=round(score - sum(reason.points for reason in told), 2) if told else 0.0,
                editor=_editor(given),
            )
        )
    return sorted(found, key=lambda label: (label.kind != "region", not label.primary, -label.score))


def marked(text: str, hits: Iterable[Hit]) -> list[Piece]:
    """The text cut where terms hit. Hits that overlap are joined; hits outside the text are left out.

    >>> [piece.text for piece in marked("Rain in Almaty", [Hit(8, 14, "region", "Central Asia")])]
    ['Rain in ', 'Almaty']
    """
    pieces: list[Piece] = []
    done = 0
    for start, end, kind, names in _joined(hits, len(text)):
        pieces.append(Piece(text[done:start]))
        pieces.append(Piece(text[start:end], kind, ", ".join(dict.fromkeys(names))))
        done = end
    pieces.append(Piece(text[done:]))
    return [piece for piece in pieces if piece.text]


def hits(verdict: Mapping[str, Any], tree: LabelTree, *, in_title: bool) -> list[Hit]:
    """Where the terms of a verdict hit in the title, or in the text."""
    wanted = {"title"} if in_title else _IN_TEXT
    return [
        Hit(int(why["start"]), int(why["end"]), kind, name)
        for kind, name, given in _given(verdict, tree)
        for why in given.get("why") or []
        if why.get("field") in wanted
    ]


def _given(verdict: Mapping[str, Any], tree: LabelTree) -> list[tuple[Kind, str, Mapping[str, Any]]]:
    kinds: tuple[Kind, ...] = ("region", "topic")
    return [(kind, tree.name(kind, g["slug"]), g) for kind in kinds for g in verdict.get(f"{kind}s") or []]


def _origin(verdict: Mapping[str, Any], tree: LabelTree, kind: Kind, given: Mapping[str, Any]) -> str:
    origin = str(given.get("origin", "rule"))
    if origin != "parent":
        return ORIGINS.get(origin, origin)
    below = tree.below(kind, given["slug"])
    others = [g["slug"] for g in verdict.get(f"{kind}s") or [] if g["slug"] != given["slug"]]
    named = [tree.name(kind, slug) for slug in others if slug in below]
    return f"because it holds {listed(named)}" if named else "because it holds another"


def _editor(given: Mapping[str, Any]) -> str | None:
    """In a sentence, who set a label by hand and what they noted."""
    editor = given.get("editor")
    if not editor:
        return None
    name, note = (str(editor.get(key) or "").strip() for key in ("by", "note"))
    said = f"Set by an editor, {name}" if name else "Set by an editor"
    return f"{said}: {note.rstrip('.')}." if note else f"{said}."


def _joined(hits_: Iterable[Hit], length: int) -> list[tuple[int, int, str, list[str]]]:
    joined: list[tuple[int, int, str, list[str]]] = []
    for hit in sorted(hits_, key=lambda hit: (hit.start, -hit.end)):
        if not 0 <= hit.start < hit.end <= length:
            continue
        if joined and hit.start < joined[-1][1]:
            start, end, kind, names = joined[-1]
            joined[-1] = (start, max(end, hit.end), kind, [*names, hit.name])
        else:
            joined.append((hit.start, hit.end, hit.kind, [hit.name]))
    return joined


def _reason(why: Mapping[str, Any], whole: Whole) -> ReasonView:
    field = str(why.get("field") or "")
    return ReasonView(
        term=str(why.get("term") or ""),
        field=FIELDS.get(field, field),
        place=why.get("place"),
        count=int(why.get("count") or 1),
        points=float(why.get("points") or 0),
        rule=str(why.get("rule") or ""),
        shown=whole.field(field)[int(why.get("start") or 0) : int(why.get("end") or 0)],
    )
