"""A folder of YAML texts to a rulebook: accepted whole, or refused whole with every error at once."""

from collections.abc import Mapping
from contextlib import suppress

from services.classify.rules.findings import Enough, Findings, RulebookError
from services.classify.rules.loading.addresses import read_addresses
from services.classify.rules.loading.labels import read_defaults, read_label, read_place
from services.classify.rules.loading.nodes import Entries, Node, Scalar, read_nodes
from services.classify.rules.loading.reader import Reader
from services.classify.rules.loading.references import check_references
from services.classify.rules.loading.term_lists import TermReader, origin
from services.classify.rules.loading.version import version_of
from services.classify.rules.model import Addresses, Defaults, LabelRule, Place, Position, Rulebook
from services.core.iso import CODES
from services.core.memory import uncollected

TOP_KEYS = ("defaults", "places", "labels", "addresses")
MAX_FILES = 2000
MAX_TOTAL = 20_000_000  # characters of all files


def load_texts(texts: Mapping[str, str], *, version: str | None = None) -> Rulebook:
    """Read files (name -> YAML text), in the order of their sorted names. `version`: theirs, of those that were published.

    Raises RulebookError with every error found; each names file, line, column and what to do.
    What was published is read with languages that do not exist: an earlier release let them pass, and its rules stay in force.
    """
    findings = Findings()
    with suppress(Enough), uncollected():
        rulebook = _read(texts, findings, version)
        if not findings.found:
            return rulebook
    raise RulebookError(findings.found)


def _read(texts: Mapping[str, str], findings: Findings, version: str | None) -> Rulebook:
    """What can be read of the files; `findings` says what cannot."""
    first = origin(min(texts, default="rules"))
    if len(texts) > MAX_FILES:
        findings.error(first, f"There are more than {MAX_FILES:,} files; put some together.")
    elif sum(map(len, texts.values())) > MAX_TOTAL:
        findings.error(first, f"The files are longer than {MAX_TOTAL:,} characters together.")
    if findings.found:
        raise Enough
    tops = [_top(name, texts[name], findings) for name in sorted(texts)]
    rulebook = _Collector(findings, whole=not findings.found).collect(
        [top for top in tops if top is not None], version
    )
    if not rulebook.rules and not rulebook.places and not findings.found:
        findings.error(first, "The rulebook is empty: write places: or labels:.")
    return rulebook


def _top(name: str, text: str, findings: Findings) -> Entries | None:
    node = read_nodes(name, text, findings)
    if node is None or isinstance(node, Entries):
        return node
    findings.error(
        node.position, "A rules file is a mapping with the keys defaults, places, labels and addresses."
    )
    return None


class _Collector:
    """Gathers the parts of all files: a place or a label may stand in one file only. `whole`: every file could be read."""

    def __init__(self, findings: Findings, *, whole: bool) -> None:
        self.findings = findings
        self.whole = whole
        self.reader = Reader(findings)
        self.places: dict[str, Place] = {}
        self.rules: dict[str, LabelRule] = {}

    def collect(self, tops: list[Entries], version: str | None) -> Rulebook:
        defaults = self._defaults(tops)
        terms = TermReader(self.reader, defaults.lang)
        for top in tops:
            for key, node in top.entries.values():
                if key.value == "places":
                    self._places(terms, node)
                elif key.value == "labels":
                    self._labels(terms, node)
                elif key.value not in {"defaults", "addresses"}:
                    self.reader.unknown(key, TOP_KEYS, "A rules file")
                    self.whole = False
        rules = tuple(self.rules.values())
        self._name_silent_places(rules)
        places = tuple(self.places[code] for code in sorted(self.places))
        check_references(places, rules, self.reader.parents, self.findings, whole=self.whole)
        if version is None:
            self.reader.languages.tell(self.findings)
        addresses = self._addresses(tops)
        version = version or version_of(defaults, places, rules, addresses.data)
        return Rulebook(version, defaults, places, rules, addresses)

    def _addresses(self, tops: list[Entries]) -> Addresses:
        found = self._once(tops, "addresses")
        return read_addresses(self.reader, found) if found else Addresses()

    def _defaults(self, tops: list[Entries]) -> Defaults:
        found = self._once(tops, "defaults")
        return read_defaults(self.reader, found) if found else Defaults()

    def _once(self, tops: list[Entries], name: str) -> Node | None:
        """What stands under a key that one file only may have."""
        found = [top.entries[name] for top in tops if name in top.entries]
        for key, _ in found[1:]:
            self.findings.error(key.position, f"{name} stand in one file only; they were given before.")
        return found[0][1] if found else None

    def _places(self, terms: TermReader, node: Node) -> None:
        for key, value in self.reader.entries(node, "places"):
            if key.value in self.places:
                self._twice(key, f"The place {key.value}", self.places[key.value].position)
                continue
            place = read_place(self.reader, terms, key, value)
            if place is not None:
                self.places[place.code] = place

    def _labels(self, terms: TermReader, node: Node) -> None:
        for item in self.reader.items(node, "labels"):
            rule = read_label(self.reader, terms, item)
            if rule is None:
                self.whole = False
                continue
            if rule.id in self.rules:
                self._twice(item, rule.id, self.rules[rule.id].position)
            else:
                self.rules[rule.id] = rule

    def _name_silent_places(self, rules: tuple[LabelRule, ...]) -> None:
        """A region may hold a place that has no terms: it still takes articles by the source's country."""
        for rule in rules:
            for member in rule.places:
                if member.place in CODES:
                    self.places.setdefault(member.place, Place(member.place, member.position, ()))

    def _twice(self, node: Node | Scalar, what: str, before: Position) -> None:
        self.findings.error(node.position, f"{what} was given before, at {before}; keep it in one place.")
