"""Two rulebooks compared by what they say, whatever their layout: the history an editor can read.

difference = diff(load_texts(before), load_texts(after))
for line in difference.lines(): ...
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from typing import Any

from services.classify.rules.model import Example, LabelRule, Membership, Position, Rulebook
from services.classify.rules.tools.difference import Difference, ExampleEdit, LabelEdit, SettingEdit
from services.classify.rules.tools.edits import Change, edited_terms


def diff(before: Rulebook, after: Rulebook) -> Difference:
    """What `after` says that `before` does not, and the other way round."""
    return Difference(
        before=before.version,
        after=after.version,
        labels=tuple(_labels(before, after)),
        settings=(*_defaults(before, after), *_addresses(before, after), *_settings(before, after)),
        terms=tuple(edited_terms(before, after)),
        tests=tuple(_tests(before, after)),
        reordered=_order(before, after) != _order(after, before),
    )


def _labels(before: Rulebook, after: Rulebook) -> Iterator[LabelEdit]:
    old, new = _named(before), _named(after)
    for label in sorted(old.keys() | new.keys()):
        if label not in new:
            yield LabelEdit("removed", label, *old[label])
        elif label not in old:
            yield LabelEdit("added", label, *new[label])


def _named(rulebook: Rulebook) -> dict[str, tuple[str, Position]]:
    places = {f"place/{place.code}": (place.code, place.position) for place in rulebook.places}
    return places | {rule.id: (rule.name, rule.position) for rule in rulebook.rules}


def _order(one: Rulebook, other: Rulebook) -> list[str]:
    known = {rule.id for rule in other.rules}
    return [rule.id for rule in one.rules if rule.id in known]


def _defaults(before: Rulebook, after: Rulebook) -> Iterator[SettingEdit]:
    old, new = _flat(before), _flat(after)
    for name in old:
        if old[name] != new[name]:
            yield SettingEdit("defaults", Change(name, old[name], new[name]), None, None)


def _flat(rulebook: Rulebook) -> dict[str, Any]:
    plain = {part.name: getattr(rulebook.defaults, part.name) for part in fields(rulebook.defaults)}
    weights = plain.pop("fields")
    return plain | {f"fields.{name}": weight for name, weight in weights.items()}


def _addresses(before: Rulebook, after: Rulebook) -> Iterator[SettingEdit]:
    old, new = before.addresses, after.addresses
    left, right = address_rules(old.data), address_rules(new.data)
    for name in sorted(left.keys() | right.keys()):
        change = Change(name, left.get(name), right.get(name))
        if change.before != change.after:
            yield SettingEdit("addresses", change, old.positions.get(name), new.positions.get(name))


def address_rules(data: Mapping[str, Any]) -> dict[str, str]:
    """Each rule of addresses by its place: `hosts/bbc.co.uk` is `bbc.com`, `sites/bbc.com/drop/ref` is `yes`."""
    found = {f"hosts/{alias}": target for alias, target in data.get("hosts", {}).items()}
    found |= {f"drop/{name}": "yes" for name in data.get("drop", ())}
    for host, rules in data.get("sites", {}).items():
        found |= {f"sites/{host}/{what}/{name}": "yes" for what, names in rules.items() for name in names}
    return found | {
        f"owners/{site}": owner for owner, sites in data.get("owners", {}).items() for site in sites
    }


def _settings(before: Rulebook, after: Rulebook) -> Iterator[SettingEdit]:
    old = {rule.id: rule for rule in before.rules}
    new = {rule.id: rule for rule in after.rules}
    for label in sorted(old.keys() | new.keys()):
        one, two = old.get(label), new.get(label)
        names = ("name", "parent", "m49", "iptc", "threshold") if one and two else ("parent", "threshold")
        for name in names:
            change = Change(name, getattr(one, name, None), getattr(two, name, None))
            if change.before != change.after:
                yield SettingEdit(label, change, _place(one), _place(two))
        yield from _members(label, one, two)


def _members(label: str, one: LabelRule | None, two: LabelRule | None) -> Iterator[SettingEdit]:
    old, new = _held(one.places if one else ()), _held(two.places if two else ())
    for code in sorted(old.keys() | new.keys()):
        left, right = old.get(code), new.get(code)
        change = Change(f"place/{code}", left and left.weight, right and right.weight)
        if change.before != change.after:
            yield SettingEdit(label, change, _place(left), _place(right))


def _place(written: LabelRule | Membership | None) -> Position | None:
    return written.position if written else None


def _held(members: Iterable[Membership]) -> dict[str, Membership]:
    return {member.place: member for member in members}


def _tests(before: Rulebook, after: Rulebook) -> Iterator[ExampleEdit]:
    old = {rule.id: rule.tests for rule in before.rules}
    new = {rule.id: rule.tests for rule in after.rules}
    for label in sorted(old.keys() | new.keys()):
        left, right = old.get(label, ()), new.get(label, ())
        gone = _without(left, right)
        for test in _without(right, left):
            partner = next((one for one in gone if one.document == test.document), None)
            if partner is not None:
                gone.remove(partner)
            yield ExampleEdit("changed" if partner else "added", label, partner, test)
        yield from (ExampleEdit("removed", label, test, None) for test in gone)


def _without(tests: Iterable[Example], others: Iterable[Example]) -> list[Example]:
    left = [_wanted(test) for test in others]
    found = []
    for test in tests:
        if _wanted(test) in left:
            left.remove(_wanted(test))
        else:
            found.append(test)
    return found


def _wanted(test: Example) -> tuple[Any, ...]:
    return test.document, frozenset(test.expect), frozenset(test.reject), test.primary, test.todo
