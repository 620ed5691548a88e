"""What stands of the same articles, whose place a new judgement takes: told first, and by nobody replaced unseen. Pure."""

from collections.abc import Collection
from dataclasses import replace

from services.core.errors import ConflictError
from services.core.judgements.model import SHORT, Foreseen, Judged


def refuse_unseen(stands: Judged | None, replaces: Collection[int] | None) -> None:
    """Raises ConflictError where what stands is none of what may be replaced: numbers of judgements, 0 for none; None: whatever
    stands.
    """
    if replaces is None or (stands.id if stands else 0) in replaces:
        return
    if stands is None:
        numbers = " and ".join(str(number) for number in sorted(replaces))
        raise ConflictError(f"Nothing stands of these by now: judgement {numbers} was taken back.", None)
    raise ConflictError(f"Something else stands by now. {_told(stands)}.", stands.id)


def foreseen_first(stands: Judged | None, says: str, changes: Foreseen) -> Foreseen:
    """What a judgement changes, with what it takes the place of before everything else."""
    if stands is None:
        return changes
    told = _told(stands, again=stands.says == says)
    return replace(
        changes, replaces=stands.id, sentences=(f"{told}. This takes its place.", *changes.sentences)
    )


def _told(judged: Judged, *, again: bool = False) -> str:
    at = judged.created_at
    when, note = f"{at.day} {at:%B %Y, %H:%M} UTC", f" ({judged.note})" if judged.note else ""
    said = f"said the same on {when}" if again else f"said on {when}: {SHORT[judged.says]}"
    return f"{judged.author} {said}{note}"
