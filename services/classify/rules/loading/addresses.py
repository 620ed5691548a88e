"""`addresses:` from nodes to plain data: other names of hosts, parameters, ends of paths, owners.

A key that merges two articles loses one of them, so what would merge much is refused here and not only warned of.
"""

import re
from collections.abc import Callable

from services.classify.rules.loading.nodes import Node, Scalar
from services.classify.rules.loading.reader import Reader
from services.classify.rules.model import Addresses, Position
from services.core.urls import ends, is_registrable, key_host
from services.core.urls.tables import AMBIGUOUS, ARTICLE_NAMES, HOST_ALIASES

KEYS = ("hosts", "drop", "sites", "owners")
SITE_KEYS = ("drop", "keep", "strip_suffix", "strip_prefix")
MAX_NAME = 80

_HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)+[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_NAME = re.compile(r"[^\s=&#?;]+")
_SUFFIX = re.compile(r"[/._-][!\"$-.0->@-~](?:[!\"$->@-~]{0,98}[!\"$-.0->@-~])?")
_PREFIX = re.compile(r"/[!\"$-.0->@-~](?:[!\"$->@-~]{0,98}[!\"$-.0->@-~])?")


def read_addresses(reader: Reader, node: Node) -> Addresses:
    """`addresses:`; what is wrong is noted and left out."""
    return _Addresses(reader).read(node)


class _Addresses:
    """One file's `addresses:`. What is said of a host is kept with its place, for what can be seen only at the end."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.found = reader.findings
        self.hosts: dict[str, str] = {}
        self.drop: set[str] = set()
        self.sites: dict[str, dict[str, list[str]]] = {}
        self.owners: dict[str, list[str]] = {}
        self.at: dict[str, Position] = {}
        self.named: list[tuple[str, Position]] = []

    def read(self, node: Node) -> Addresses:
        for key, value in self.reader.entries(node, "addresses"):
            match key.value:
                case "hosts":
                    self._hosts(value)
                case "drop":
                    self.drop = set(self._parameters(value, "drop", everywhere=True))
                case "sites":
                    self._sites(value)
                case "owners":
                    self._owners(value)
                case _:
                    self.reader.unknown(key, KEYS, "addresses")
        self._check_names()
        data = {
            "hosts": dict(sorted(self.hosts.items())),
            "drop": sorted(self.drop),
            "sites": dict(sorted(self.sites.items())),
            "owners": {owner: sorted(sites) for owner, sites in sorted(self.owners.items())},
        }
        return Addresses({name: said for name, said in data.items() if said}, self.at)

    # --- hosts ---

    def _host(self, node: Node, what: str, *, as_key: bool = True) -> str | None:
        """A host that is a site of its own; `as_key`: as it stands in a key."""
        text = self.reader.text(node, what)
        if text is None:
            return None
        host, plain = key_host(text)
        if not _HOST.fullmatch(host):
            self.found.error(node.position, f"{text!r} is no host; write one such as example.org.")
        elif not is_registrable(host):
            self.found.error(
                node.position,
                f"{host} is no site of its own; a rule for it would hold for everybody below it.",
            )
        elif as_key and plain != host:
            self.found.error(node.position, f"In a key {host} is {plain}; write that.")
        else:
            return host
        return None

    def _hosts(self, node: Node) -> None:
        for key, value in self.reader.entries(node, "hosts"):
            alias, target = self._host(key, "A host", as_key=False), self._host(value, "A host")
            if alias is None or target is None:
                continue
            if key_host(alias)[1] == target:
                self.found.error(key.position, f"{alias} is {target} without a rule; take it away.")
                continue
            self.hosts[alias] = target
            self.at[f"hosts/{alias}"] = key.position
            try:
                ends({**HOST_ALIASES, **self.hosts})
            except ValueError:
                self.found.error(
                    key.position, f"{alias} and {target} go in a circle: each is another name of the other."
                )
                del self.hosts[alias]

    def _check_names(self) -> None:
        """Sites are called as keys call them; which aliases there are is known only now."""
        every = ends({**HOST_ALIASES, **self.hosts})
        for host, position in self.named:
            if host in every:
                self.found.error(position, f"{host} is another name of {every[host]} here; write that.")

    # --- parameters and paths ---

    def _sites(self, node: Node) -> None:
        for key, value in self.reader.entries(node, "sites"):
            host = self._host(key, "A site")
            if host is None:
                continue
            self.named.append((host, key.position))
            said = self._site(host, value)
            both = set(said.get("drop", ())) & set(said.get("keep", ()))
            if both:
                self.found.error(
                    key.position, f"{', '.join(sorted(both))}: either drop or keep it at {host}."
                )
            elif said:
                self.sites[host] = said

    def _site(self, host: str, node: Node) -> dict[str, list[str]]:
        said: dict[str, list[str]] = {}
        for key, value in self.reader.entries(node, host):
            match key.value:
                case "drop" | "keep":
                    said[key.value] = self._parameters(value, f"sites/{host}/{key.value}")
                case "strip_suffix":
                    told = "An end of a path begins with / . - or _ and goes on, such as /print or .amp.html."
                    said[key.value] = self._texts(value, f"sites/{host}/{key.value}", _SUFFIX.fullmatch, told)
                case "strip_prefix":
                    told = "A beginning of a path is / and a name, without / at its end, such as /mobile."
                    said[key.value] = self._texts(value, f"sites/{host}/{key.value}", _PREFIX.fullmatch, told)
                case _:
                    self.reader.unknown(key, SITE_KEYS, f"The site {host}")
        return {name: sorted(set(texts)) for name, texts in said.items() if texts}

    def _parameters(self, node: Node, where: str, *, everywhere: bool = False) -> list[str]:
        told = f"A parameter is a name of at most {MAX_NAME} characters without = & # ? or ;."
        names = self._texts(
            node, where, lambda t: len(t) <= MAX_NAME and _NAME.fullmatch(t), told, lower=True
        )
        if not everywhere:
            return names
        for name in names:
            if name in ARTICLE_NAMES or name in AMBIGUOUS:
                self.found.error(
                    self.at[f"{where}/{name}"],
                    f"On many sites {name!r} says which article it is: dropped everywhere, it would make one of many. "
                    "Drop it at a site (sites:).",
                )
        return names

    def _texts(
        self, node: Node, where: str, fits: Callable[[str], object], told: str, *, lower: bool = False
    ) -> list[str]:
        found = []
        for item in self.reader.items(node, where.rpartition("/")[2]):
            text = self.reader.text(item, "Each of them")
            if text is None:
                continue
            if not fits(text):
                self.found.error(item.position, f"{text[:MAX_NAME]!r} does not do. {told}")
                continue
            found.append(text.lower() if lower else text)
            self.at[f"{where}/{found[-1]}"] = item.position
        return found

    # --- owners ---

    def _owners(self, node: Node) -> None:
        owned: dict[str, Scalar] = {}
        for key, value in self.reader.entries(node, "owners"):
            owner = key.value.strip()
            if not owner or len(owner) > MAX_NAME:
                self.found.error(key.position, f"An owner has a name of at most {MAX_NAME} characters.")
                continue
            sites = []
            for item in self.reader.items(value, owner):
                site = self._host(item, "A site")
                if site is None:
                    continue
                if site in owned:
                    self.found.error(item.position, f"{site} has an owner already, {owned[site].value}.")
                    continue
                owned[site] = key
                self.at[f"owners/{site}"] = item.position
                sites.append(site)
            if sites:
                self.owners[owner] = sites
