"""All SQL of the memory of stories: its snapshot and the steps since, what it is rebuilt from, what editors said."""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate, pairwise
from math import inf
from typing import Any

from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.orm import Session

from services.classify.stories.model import Ruling
from services.classify.storykeeping.store import Stored
from services.core.models import Judgement, Story, StoryArticle, StoryState, StoryStep, TrendScope

_PACKED = 1
"""The level of zlib: packing must not take longer than deciding."""

_PLACED = text(
    """
    SELECT article_id, story_id, number, decided_at FROM story_articles
    WHERE (decided_at, number) > (:at, :number) ORDER BY decided_at, number LIMIT :n
    """
)
_BEFORE = text("SELECT coalesce((SELECT max(seq) FROM changes WHERE at < :since), 0)")

# A copy stands for its head: stories are of articles that are shown.
_PAIRS = """
    SELECT j.id, j.says, j.author, j.note, j.withdrawn_at, j.one, j.other, coalesce(a.duplicate_of, a.id) AS head,
           coalesce(b.duplicate_of, b.id) AS other_head,
           EXISTS (SELECT FROM judgements n WHERE n.one = j.one AND n.other = j.other AND n.id > j.id AND n.withdrawn_at IS NULL) AS replaced
    FROM judgements j LEFT JOIN articles a ON a.id = j.one LEFT JOIN articles b ON b.id = j.other
"""
_UNHEARD = text(_PAIRS + "WHERE j.heard_at IS NULL ORDER BY j.id LIMIT 1 FOR NO KEY UPDATE OF j")
_STANDING = text(
    _PAIRS + "WHERE j.heard_at IS NOT NULL AND j.withdrawn_at IS NULL AND j.other IS NOT NULL ORDER BY j.id"
)


@dataclass(frozen=True, slots=True)
class Word:
    """What an editor said of two articles; `pairs` are the two, and the articles that are shown in their place."""

    id: int
    same: bool
    withdrawn: bool
    pairs: tuple[tuple[int, int], ...]
    author: str
    note: str
    replaced: bool = False
    """Whether a later word on the same two took its place."""

    @property
    def shown(self) -> tuple[int, int] | None:
        """The two that stories go by; None where there are no two (any more)."""
        return self.pairs[-1] if self.pairs else None

    @property
    def ruling(self) -> Ruling:
        """As readers are told, by the numbers of the two that the editor named."""
        return Ruling(self.id, self.author, self.note, self.pairs[0])

    def in_order(self, pair: tuple[int, int], found: Mapping[int, Stored]) -> tuple[int, int]:
        """The two with the one that moves last: what stands where it does by this very word, else what is decided later."""

        def place(article: int) -> tuple[bool, float, int]:
            stored = found.get(article)
            if stored is None or stored.number is None:
                return False, inf, article
            return stored.judgement == self.id, stored.number, article

        earlier, later = sorted(pair, key=place)
        return earlier, later


@dataclass(frozen=True, slots=True)
class Place:
    """An article and the story it was given."""

    article_id: int
    story: int
    number: int
    decided_at: datetime


def pack(data: Any) -> bytes:
    """Plain data, small."""
    return zlib.compress(json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode(), _PACKED)


def unpack(packed: bytes) -> Any:
    """What `pack` was given."""
    return json.loads(zlib.decompress(packed))


def pack_memory(data: Mapping[str, Any]) -> bytes:
    """What `Memory.export` gave, small. Sheaves, which are packed, stand behind the rest: whoever reads but the older form finds a version."""
    stories = data["stories"]
    sheaves = stories["sheaves"]
    return pack({**data, "stories": {**stories, "sheaves": [len(one) for one in sheaves]}}) + b"".join(
        sheaves
    )


def unpack_memory(packed: bytes) -> Any:
    """What `pack_memory` was given."""
    reader = zlib.decompressobj()
    data = json.loads(reader.decompress(packed))
    stories, rest = data.get("stories") or {}, memoryview(reader.unused_data)
    ends = list(accumulate(stories.get("sheaves", ()), initial=0))
    stories["sheaves"] = [bytes(rest[start:end]) for start, end in pairwise(ends)]
    return data


def snapshot(session: Session) -> tuple[bytes, int] | None:
    """The last snapshot, packed, and the step that it was taken after."""
    packed, step = session.execute(select(StoryState.snapshot, StoryState.snapshot_step)).one()
    return None if packed is None else (packed, int(step))


def steps(session: Session, after: int, *, limit: int = 20) -> list[tuple[int, list[Any]]]:
    """What was done after a step, in order: its number, and the steps of the memory in it."""
    rows = session.execute(
        select(StoryStep.step, StoryStep.packed)
        .where(StoryStep.step > after)
        .order_by(StoryStep.step)
        .limit(limit)
    )
    return [(int(row.step), unpack(row.packed)) for row in rows]


def keep_step(session: Session, step: int, done: Sequence[Any]) -> None:
    """Store what was done in a step."""
    session.execute(insert(StoryStep).values(step=step, packed=pack(done)))


def keep_snapshot(session: Session, step: int, packed: bytes) -> None:
    """Store the memory as it is after a step; what led to it is not needed any more."""
    session.execute(update(StoryState).values(snapshot=packed, snapshot_step=step, snapshot_at=func.now()))
    session.execute(delete(StoryStep).where(StoryStep.step <= step))


def placed(session: Session, after: tuple[datetime, int], *, limit: int = 500) -> list[Place]:
    """Articles with their stories, in the order in which that was decided."""
    rows = session.execute(_PLACED, {"at": after[0], "number": after[1], "n": limit})
    return [Place(*row) for row in rows]


def last_numbers(session: Session) -> tuple[int, int]:
    """The greatest id of a story, and the greatest number of a decision."""
    story = session.scalar(select(func.coalesce(func.max(Story.id), 0))) or 0
    return story, session.scalar(select(func.coalesce(func.max(StoryArticle.number), 0))) or 0


def seq_before(session: Session, since: datetime) -> int:
    """The last position of the stream before a time."""
    return session.scalar(_BEFORE, {"since": since}) or 0


def forget_scopes(session: Session) -> None:
    """Of trends nothing is known."""
    session.execute(delete(TrendScope))


def unheard(session: Session) -> Word | None:
    """The first thing an editor said that stories have not heard; its row is held, so that it is not taken back meanwhile."""
    row = session.execute(_UNHEARD).mappings().first()
    return None if row is None else _word(row)


def standing(session: Session) -> list[Word]:
    """All that stories go by."""
    return [_word(row) for row in session.execute(_STANDING).mappings()]


def _word(row: Any) -> Word:
    raw, heads = ((row["one"], row["other"]), (row["head"], row["other_head"]))
    found = [(min(pair), max(pair)) for pair in (raw, heads) if None not in pair and pair[0] != pair[1]]
    pairs = tuple(dict.fromkeys(found))
    if heads[0] == heads[1]:
        pairs = pairs[
            :1
        ]  # a copy and its head, of which somebody says that they are none: the copy is about to be shown
    return Word(
        row["id"],
        row["says"] in {"duplicate", "story"},
        row["withdrawn_at"] is not None,
        pairs,
        row["author"],
        row["note"],
        row["replaced"],
    )


def hear(session: Session, judgement: int) -> None:
    """Stories go by it now."""
    session.execute(update(Judgement).where(Judgement.id == judgement).values(heard_at=func.now()))
