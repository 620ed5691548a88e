"""What editors add to the rules of keys: other names of hosts, parameters, paths, and owners. Data only.

The same data goes from a rulebook's `addresses:` through the database to those who make keys.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from services.core.urls.tables import HOST_ALIASES


@dataclass(frozen=True, slots=True)
class SiteRules:
    """What holds for one host of a key: names of parameters (in lower case) that go, and that stay whatever other rules
    say; ends and beginnings of paths that go.
    """

    drop: frozenset[str] = frozenset()
    keep: frozenset[str] = frozenset()
    suffixes: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()


NOTHING = SiteRules()


@dataclass(frozen=True, slots=True, eq=False)
class AddressRules:
    """Rules beside the built-in ones. Two are the same only if they are one object, so that keys can be remembered by it.

    `hosts`: every alias, built-in ones among them, with the host that it ends at. `drop`: parameters that go everywhere.
    `owners`: site to owner. `data`: the plain form, which `of` takes. `of_keys`: the same for two that give the same keys.
    """

    hosts: Mapping[str, str] = field(default_factory=lambda: HOST_ALIASES)
    drop: frozenset[str] = frozenset()
    sites: Mapping[str, SiteRules] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    of_keys: str = ""

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "AddressRules":
        """From the plain form: `hosts`, `drop`, `sites` (each with `drop`, `keep`, `strip_suffix`, `strip_prefix`), `owners`.

        BUILT_IN itself where nothing is said. Raises ValueError for aliases that go in a circle.
        """
        if not any(data.values()):
            return BUILT_IN
        sites = {
            host: SiteRules(
                frozenset(said.get("drop", ())),
                frozenset(said.get("keep", ())),
                _longest_first(said.get("strip_suffix", ())),
                _longest_first(said.get("strip_prefix", ())),
            )
            for host, said in data.get("sites", {}).items()
        }
        owners = {site: owner for owner, held in data.get("owners", {}).items() for site in held}
        return cls(
            ends({**HOST_ALIASES, **data.get("hosts", {})}),
            frozenset(data.get("drop", ())),
            sites,
            owners,
            data,
            _of_keys(data),
        )

    def owner_of(self, site: str) -> str | None:
        """Who speaks through the site at an authority (`host` or `host:port`); what stands below a site is its owner's too."""
        name = site.removeprefix("www.")
        while name:
            if name in self.owners:
                return self.owners[name]
            name = name.partition(".")[2]
        return None


def _of_keys(data: Mapping[str, Any]) -> str:
    said = {name: data[name] for name in ("hosts", "drop", "sites") if data.get(name)}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16] if said else ""


def ends(aliases: Mapping[str, str]) -> dict[str, str]:
    """Each alias with the host at the end of its chain. Raises ValueError, with the host, for a circle."""
    found: dict[str, str] = {}
    for alias in aliases:
        target, passed = aliases[alias], {alias}
        while target in aliases:
            if target in passed:
                raise ValueError(alias)
            passed.add(target)
            target = aliases[target]
        if target in passed:
            raise ValueError(alias)
        found[alias] = target
    return found


def _longest_first(texts: Any) -> tuple[str, ...]:
    return tuple(sorted(texts, key=lambda text: (-len(text), text)))


BUILT_IN = AddressRules()
"""Nothing beside the tables of `core.urls.tables`."""
