"""What a reader asks for, as the text of a `tsquery`: the notation of search engines, and of `websearch_to_tsquery`. Pure."""

import re

from services.core.search.cut import Run, grams, is_korean, parts, words
from services.core.search.forms import asked, without_particle

_TOKEN = re.compile(r'(?P<no>-?)"(?P<phrase>[^"]*)"?|(?P<not>-?)(?P<word>[^\s"]+)')
_QUOTES = str.maketrans(dict.fromkeys("“”„«»＂", '"'))


def query(q: str) -> str | None:
    """What these words look for, as PostgreSQL reads a `tsquery`; None where there is no letter and no digit in them.

    All words occur; "in quotes" together; `-` before what must not; `or` between two ways. Other forms of a word are found too.

    >>> query("新疆 -棉花")
    "'新疆' & !'棉花'"
    """
    tokens = list(_TOKEN.finditer(q.translate(_QUOTES)))
    ways: list[list[str]] = [[]]
    for number, token in enumerate(tokens):
        if (
            (token["word"] or "").lower() == "or"
            and not token["not"]
            and ways[-1]
            and number + 1 < len(tokens)
        ):
            ways.append([])
            continue
        found = _together(token["word"] if token["phrase"] is None else token["phrase"])
        if found is not None:
            ways[-1].append(f"!{found}" if token["no"] or token["not"] else found)
    told = [" & ".join(way) for way in ways if way]
    return " | ".join(told) or None


def _together(text: str) -> str | None:
    """Words that stand one after the other: a phrase, or what one word as it is typed falls into."""
    steps: list[tuple[int, str]] = []
    place = 0
    for word in words(text):
        for part in parts(word):
            if isinstance(part, Run):
                steps += [(place + at, term) for at, term in enumerate(_of_run(part))]
                place += len(part.signs)
            else:
                steps += [(place, _either(forms))] if (forms := asked(part)) else []
                place += 1
    if not steps:
        return None
    told, before = steps[0][1], steps[0][0]
    for at, term in steps[1:]:
        told += f" <{at - before}> {term}"
        before = at
    return told if len(steps) == 1 else f"({told})"


def _of_run(run: Run) -> list[str]:
    """Its whole grams, one after the other; what is shorter than a gram is the beginning of some."""
    if is_korean(run):
        run = Run(without_particle(run.signs), run.size)
    if len(run.signs) < run.size:
        return [f"'{run.signs}':*"]
    return [f"'{gram}'" for gram in grams(run) if len(gram) == run.size]


def _either(forms: tuple[str, ...]) -> str:
    told = " | ".join(f"'{form}'" for form in forms)
    return told if len(forms) == 1 else f"({told})"
