"""Would the machine have said of two articles what editors said of them? By their texts alone: no judgement takes part."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from services.classify.errands.common import Answer, Given
from services.classify.grouping import PairEvaluation
from services.classify.judged import JudgedStories
from services.core import judgements
from services.core.errors import InvalidInputError
from services.core.judgements import Judged

MOST_JUDGEMENTS = 20_000
"""Newest judgements that figures are taken from."""
APART_SHOWN = 100


def judged(session: Session) -> list[Judged]:
    """The standing judgements of two articles, the newest first."""
    return judgements.listing(session, limit=MOST_JUDGEMENTS, pairs=True)


def judged_pairs(session: Session) -> list[dict[str, Any]]:
    """The same as labelled pairs. Raises InvalidInputError where there are none."""
    return _as_pairs(judged(session))


def _as_pairs(stands: Sequence[Judged]) -> list[dict[str, Any]]:
    if not stands:
        raise InvalidInputError("No two articles were judged yet: say of some what they are to each other.")
    return [judgements.as_pair(row) for row in stands]


def agree(session: Session, _given: Given, _author: str) -> Answer:
    """Of how many pairs the machine says the same, on which it does not, and the figures of both measures."""
    stands = judged(session)
    pairs, events = PairEvaluation(), JudgedStories()
    for row in _as_pairs(stands):
        pairs.add(row)
        events.add(row)
    said = [_near(given) for _, given in pairs.answers()]
    apart = [
        {"id": row.id, "one": row.one, "other": row.other, "says": row.says, "machine": machine}
        for row, machine in zip(stands, said, strict=True)
        if row.says != machine
    ]
    return {
        "of": len(stands),
        "agreed": len(stands) - len(apart),
        "apart": apart[:APART_SHOWN],
        "pairs": pairs.result(),
        "stories": events.result(),
    }


def _near(said: str) -> str:
    """The same address is the same text; editors need not tell the two apart."""
    return "duplicate" if said == "article" else said
