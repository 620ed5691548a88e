"""What a judgement changes, before it does. Pure.

Copies follow from what is stored: pairs found by their texts, judgements, and the rule which of a group is shown. What only the
texts themselves can tell, once they are looked at again, is said to be open.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from services.core.judgements.model import Bond, Foreseen, Known, Member, ordered

OPEN_DAYS = 7
"""As `Limits.window` of stories: older articles are not decided anew."""


def foresee(known: Known, one: int, other: int | None, says: str | None) -> Foreseen:
    """What changes when this is said of the two (of the one: not news); `says` None takes back what stands."""
    if other is None:
        return _of_one(known, known.members[one], taken_back=says is None)
    pair = ordered(one, other)
    rest = tuple(bond for bond in known.bonds if ordered(bond.one, bond.other) != pair)
    stood = next((bond for bond in known.bonds if ordered(bond.one, bond.other) == pair), None)
    first, second = (known.members[number] for number in pair)
    if says is None and _open(known, rest, pair):
        return Foreseen(sentences=(_told_open(first, second), *_stories_after(first, second, stood)))
    after = groups(known, rest if says is None else (*rest, Bond(*pair, says)))
    moved = [_moved(known.members[number], head) for number, head in sorted(after.items())]
    sentences = [sentence for sentence in moved if sentence]
    if not sentences:
        sentences = [_as_it_is(first, second, says)]
    if says is None and after[pair[0]] != after[pair[1]]:
        sentences += _stories_after(first, second, stood)
    if says is not None and after[pair[0]] != after[pair[1]]:
        sentences += _stories(first, second, says)
    return Foreseen(
        hides=tuple(
            (number, head)
            for number, head in sorted(after.items())
            if head not in {number, known.members[number].duplicate_of}
        ),
        shows=tuple(
            number for number, head in sorted(after.items()) if head == number != known.members[number].head
        ),
        sentences=tuple(sentences),
    )


def groups(known: Known, bonds: Iterable[Bond]) -> dict[int, int]:
    """For each article the one that is shown for it, by the pairs that are known and the judgements given.

    Editors' pairs are taken first, then those of texts, by their ids; a pair that would bring together what must stay apart is
    passed over.
    """
    bonds = list(bonds)
    bars = {ordered(bond.one, bond.other) for bond in bonds if bond.says != "duplicate"}
    said = sorted(ordered(bond.one, bond.other) for bond in bonds if bond.says == "duplicate")
    group = {number: {number} for number in known.members}
    for one, other in [*said, *sorted(known.edges)]:
        first, second = group[one], group[other]
        if first is second or any(ordered(a, b) in bars for a in first for b in second):
            continue
        first |= second
        for number in second:
            group[number] = first
    heads: dict[int, int] = {}
    for members in {id(found): found for found in group.values()}.values():
        heads |= _shown([known.members[number] for number in sorted(members)])
    return heads


def _shown(members: list[Member]) -> dict[int, int]:
    """Who is shown: what is no news hides its copies with it; else what stands in Latest stays there, else the first fetched.

    An article that was put aside, or has expired, hides nobody.
    """
    able = [
        member
        for member in members
        if member.removed or member.listed or not (member.quarantined or member.emptied)
    ]
    if not able:
        return {member.id: member.id for member in members}
    head = min(able, key=lambda member: (not member.removed, not member.listed, member.id)).id
    return {member.id: head for member in members}


def _moved(member: Member, head: int) -> str | None:
    if head == member.head:
        return None
    if head == member.id:
        return f"Article {member.id} will be shown again, and is decided anew: its labels, its story."
    story = f"; story {member.story} loses it" if member.listed and member.story else ""
    if member.duplicate_of is None:
        return f"Article {member.id} will be hidden behind article {head}, as a copy of it{story}."
    return f"Article {member.id} will stand as a copy of article {head}, no longer of {member.duplicate_of}."


def _as_it_is(one: Member, other: Member, says: str | None) -> str:
    together = one.head == other.head
    if says is None:
        return f"They stay {'one article' if together else 'two articles'}: what else was said decides that."
    if says == "duplicate":
        return "They stand as one article already; this keeps it so."
    return "They stand as two articles already; this keeps it so, whatever their texts become."


def _stories(one: Member, other: Member, says: str) -> list[str]:
    """What becomes of the stories of two articles that are not one text."""
    if one.head == other.head:
        return [
            "They will not stand in one story."
            if says == "no"
            else "They will stand in one story all the same."
        ]
    here, there = one.story, other.story
    if says == "no":
        if here and here == there:
            later = _later(one, other)
            return [
                f"Article {later.id}, the later one, leaves story {here} and is decided anew; it cannot come back to the other's story."
            ]
        if here and there:
            return [f"They stand in stories {here} and {there}, which will not become one."]
        return ["They will not stand in one story."]
    if here and here == there:
        return [f"Both stand in story {here} already; this keeps it so."]
    if here and there:
        kept, lost = ordered(here, there)
        told = [f"Story {lost} becomes part of story {kept}, the older one, whose number stays."]
        if muted := next((member for member in (one, other) if member.muted_by), None):
            told.append(f"It stays out of Trending, as {muted.muted_by} said of story {muted.story}.")
        return told
    if here or there:
        joins = other if here else one
        return [f"Article {joins.id} joins story {here or there}."]
    return ["They will stand in one story, once they have one."]


def _open(known: Known, rest: Sequence[Bond], pair: tuple[int, int]) -> bool:
    """Whether only the texts of these two can tell if they are one, when nothing is said of them: neither do other judgements
    make them one, nor would they keep them apart.
    """
    one, other = pair
    said = groups(replace(known, edges=()), rest)
    alike = groups(replace(known, edges=(*known.edges, pair)), rest)
    return said[one] != said[other] and alike[one] == alike[other]


def _told_open(one: Member, other: Member) -> str:
    """What taking back leaves to a worker. What hangs on its answer is told as no more than that."""
    told = "Whether they are one text is then decided by their texts alone, which a worker looks at again"
    return (
        f"{told}: if they are not, the hidden one is shown again." if one.head == other.head else f"{told}."
    )


def _later(one: Member, other: Member, stood: Bond | None = None) -> Member:
    """The one that moves: the one that stands where it does by what is taken back, else the one that was decided later."""
    said = stood.id if stood else 0
    return max((one, other), key=lambda member: (member.judgement == said, member.number or 0, member.id))


def _stories_after(one: Member, other: Member, stood: Bond | None) -> list[str]:
    """What taking back does to the stories of two articles that are not one text."""
    later = _later(one, other, stood)
    if one.head == other.head or not one.story or not other.story:
        return []  # what is shown again, or comes later, is decided like any other
    told = f"Article {later.head} is decided anew, unless it is older than {OPEN_DAYS} days"
    if stood and stood.says == "no":
        first = other if later is one else one
        return [f"{told}: where it is near enough, it comes back to story {first.story}."]
    return [f"{told}; the others of its story stay: say of each that it does not belong."]


def _of_one(known: Known, member: Member, *, taken_back: bool) -> Foreseen:
    copies = sum(found.duplicate_of == member.id for found in known.members.values())
    behind = "its copy stays" if copies == 1 else f"its {copies} copies stay"
    if not taken_back:
        told = [
            f"Article {member.id} leaves Latest until this is taken back, also while feeds go on listing it; followers are told."
        ]
        if copies:
            told.append(f"{behind[:1].upper()}{behind[1:]} hidden with it.")
        if member.story:
            told.append(f"Story {member.story} loses it.")
        return Foreseen(sentences=tuple(told))
    if member.emptied:
        return Foreseen(sentences=(f"Article {member.id} stays away: it has expired, and its text is gone.",))
    back = replace(known, members={**known.members, member.id: replace(member, removed=False)})
    head = groups(back, known.bonds)[member.id]
    if head != member.id:
        return Foreseen(sentences=(f"Article {member.id} comes back as a copy of article {head}.",))
    also = f"; {behind} behind it" if copies else ""
    told = [
        f"Article {member.id} comes back to Latest at its old place, its labels and its story decided anew{also}."
    ]
    return Foreseen(shows=(member.id,), sentences=tuple(told))
