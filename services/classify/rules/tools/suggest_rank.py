"""Which candidates stand with a label rather than with the rest, in the articles of one language.

Log-odds with an informative Dirichlet prior (Monroe, Colaresi and Quinn, "Fightin' Words: Lexical Feature Selection and
Evaluation for Identifying the Content of Political Conflict", Political Analysis 16, 2008). The prior is the whole of
the articles; articles are counted, not occurrences.
"""

from math import log, sqrt

from services.classify.rules.tools.suggest_counts import LanguageCounts

LEAST_ARTICLES = 3  # of the label that hold a candidate
LEAST_Z = 1.0  # standard deviations: less may well be chance
LEAST_PRECISION = 1 / 3  # estimated too low where articles of the rest are about both
LEAST_SURE = 0.3  # share of the label's articles in which the capital of a name means something
TOO_FREQUENT = 0.2  # share of the rest from which a word says nothing of a topic


def ranked(counts: LanguageCounts, *, topic: bool) -> list[tuple[float, str]]:
    """Candidates that may be worth it, surest first; ties in the order of the alphabet."""
    most = counts.n_outside * TOO_FREQUENT if topic else float("inf")
    found: list[tuple[float, str]] = []
    for key, inside in counts.inside.items():
        if inside < LEAST_ARTICLES or precision(counts, key) < LEAST_PRECISION:
            continue
        if counts.sure[key] < LEAST_SURE * inside or (not topic and counts.ordinary[key] > inside):
            continue
        ends = key.split(" ")
        if max(counts.outside[ends[0]], counts.outside[ends[-1]]) > most:
            continue
        z = log_odds(counts, inside, counts.outside[key])
        if z >= LEAST_Z:
            found.append((z, key))
    found.sort(key=lambda item: (-item[0], item[1]))
    return _without_parts(found, counts)


def log_odds(counts: LanguageCounts, inside: int, outside: int) -> float:
    """Log-odds of a candidate between both sides, in standard deviations; 0 where one side has no articles."""
    n_in, n_out = counts.n_inside, counts.n_outside
    if not n_in or not n_out:
        return 0.0
    prior, whole = inside + outside, n_in + n_out
    one, two = inside + prior, outside + prior
    odds = log(one / (n_in + whole - one)) - log(two / (n_out + whole - two))
    return odds / sqrt(1 / one + 1 / two)


def precision(counts: LanguageCounts, key: str) -> float:
    """Share of the label among the articles that hold a candidate, cautious where there are few."""
    inside, outside = counts.inside[key], counts.outside[key]
    return (inside + 0.5) / (inside + outside + 1)


def _without_parts(found: list[tuple[float, str]], counts: LanguageCounts) -> list[tuple[float, str]]:
    """Candidates that never stand but inside a longer one are left out."""
    whole: set[str] = set()
    for _, key in found:
        for part in _parts(key):
            if (counts.inside[part], counts.outside[part]) == (counts.inside[key], counts.outside[key]):
                whole.add(part)
    return [(z, key) for z, key in found if key not in whole]


def _parts(key: str) -> set[str]:
    words = key.split(" ")
    if len(words) == 1 and key.isascii():
        return set()
    units: list[str] = words if len(words) > 1 else list(key)
    joint = " " if len(words) > 1 else ""
    spans = ((i, j) for i in range(len(units)) for j in range(i + 1, len(units) + 1))
    return {joint.join(units[i:j]) for i, j in spans if j - i < len(units)}
