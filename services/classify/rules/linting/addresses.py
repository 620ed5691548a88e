"""Warnings about rules of addresses: what merges much at one site, and what changes nothing."""

from collections.abc import Iterator
from typing import Any

from services.classify.rules.findings import Finding
from services.classify.rules.model import Rulebook
from services.core.urls.tables import ARTICLE_NAMES, HOST_ALIASES, HOST_TRACKING, TRACKING, TRACKING_PREFIXES


def addresses(rulebook: Rulebook) -> Iterator[Finding]:
    """What to look at in `addresses:`."""
    data, at = rulebook.addresses.data, rulebook.addresses.positions
    for place, sentence in _warned(data):
        position = at[place]
        yield Finding(position.file, position.line, position.column, sentence, "warning")


def _warned(said: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for alias, target in said.get("hosts", {}).items():
        if HOST_ALIASES.get(alias) == target:
            yield f"hosts/{alias}", f"{alias} is {target} without this rule."
    everywhere = said.get("drop", [])
    for name in everywhere:
        if _goes(name):
            yield f"drop/{name}", f"{name!r} is dropped without this rule."
    for host, rules in said.get("sites", {}).items():
        yield from _of_site(host, rules, everywhere)


def _of_site(host: str, rules: dict[str, list[str]], everywhere: list[str]) -> Iterator[tuple[str, str]]:
    for name in rules.get("drop", ()):
        place = f"sites/{host}/drop/{name}"
        if _goes(name) or name in everywhere or name in HOST_TRACKING.get(host, ()):
            yield place, f"{name!r} is dropped at {host} without this rule."
        elif name in ARTICLE_NAMES:
            yield (
                place,
                (
                    f"{name!r} often says which article it is; what differs by it alone at {host} becomes one article. "
                    "Try two addresses with `dateline rules addresses URL URL`."
                ),
            )
    for name in rules.get("keep", ()):
        if not (_goes(name) or name in everywhere or name in HOST_TRACKING.get(host, ())):
            yield (
                f"sites/{host}/keep/{name}",
                f"{name!r} stays at {host} without this rule, unless its value is a channel.",
            )


def _goes(name: str) -> bool:
    return name in TRACKING or name.startswith(TRACKING_PREFIXES)
