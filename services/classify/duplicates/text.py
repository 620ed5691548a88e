"""A text made ready for comparing: what a site adds around it gone; its words, their runs, its numbers and names."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from services.classify.rules.text.fold import is_unspaced
from services.classify.tokens import fold, guess_language, numbers, stop_words, tokens
from services.core.text import fold_title

RUN = 4
"""Tokens of a run: copies share runs, two reports of one event hardly do."""
READ = 3000
"""Characters of a text that are compared; a copy shows itself long before."""
_PLACE_LINE = re.compile(r"\s*([^\n:;!?]{2,60}?)\s*(?:[-–—]{1,2}\s|/[^/\n]{2,30}/[.,]?\s)\s*")
_DATED = re.compile(r"\)$|^\W*[^\W\d_a-zа-яё][^\W\d_a-zа-яё]+\b(?![-–—])|\b\d{1,2}\b")
"""A place line ends with an agency in brackets, begins in capitals, or names a day."""
_TAIL = re.compile(
    r"""\s*(?:
        the\s+post\s.{1,300}?\s(?:appeared\s+first\s+on|first\s+appeared\s+on)\s.*
      | (?:сообщение|запись)\s.{1,300}?\s(?:появил[ао]сь\s+сначала|впервые\s+появил[ао]сь)\s.*
      | (?:der\s+beitrag|l['’]article|la\s+entrada|el\s+cargo|o\s+post|l['’]articolo)\s.{1,300}?\s(?:erschien\s+zuerst|est\s+apparu|aparece\s+primero|apareceu\s+primeiro|proviene\s+da)\s.*
      | [\[(]?(?:…|\.\.\.|&hellip;)[\])]?\s*
        (?:(?:continue\s+reading|read\s+(?:the\s+)?(?:full\s+)?(?:more|article|story)|more|weiterlesen|mehr|lire\s+la\s+suite|leer\s+m[aá]s|seguir\s+leyendo
        |leia\s+mais|continua\s+a\s+leggere|leggi\s+tutto|devam[ıi]n[ıi]\s+oku|читать\s+(?:далее|полностью)|далее|اقرأ\s+المزيد|阅读全文|続きを読む)\b.{0,120})?
      | (?:continue\s+reading|read\s+(?:full\s+)?more(?:\s+at|\s+on)?|read\s+the\s+full\s+(?:article|story)|click\s+here\s+to\s+read|weiterlesen|lire\s+la\s+suite|leer\s+m[aá]s|leia\s+mais
        |читать\s+(?:далее|полностью)|devam[ıi]n[ıi]\s+oku)\b.{0,120}
    )\s*(?:»|→|&raquo;|>+)?\s*$""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_UNSPACED_OUTLET = re.compile(r"(?:\s[-–—]\s|\s*[|｜_＿]\s*)[^|｜_＿–—-]{1,30}$")
_UNSPACED_KEPT = 10
"""Signs of a headline that must stay in a script without spaces."""
_NAME = re.compile(r"(?<![.!?…:\"“«„\n]\s)(?<!^)(?<=[\s(\"“«„'’-])([^\W\d_a-zа-яё][^\W\d_]{2,})")
_FIRST = re.compile(r"(?:^|[.!?…]\s+)[\"“«„]?([^\W\d_a-zа-яё][^\W\d_]{2,})")
_LIGHT, _HEAVY = 0.15, 1.0


@dataclass(frozen=True, slots=True)
class Text:
    """What of an article is compared: its headline and its text, both plain; its language where that is known."""

    title: str
    body: str = ""
    language: str | None = None
    source: str | None = None
    """The key of the publisher: one publisher's own articles look alike without being copies."""


@dataclass(frozen=True)
class Prepared:
    """A text read once: what its keys need at once, what only a comparison needs when it is first asked for."""

    title: str
    """The normal form of the headline, empty where it has no letter."""
    written_title: str
    body: str
    """Without what a site adds around it."""
    words: tuple[str, ...]
    """Tokens of the body."""
    language: str | None
    source: str | None
    unspaced: bool
    """Whether the text is in a script without spaces, whose tokens are runs of characters."""

    @cached_property
    def title_words(self) -> tuple[str, ...]:
        """Tokens of the headline."""
        return tuple(tokens(self.title))

    @cached_property
    def title_telling(self) -> frozenset[str]:
        """Words of the headline that are no stop words."""
        words = self.title_words
        return frozenset(words) - stop_words(guess_language(words) or self._language)

    @cached_property
    def title_numbers(self) -> frozenset[str]:
        """Numbers that the headline names."""
        return numbers(self.written_title)

    @cached_property
    def runs(self) -> frozenset[tuple[str, ...]]:
        """Every `RUN` tokens that stand together."""
        return runs(self.words)

    @cached_property
    def weights(self) -> dict[str, float]:
        """Of every distinct token of the body: little for a stop word."""
        return weigh(set(self.words), self._language)

    @cached_property
    def numbers(self) -> frozenset[str]:
        """Numbers that the body names."""
        return numbers(self.body)

    @cached_property
    def names(self) -> frozenset[str]:
        """Words that the body writes with a capital."""
        return _names(self.body)

    @cached_property
    def _language(self) -> str:
        return (self.language or "").partition("-")[0].lower() or guess_language(self.words)


def prepare(text: Text) -> Prepared:
    """A text ready for its keys and for comparing. Costs time in proportion to its first 3,000 characters."""
    body = strip_furniture(text.body[:READ])
    return Prepared(
        title=headline(text.title),
        written_title=text.title,
        body=body,
        words=tuple(tokens(body)),
        language=text.language,
        source=text.source,
        unspaced=is_unspaced(body or text.title),
    )


def headline(title: str) -> str:
    """The normal form of a headline; `fold_title` counts words, so what has none between spaces is shortened here.

    >>> headline("UPDATE 1-Oil falls on growth worries - The Paper"), headline("哈萨克斯坦签署天然气供应合同｜新华网")
    ('oil falls on growth worries', '哈萨克斯坦签署天然气供应合同')
    """
    if is_unspaced(title) and (outlet := _UNSPACED_OUTLET.search(title)) and outlet.start() >= _UNSPACED_KEPT:
        title = title[: outlet.start()]
    return fold_title(title)


def strip_furniture(body: str) -> str:
    """A text without the place line in front and the invitation to read on behind.

    >>> strip_furniture("KABUL (Reuters) - Two men were seen. The post Two men appeared first on Paper.")
    'Two men were seen.'
    """
    if (head := _PLACE_LINE.match(body[:120])) and (_DATED.search(head[1]) or "/" in head[0]):
        body = body[head.end() :]
    return body[: tail.start()] if (tail := _TAIL.search(body, max(len(body) - 500, 0))) else body


def runs(words: tuple[str, ...]) -> frozenset[tuple[str, ...]]:
    """Every `RUN` tokens that stand together; one shorter run for a shorter text."""
    if len(words) <= RUN:
        return frozenset([words] if words else [])
    return frozenset(zip(*(words[start:] for start in range(RUN)), strict=False))


def weigh(words: Iterable[str], language: str) -> dict[str, float]:
    """How much each word says, without counting other texts: so that two machines weigh alike."""
    light = stop_words(language)
    return {word: _LIGHT if word in light else _HEAVY for word in words}


def _names(text: str) -> frozenset[str]:
    """Words written with a capital, also at the beginning of a sentence: what is no name there is found in every copy all the
    same. Empty where a headline writes every word so.
    """
    words = text.split()
    if words and sum(1 for word in words if word[0].isupper()) > 0.6 * len(words):
        return frozenset()
    found = _NAME.findall(text) + _FIRST.findall(text)
    return frozenset(fold(word) for word in found if not word[0].islower())
