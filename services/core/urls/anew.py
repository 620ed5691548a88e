"""The keys of a stored article by other rules than those it was stored by (pure).

An article has keys by the addresses it has now, and may have others: of addresses that its feed named before. Those are
known as keys alone, which are addresses without a scheme, and of which a key can be made again.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from services.core.urls.keys import canonical_url, is_front_page
from services.core.urls.rules import AddressRules

_MARKED = re.compile(r"(?P<page>.*)(?P<mark>#[0-9a-f]{24})", re.DOTALL)
"""The key of an entry that shares its address with others: the page, and what sets it apart there (`clean.key_of`)."""


@dataclass(frozen=True, slots=True)
class Keys:
    """What an article is to be known by from now on, and those of its keys that no rule gives any more.

    `strange`: addresses that are not its own any more: what was seen there was taken for it by a rule of before alone.
    """

    wanted: frozenset[str]
    stale: frozenset[str]
    strange: frozenset[str] = frozenset()


def keys_anew(
    stored: Collection[str],
    urls: Collection[str],
    rules: AddressRules,
    befores: Sequence[AddressRules],
    own: str | None = None,
) -> Keys:
    """The keys by `rules` of an article with these addresses, that was stored under these keys by one of `befores`.

    A key that is an address of before is kept, as the rules have it now. Only a key that an address of the article once
    gave, and does not give now, is stale. `own`: the address that the article stands under itself, which is never strange to it.
    """
    marks = [str(found["mark"]) for key in stored if (found := _MARKED.fullmatch(key))]
    once = {key for before in befores for url in urls for key in _keys(url, before, marks)}
    strange = frozenset(url for url in urls if own is not None and _only_by_rule(url, own, rules, befores))
    given = {key for url in urls if url not in strange for key in _keys(url, rules, marks)}
    stale = {key for key in stored if key in once and key not in given}
    kept = {_again(key, rules) for key in stored if key not in stale}
    wanted = given | kept
    return Keys(frozenset(wanted), frozenset(set(stored) - wanted), strange)


def _only_by_rule(url: str, own: str, rules: AddressRules, befores: Iterable[AddressRules]) -> bool:
    """Whether two addresses are two now, and were one by rules of before."""
    if url == own or canonical_url(url, rules) == canonical_url(own, rules):
        return False
    return any(canonical_url(url, before) == canonical_url(own, before) for before in befores)


def _keys(url: str, rules: AddressRules, marks: Collection[str]) -> list[str]:
    """The key of an address, or of an entry on its page where the article is one of several there."""
    key = canonical_url(url, rules)
    if marks:
        return [key + mark for mark in marks]
    return [] if is_front_page(key) else [key]


def _again(key: str, rules: AddressRules) -> str:
    found = _MARKED.fullmatch(key)
    page, mark = found.group("page", "mark") if found else (key, "")
    return canonical_url("https://" + page, rules) + mark
