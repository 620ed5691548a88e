"""How a key came about, rule by rule, for whoever writes the rules."""

from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote

from services.core.urls.keys import canonical_url, is_registrable, key_field, key_path, stripped, unwrapped
from services.core.urls.parts import Parts, ascii_host, split_http
from services.core.urls.rules import BUILT_IN, NOTHING, AddressRules
from services.core.urls.tables import HOST_ALIASES, HOST_PREFIX, PATH_ALIASES


class Why(NamedTuple):
    """One thing that a rule did, in a sentence. `rule`: an editor's, by its place (`hosts/bbc.co.uk`); None: a built-in one."""

    sentence: str
    rule: str | None = None


class Told(NamedTuple):
    """The key of an address, and what made it. `built_in`: the key without an editor's rules."""

    url: str
    key: str
    built_in: str
    why: tuple[Why, ...]


def told(url: str, rules: AddressRules = BUILT_IN) -> Told:
    """The key of an address with the rules that made it, in the order in which they did."""
    return Told(url, canonical_url(url, rules), canonical_url(url), tuple(_why(url, rules)))


def _why(url: str, rules: AddressRules) -> Iterator[Why]:
    first, parts = split_http(url), unwrapped(url)
    if first is None or parts is None:
        yield Why("It is no http address, and a key of its own.")
        return
    if first != parts:
        yield Why(f"{first.host} is a redirector; the address that it carries counts, at {parts.host}.")
    host = ascii_host(parts.host)
    for name, why in _hosts(host, rules):
        host = name
        yield why
    yield from _path(parts, host, rules)
    yield from _query(parts, host, rules)
    if parts.fragment and "#" not in canonical_url(url, rules):
        yield Why(f"#{parts.fragment[:40]} goes: it is a place on the page.")


def _hosts(host: str, rules: AddressRules) -> Iterator[tuple[str, Why]]:
    """Each name that the host has on its way to the key."""
    yield from (steps := list(_alias(host, rules)))
    host = steps[-1][0] if steps else host
    while (shorter := HOST_PREFIX.sub(r"\g<language>", host, count=1)) != host and is_registrable(shorter):
        yield shorter, Why(f"{host} is {shorter}.")
        host = shorter
    yield from _alias(host, rules)


def _alias(host: str, rules: AddressRules) -> Iterator[tuple[str, Why]]:
    given = rules.data.get("hosts", {})
    while host in given or host in HOST_ALIASES:
        target = given.get(host) or HOST_ALIASES[host]
        yield target, Why(f"{host} is another name of {target}.", f"hosts/{host}" if host in given else None)
        host = target


def _path(parts: Parts, host: str, rules: AddressRules) -> Iterator[Why]:
    plain = key_path(parts.path)
    if plain.strip("/") != parts.path.strip("/"):
        yield Why(f"The path {parts.path} is {plain or '/'}.")
    if (site := rules.sites.get(host)) is not None and (shorter := stripped(plain, site)) != plain:
        ends = [f"strip_suffix/{end}" for end in site.suffixes if plain.endswith(end)]
        starts = [f"strip_prefix/{start}" for start in site.prefixes if plain.startswith(start + "/")]
        for rule in [*starts, *ends]:
            yield Why(f"The path {plain} is {shorter} at {host}.", f"sites/{host}/{rule}")
    if host in PATH_ALIASES and PATH_ALIASES[host][0].search(plain):
        yield Why(f"{host} serves it under another path too.")


def _query(parts: Parts, host: str, rules: AddressRules) -> Iterator[Why]:
    site = rules.sites.get(host, NOTHING)
    for part in parts.query.replace(";", "&").split("&") if parts.query else ():
        name = unquote(part.partition("=")[0]).lower()
        if name in site.keep:
            yield Why(f"{part} stays: it says which article at {host}.", f"sites/{host}/keep/{name}")
        elif name in site.drop:
            yield Why(f"{part} goes: it does not say which article at {host}.", f"sites/{host}/drop/{name}")
        elif name in rules.drop:
            yield Why(f"{part} goes: it never says which article.", f"drop/{name}")
        elif not key_field(part, host):
            yield Why(f"{part} goes: it says where a reader came from.")
