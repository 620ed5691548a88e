"""Lists of terms: the short notation and the long form, with tier and language."""

import re
from dataclasses import dataclass, replace
from typing import Any

from services.classify.rules.findings import Enough
from services.classify.rules.loading.nodes import Entries, Items, Node, Scalar
from services.classify.rules.loading.reader import Reader, meant
from services.classify.rules.loading.terms import Notation, TermError, parse_term
from services.classify.rules.model import FIELDS, TIERS, Context, Position, Term
from services.classify.rules.text.fold import fold

ANY = "any"
ACCEPTED = "accepted"
MAX_READINGS = 500_000  # alternatives of all terms and context words together
MAX_REGEXES = 500
_CURLY = re.compile("[\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb]")
LONG_KEYS = ("term", "weight", "unless", "needs", "near", "within", "fields", "lang", "note")


@dataclass(frozen=True, slots=True)
class Tier:
    """What a key such as `strong@ru` says of the terms below it. `lang` None: not said."""

    name: str
    lang: str | None


def script_is_latin(text: str) -> bool:
    """Whether the first letter of a text is of the Latin script."""
    return next(
        (letter < "\u0250" or "\u1e00" <= letter <= "\u1eff" for letter in text if letter.isalpha()), True
    )


class TermReader:
    """Reads the terms of one rulebook; `lang` is the language of Latin terms that name none."""

    def __init__(self, reader: Reader, lang: str) -> None:
        self.reader = reader
        self.lang = lang
        self.readings = 0
        self.regexes = 0

    def tier(self, key: Scalar) -> Tier | None:
        """`strong`, `mask@en`; None for a key that is no tier."""
        name, _, lang = key.value.partition("@")
        if name not in TIERS:
            return None
        if lang:
            self._named(lang, key.position)
        return Tier(name, lang or None)

    def terms(self, node: Node, tier: Tier, lang: str | None = None) -> tuple[Term, ...]:
        """The terms of one list; `lang` is the language of its label."""
        found = (self._term(item, tier, lang) for item in self.reader.items(node, "A list of terms"))
        return tuple(term for term in found if term is not None)

    def _term(self, node: Node, tier: Tier, lang: str | None) -> Term | None:
        if isinstance(node, Scalar):
            return self._short(node, tier, lang)
        if isinstance(node, Entries):
            return self._long(node, tier, lang)
        self.reader.findings.error(node.position, "A term is a text or {term: ..., unless: [...]}.")
        return None

    def _short(self, node: Scalar, tier: Tier, lang: str | None) -> Term | None:
        notation = self._notation(node)
        if notation is None:
            return None
        weight = TIERS[tier.name] if notation.weight is None else notation.weight
        return Term(
            written=node.value,
            position=node.position,
            tier=tier.name,
            weight=-abs(weight) if tier.name == "minus" else weight,
            lang=self._language(node.value, tier.lang, lang),
            phrases=notation.phrases,
            exact=notation.exact,
            regex=notation.regex,
            anchor=notation.anchor,
        )

    def _notation(self, node: Scalar) -> Notation | None:
        try:
            notation = parse_term(node.value)
        except TermError as error:
            quoted = _CURLY.match(node.value.strip())
            remedy = " Write straight quotation marks for those of a word processor." if quoted else ""
            self.reader.findings.error(node.position, f"{error}{remedy}")
            return None
        self._spend(node, notation)
        return notation

    def _spend(self, node: Scalar, notation: Notation) -> None:
        """Keep the whole rulebook within what a worker can hold."""
        self.readings += len(notation.phrases)
        self.regexes += notation.regex is not None
        for count, most, what in (
            (self.readings, MAX_READINGS, "terms, each alternative counted"),
            (self.regexes, MAX_REGEXES, "regular expressions"),
        ):
            if count > most:
                self.reader.findings.error(
                    node.position, f"With this the rules have more than {most:,} {what}."
                )
                raise Enough

    def _language(self, written: str, of_tier: str | None, of_label: str | None) -> str | None:
        chosen = of_tier or (of_label or self.lang if script_is_latin(written) else ANY)
        return None if chosen == ANY else chosen

    def _long(self, node: Entries, tier: Tier, lang: str | None) -> Term | None:
        known = node.entries
        for key, _ in known.values():
            if key.value not in LONG_KEYS:
                self.reader.unknown(key, LONG_KEYS, "A term")
        if "term" not in known or not isinstance(known["term"][1], Scalar):
            self.reader.findings.error(node.position, "A term in braces needs the key term with a text.")
            return None
        term = self._short(known["term"][1], tier, lang)
        changes = {key: self._value(key, value) for key, (_, value) in known.items() if key in _CONDITIONS}
        changes = {key: value for key, value in changes.items() if value is not None}
        if changes.get("lang") == ANY:
            changes["lang"] = None
        if tier.name == "minus" and "weight" in changes:
            changes["weight"] = -abs(changes["weight"])
        if "note" in known and self._accepts(known["note"][1]):
            changes["accepted"] = True
        return None if term is None else replace(term, **changes)

    def _accepts(self, node: Node) -> bool:
        """A note that begins with "accepted:" and says why silences lint about its term."""
        mark, _, why = (self.reader.text(node, "A note") or "").partition(":")
        if mark.strip().lower() != ACCEPTED:
            return False
        if not why.strip():
            self.reader.findings.error(
                node.position, "Say why after accepted:, so that the next editor knows."
            )
        return True

    def _value(self, key: str, node: Node) -> Any:
        if key == "weight":
            return self.reader.number(node, "A weight")
        if key == "within":
            return self.reader.whole(node, "within (words)", high=500)
        if key == "fields":
            return self._fields(node)
        if key == "lang":
            return self.language(node)
        return self._contexts(node)

    def language(self, node: Node) -> str | None:
        """A language code, or `any`."""
        value = self.reader.text(node, "A language")
        return value if value is not None and self._named(value, node.position) else None

    def _named(self, lang: str, position: Position) -> bool:
        if not is_language(lang):
            self.reader.findings.error(position, f"{lang!r} is no language code such as en or ru (or any).")
            return False
        if lang != ANY:
            self.reader.languages.name(lang, position)
        return True

    def _fields(self, node: Node) -> tuple[str, ...]:
        names = [self.reader.text(item, "A field") for item in self.reader.items(node, "fields")]
        for name in names:
            if name is not None and name not in FIELDS:
                self.reader.findings.error(
                    node.position, f"There is no field {name!r}; {meant(name, FIELDS)}"
                )
        return tuple(name for name in names if name in FIELDS)

    def _contexts(self, node: Node) -> tuple[Context, ...]:
        found: list[Context] = []
        for item in self.reader.items(node, "A list of context words"):
            if not isinstance(item, Scalar):
                self.reader.findings.error(item.position, "A context word is a text.")
                continue
            notation = self._notation(item)
            if notation is None:
                continue
            if notation.regex is not None or notation.weight is not None:
                self.reader.findings.error(item.position, "A context word has neither regex nor weight.")
                continue
            found.append(Context(item.value, notation.phrases, notation.exact))
        if isinstance(node, Items) and not node.items:
            self.reader.findings.error(node.position, "A list of context words is empty; take the key away.")
        return tuple(found)


_CONDITIONS = ("weight", "unless", "needs", "near", "within", "fields", "lang")


def is_language(code: str) -> bool:
    """Whether a text looks like a primary language subtag, or is `any`."""
    return code == ANY or (code.isascii() and code.isalpha() and code.islower() and len(code) in (2, 3))


def folded_phrases(term: Term) -> tuple[str, ...]:
    """The folded words of every alternative, endings left out."""
    return tuple(fold(phrase.text) for phrase in term.phrases)


def origin(file: str) -> Position:
    """The first character of a file."""
    return Position(file, 1, 1)
