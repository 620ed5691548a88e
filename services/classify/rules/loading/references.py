"""What one part of a rulebook says of another: places that exist, parents that end, tests that can hold."""

from collections.abc import Iterator, Mapping

from services.classify.rules.findings import Findings
from services.classify.rules.loading.reader import meant
from services.classify.rules.model import Example, LabelRule, Place, Position
from services.core.iso import CODES

MAX_LEVELS = 20


Key = tuple[str, str]
"""Kind and slug of a label."""


def check_references(
    places: tuple[Place, ...],
    rules: tuple[LabelRule, ...],
    parents_at: Mapping[str, Position],
    findings: Findings,
    *,
    whole: bool,
) -> None:
    """Note every reference to something that is not there, and every circle of parents; `parents_at`: where a label names its parent.

    Not `whole`: some label could not be read. What is not there may stand in that part, so nothing is said of it.
    """
    codes = {place.code for place in places}
    ids = {rule.id for rule in rules}
    parents: dict[Key, str | None] = {(rule.kind, rule.slug): rule.parent for rule in rules}
    for rule in rules:
        _check_places(rule, codes, findings)
        if rule.parent is not None:
            for sentence in _wrong_parent(rule, rule.parent, parents, whole=whole):
                findings.error(parents_at[rule.id], sentence)
        for test in rule.tests:
            if whole:
                _check_named(test, ids, findings)
            _check_test(test, findings)


def _check_places(rule: LabelRule, codes: set[str], findings: Findings) -> None:
    if rule.kind == "topic" and rule.places:
        findings.error(rule.places[0].position, f"{rule.id} is a topic; places belong to regions.")
    seen: set[str] = set()
    for member in rule.places:
        if member.place not in codes | CODES:
            findings.error(member.position, f"{member.place!r} is no ISO 3166 code of a place.")
        if member.place in seen:
            findings.error(member.position, f"The place {member.place} stands twice in {rule.id}.")
        seen.add(member.place)


def _wrong_parent(
    rule: LabelRule, parent: str, parents: Mapping[Key, str | None], *, whole: bool
) -> Iterator[str]:
    if (rule.kind, parent) not in parents:
        if whole:
            known = [slug for kind, slug in parents if kind == rule.kind]
            yield f"The parent {parent!r} of {rule.id} is not there; {meant(parent, known)}"
        return
    seen = {rule.slug}
    above: str | None = parent
    while above is not None:
        if above in seen:
            yield f"The parents of {rule.id} run in a circle through {above!r}."
            return
        if len(seen) > MAX_LEVELS:
            yield f"{rule.id} stands more than {MAX_LEVELS} levels below the top."
            return
        seen.add(above)
        above = parents.get((rule.kind, above))


def _wanted(test: Example) -> tuple[str, ...]:
    return (*test.expect, *((test.primary,) if test.primary else ()))


def _check_named(test: Example, ids: set[str], findings: Findings) -> None:
    for label in (*_wanted(test), *test.reject):
        # place/KZ may be asked for as well
        if label not in ids and not label.startswith("place/") and label != "none":
            findings.error(
                test.position, f"The test names {label!r}, which is not there; {meant(label, ids)}"
            )
    region = test.document.prior_region
    if region and f"region/{region}" not in ids:
        findings.error(test.position, f"There is no region {region!r} for a feed; {meant(region, ids)}")


def _check_test(test: Example, findings: Findings) -> None:
    country = test.document.source_country
    if country and country.upper() not in CODES:
        findings.error(test.position, f"{country!r} is no ISO 3166 code of a publisher's country.")
    for label in set(_wanted(test)) & set(test.reject):
        findings.error(test.position, f"The test both expects and rejects {label}.")
