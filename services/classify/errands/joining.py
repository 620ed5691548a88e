"""Which articles other rules of addresses would make one, and which they would part, by which rule (pure).

The same keys as the walk makes that gives stored articles the keys of rules in force (`services/ingest/store/rekeying.py`), and the
same groups as whoever labels makes of them.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from services.classify.duplicates import Member, Pair, heads
from services.classify.rules.model import Addresses
from services.classify.rules.tools.diff import address_rules
from services.core.urls import AddressRules, Keys, canonical_url
from services.core.urls.told import told

ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class Addressed:
    """An article with the addresses under which it was seen, its own first, and how it stands in its group."""

    id: int
    urls: tuple[str, ...]
    member: Member | None = None


@dataclass(frozen=True, slots=True)
class Groups:
    """What joins articles by now: stored pairs with what found them, and what editors say."""

    pairs: Mapping[Pair, str] = field(default_factory=dict)
    said: Collection[Pair] = ()
    apart: Collection[Pair] = ()


@dataclass(frozen=True, slots=True)
class Together:
    """Articles that are several on one side of a change and one on the other, each by the one that is shown for it there.

    `keys`: what they have in common on the side where they are one; `of`: everybody who has one of these.
    """

    ids: tuple[int, ...]
    keys: tuple[str, ...]
    of: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Blame:
    """A rule that does it: its place in a rulebook, and what it says; `gone`: it does by not being there any more."""

    name: str
    says: str
    at: str
    gone: bool = False


def joined_and_parted(
    articles: Mapping[int, Addressed], keys: Mapping[int, Keys], groups: Groups
) -> tuple[list[Together], list[Together]]:
    """What becomes one where articles get these keys, and what is one no more; those that join most first."""
    by_key: defaultdict[str, list[int]] = defaultdict(list)
    for number in sorted(articles):
        for key in keys[number].wanted:
            by_key[key].append(number)
    shared = {key: ids for key, ids in by_key.items() if len(ids) > 1}
    parted = {
        (one, other)
        for (one, other), by in groups.pairs.items()
        if by == ADDRESS and keys[one].wanted.isdisjoint(keys[other].wanted)
    }
    fresh = [pair for ids in shared.values() for pair in pairwise(ids)]
    old = _heads(articles, groups, groups.pairs)
    new = _heads(articles, groups, [*(groups.pairs.keys() - parted), *fresh])
    before = {key: [n for n in ids if n in new] for key, ids in shared.items()}
    joined = [_together(ids, members, before) for ids, members in _split(new, old)]
    apart = [_together(ids, members, {}) for ids, members in _split(old, new)]
    return _largest(joined), _largest(apart)


def _heads(articles: Mapping[int, Addressed], groups: Groups, pairs: Collection[Pair]) -> dict[int, int]:
    members = [article.member for article in articles.values() if article.member is not None]
    return heads(members, pairs, said=groups.said, apart=groups.apart)


def _split(whole: Mapping[int, int], parts: Mapping[int, int]) -> Iterator[tuple[set[int], list[int]]]:
    """Groups of the one side that are several on the other: who is shown for its parts, and everybody in it."""
    members: defaultdict[int, list[int]] = defaultdict(list)
    for number, head in whole.items():
        members[head].append(number)
    for group in members.values():
        found = {parts[number] for number in group}
        if len(found) > 1:
            yield found, group


def _together(ids: Collection[int], members: Collection[int], shared: Mapping[str, list[int]]) -> Together:
    group = set(members)
    keys = {key: have for key, have in shared.items() if not group.isdisjoint(have)}
    of = {number for have in keys.values() for number in have} or group
    return Together(tuple(sorted(ids)), tuple(sorted(keys)), tuple(sorted(of)))


def _largest(found: list[Together]) -> list[Together]:
    return sorted(found, key=lambda group: (-len(group.ids), group.ids))


def blamed(
    group: Together, articles: Mapping[int, Addressed], before: Addresses, after: Addresses
) -> list[Blame]:
    """The rules that differ and have a part in the keys of a group, the first in the rulebook first."""
    sides = [(side, AddressRules.of(side.data)) for side in (before, after)]
    old, new = (address_rules(side.data) for side, _ in sides)
    found: dict[str, Blame] = {}
    for side, rules in sides:
        gone = side is before
        for url in {url for number in group.of for url in articles[number].urls}:
            if group.keys and not gone and not _among(canonical_url(url, rules), group.keys):
                continue
            for name in {why.rule for why in told(url, rules).why if why.rule} - found.keys():
                if old.get(name) != new.get(name) and not (gone and name in new):
                    says = words_of(name, (old if gone else new)[name])
                    found[name] = Blame(name, says, str(side.positions.get(name, "")), gone)
    return sorted(found.values(), key=lambda blame: (blame.gone, blame.at, blame.name))


def _among(key: str, keys: Collection[str]) -> bool:
    """An entry that shares its page with others has a key that begins with the page's."""
    return any(found == key or found.startswith(key + "#") for found in keys)


def words_of(name: str, value: str) -> str:
    """A rule of addresses by its place, in words.

    >>> words_of("sites/paper.example/strip_suffix//print", "yes"), words_of("hosts/a.example", "b.example")
    ('strip_suffix /print at paper.example', 'a.example is b.example')
    """
    what, _, rest = name.partition("/")
    if what == "sites":
        host, kind, said = rest.split("/", 2)
        return f"{kind} {said} at {host}"
    return f"{rest} is {value}" if what == "hosts" else f"{what} {rest}"


def rule_words(blames: Sequence[Mapping[str, Any]], most: int = 3) -> str:
    """Some rules with their places in a row: `addresses.yml:3:5 (drop nr at paper.example)`."""
    told_of = [f"{rule['at']} ({'no longer ' * rule['gone']}{rule['says']})" for rule in blames]
    rest = len(told_of) - most
    return ", ".join(told_of[:most]) + (f" and {rest} more" if rest > 0 else "")


BACK = "Going back parts them again, but what comes meanwhile under their one address is taken for the same article and is not stored."


def sentences(told: Mapping[str, Any]) -> Iterator[str]:
    """What an editor reads first."""
    joining, parting = ([row for row in told["rules"] if row[way]] for way in ("joined", "parted"))
    if told["joined"]:
        by = f" by {rule_words(joining)}" if joining else ""
        yield f"{told['joined']:,} articles would become {told['joined_to']:,}{by}. {BACK}"
    if told["parted"]:
        by = f" by {rule_words(parting)}" if parting else ""
        yield (
            f"{_articles(told['parted_from'])} would become {told['parted']:,}{by}: what only an address made one is looked at again,"
            " and stays together where the texts are copies."
        )
    if not told["joined"] and not told["parted"]:
        yield (
            f"The rules of addresses are others; of the newest {_articles(told['articles'])} none would become one with another,"
            " and none would part."
        )


def _articles(count: int) -> str:
    return "1 article" if count == 1 else f"{count:,} articles"


def address_lines(told: Mapping[str, Any] | None, examples: int) -> Iterator[str]:
    """What becomes of articles with other addresses, in lines for an editor; nothing where addresses are the same."""
    if told is None:
        return
    yield from told["sentences"]
    for sign, name in (("=", "examples"), ("/", "examples_parted")):
        for group in told[name][:examples]:
            yield f"    {sign} {group['key'] or 'no address in common'}"
            for article in group["articles"]:
                yield f"      {article['id']} {article['title']} ({article['source']}, {article['url']})"
            if group["count"] > len(group["articles"]):
                yield f"      and {group['count'] - len(group['articles']):,} more"
