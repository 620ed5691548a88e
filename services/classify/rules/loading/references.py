"""What one part of a rulebook says of another: places that exist, parents that end, tests that can hold."""

from services.classify.rules.findings import Findings
from services.classify.rules.loading.reader import meant
from services.classify.rules.model import Example, LabelRule, Place
from services.core.iso import CODES

MAX_LEVELS = 20


def check_references(
    places: tuple[Place, ...], rules: tuple[LabelRule, ...], findings: Findings, *, whole: bool
) -> None:
    """Note every reference to something that is not there, and every circle of parents.

    Not `whole`: some label could not be read. What is not there may stand in that part, so nothing is said of it.
    """
    codes = {place.code for place in places}
    slugs: set[tuple[str, str]] = {(rule.kind, rule.slug) for rule in rules}
    ids = {rule.id for rule in rules}
    parents: dict[tuple[str, str], str | None] = {(rule.kind, rule.slug): rule.parent for rule in rules}
    for rule in rules:
        _check_places(rule, codes, findings)
        _check_parent(rule, slugs, parents, findings, whole=whole)
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


def _check_parent(
    rule: LabelRule,
    slugs: set[tuple[str, str]],
    parents: dict[tuple[str, str], str | None],
    findings: Findings,
    *,
    whole: bool,
) -> None:
    if rule.parent is None:
        return
    if (rule.kind, rule.parent) not in slugs:
        if not whole:
            return
        known = [slug for kind, slug in slugs if kind == rule.kind]
        findings.error(
            rule.position,
            f"The parent {rule.parent!r} of {rule.id} is not there; {meant(rule.parent, known)}",
        )
        return
    seen = {rule.slug}
    above: str | None = rule.parent
    while above is not None:
        if above in seen:
            findings.error(rule.position, f"The parents of {rule.id} run in a circle through {above!r}.")
            return
        if len(seen) > MAX_LEVELS:
            findings.error(rule.position, f"{rule.id} stands more than {MAX_LEVELS} levels below the top.")
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
