"""The counts of `stats` as figures: JSON data, and tables that an editor reads."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Any

from services.classify.rules.judging.gold import scores
from services.classify.rules.tools.edits import Owned

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from services.classify.rules.tools.stats_counts import Counted, LabelCount, TermCount

TOGETHER = 0.5  # share of the rarer label's articles from which a pair is told
LEAST = 5  # articles below which a pair says nothing
SURE = 1.96  # standard deviations of Wilson's interval: 95 %


def as_json(stats: Counted, label: str | None, limit: int) -> dict[str, Any]:
    """Up to `limit` of each: terms by articles, offenders worst first, dead terms in order, pairs, sources."""
    chosen = list(_chosen(stats, label))
    terms = [_term(stats, number, stats.counts.terms[number]) for number in chosen if _fires(stats, number)]
    terms.sort(key=lambda term: (-term["articles"], term["at"]))
    dead = [number for number in chosen if not _fires(stats, number)]
    return {
        "version": stats.counts.version,
        "articles": stats.counts.articles,
        "corrected": stats.counts.corrected,
        "label": label,
        "terms": terms[:limit],
        "offenders": offenders(terms)[:limit],
        "dead_count": len(dead),
        "dead": [_name(stats, number) for number in dead[:limit]],
        "labels": [
            _label(name, stats.counts.labels[name])
            for name in sorted(stats.counts.labels)
            if label in (None, name)
        ],
        "pairs": [pair for pair in _pairs(stats) if label is None or label in pair["labels"]][:limit],
        "sources": _sources(stats)[:limit],
    }


def _fires(stats: Counted, number: int) -> bool:
    return number in stats.counts.terms


def _chosen(stats: Counted, label: str | None) -> Iterator[int]:
    """Numbers of the terms of a label; those of a region's places are its own too."""
    for number, term in enumerate(stats.compiled.terms):
        owners = {stats.names[term.owner], *(stats.names[target] for target, _ in term.targets)}
        if label is None or label in owners:
            yield number


def _name(stats: Counted, number: int) -> dict[str, Any]:
    term = stats.compiled.terms[number]
    owned = Owned(stats.names[term.owner], term.term)
    return {
        "owner": owned.owner,
        "list": owned.list_name,
        "term": term.term.written,
        "at": str(term.term.position),
    }


def _term(stats: Counted, number: int, count: TermCount) -> dict[str, Any]:
    fired = stats.counts.labels.get(stats.names[stats.compiled.terms[number].owner])
    judged = count.right + count.wrong
    return {
        **_name(stats, number),
        "hits": count.hits,
        "articles": count.articles,
        "alone": count.alone,
        "uniqueness": round(count.alone / fired.articles, 4) if fired and fired.articles else 0.0,
        "overlaps": count.overlaps,
        "conflicts": count.conflicts,
        "right": count.right,
        "wrong": count.wrong,
        "precision": round(count.right / judged, 4) if judged else None,
        "last": count.last.isoformat() if count.last else None,
    }


def offenders(terms: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Terms that were wrong, the surest first: by the precision they can at best have (Wilson, 95 %)."""
    wrong = [term for term in terms if term["wrong"]]
    return sorted(wrong, key=lambda term: (at_best(term["right"], term["wrong"]), -term["wrong"], term["at"]))


def at_best(right: int, wrong: int) -> float:
    """The upper end of Wilson's interval for a share: 0 of 2 may well be two thirds, 0 of 100 may not."""
    n = right + wrong
    share, square = right / n, SURE * SURE
    middle = share + square / (2 * n)
    reach = SURE * sqrt(share * (1 - share) / n + square / (4 * n * n))
    return (middle + reach) / (1 + square / n)


def _label(name: str, count: LabelCount) -> dict[str, Any]:
    judged = count.hit + count.wrong + count.missed
    figures: dict[str, float | None] = {"precision": None, "recall": None, "f1": None}
    if judged:
        figures.update(scores(count.hit, count.wrong, count.missed))
    return {
        "label": name,
        "articles": count.articles,
        "primary": count.primary,
        "right": count.hit,
        "wrong": count.wrong,
        "missed": count.missed,
        **figures,
    }


def _pairs(stats: Counted) -> list[dict[str, Any]]:
    found = []
    for (one, other), count in stats.counts.pairs.items():
        fewer = min(stats.counts.labels[one].articles, stats.counts.labels[other].articles)
        share = count / fewer
        if count >= LEAST and share >= TOGETHER:
            found.append({"labels": [one, other], "articles": count, "share": round(share, 4)})
    return sorted(found, key=lambda pair: (-pair["share"], -pair["articles"], pair["labels"]))


def _sources(stats: Counted) -> list[dict[str, Any]]:
    rows = [
        {
            "source": source,
            "articles": count,
            "unclassified": stats.counts.unclassified[source],
            "share": round(stats.counts.unclassified[source] / count, 4),
        }
        for source, count in stats.counts.sources.items()
    ]
    return sorted(rows, key=lambda row: (-row["unclassified"], -row["share"], row["source"]))


def as_lines(stats: Counted, label: str | None, limit: int) -> list[str]:
    """Tables: terms, offenders, dead terms, labels, pairs, sources; each only where it has something to tell."""
    told = as_json(stats, label, limit)
    lines = [f"{told['articles']} articles, {told['corrected']} of them judged by editors."]
    columns = ("articles", "alone", "overlaps", "conflicts", "right", "wrong", "precision", "last", "term")
    rows = [{**term, "term": _shown(term)} for term in told["terms"]]
    lines += _table("Terms, those that fire in most articles first", columns, rows)
    rows = [{**term, "term": _shown(term)} for term in told["offenders"]]
    lines += _table(
        "Terms that editors disagree with most surely", ("wrong", "right", "precision", "term"), rows
    )
    columns = ("articles", "primary", "right", "wrong", "missed", "precision", "recall", "f1", "label")
    rows = [row for row in told["labels"] if label or not row["label"].startswith("place/")]
    lines += _table("Labels" if label else "Regions and topics", columns, rows)
    rows = [{**pair, "labels": " and ".join(pair["labels"])} for pair in told["pairs"]]
    lines += _table("Labels that come together", ("articles", "share", "labels"), rows)
    rows = [row for row in told["sources"] if row["unclassified"]]
    lines += _table(
        "Sources with articles without any label", ("unclassified", "articles", "share", "source"), rows
    )
    if told["dead_count"]:
        lines += ["", f"{told['dead_count']} terms never fired; the first of them:"]
        lines += [f"    {_shown(term)}" for term in told["dead"]]
    return lines


def _shown(term: dict[str, Any]) -> str:
    return f"{term['owner']} {term['list']} {term['term']} ({term['at']})"


def _table(title: str, columns: tuple[str, ...], rows: list[dict[str, Any]]) -> list[str]:
    """Rows under their headings; numbers to the right, the last column as it is."""
    if not rows:
        return []
    cells = [[_cell(row[column]) for column in columns] for row in rows]
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    lines = [
        "  ".join([cell.rjust(width) for cell, width in zip(line[:-1], widths, strict=False)] + [line[-1]])
        for line in [list(columns), *cells]
    ]
    return ["", title, *lines]


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.2f}" if isinstance(value, float) else str(value)[:10] if _is_time(value) else str(value)


def _is_time(value: Any) -> bool:
    return isinstance(value, str) and len(value) > 18 and value[10] == "T" and value[:4].isdigit()
