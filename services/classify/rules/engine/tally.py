"""Hits added up: what every region, topic and place got, from which term, in which field."""

from math import log2

from services.classify.rules.engine.compiled import CompiledRulebook
from services.classify.rules.engine.matcher import NEVER, Hit, Match

Part = tuple[float, int, int, int, int, int, float]
"""What one term brought to one label in one field: minus its size (to sort by), first start and end, term, field,
number of hits, points."""

_FIELDS = 8  # more than there are: a term and a field make one number
_LOGS = (0.0, *(1 + log2(n) for n in range(1, 257)))
_Counted = dict[int, tuple[Hit, int]]
_Won = dict[tuple[int, int], tuple[Hit, int]]


class Tally:
    """One label's sum. `firm`: something other than a weak term spoke for it, first at `first`."""

    __slots__ = ("firm", "first", "number", "parts", "prior", "score")

    def __init__(self, number: int) -> None:
        self.number = number
        self.score = 0.0
        self.parts: list[Part] = []
        self.firm = False
        self.first = NEVER
        self.prior = False


def as_part(hit: Hit) -> Part:
    """A single hit that brought nothing."""
    return (0.0, *hit, 1, 0.0)


def vetoed(match: Match, compiled: CompiledRulebook) -> set[int]:
    """Labels and places, by number, that a veto kills in this document."""
    vetoes = compiled.vetoes
    return {vetoes[hit[2]] for hit in match.hits if hit[2] in vetoes} if vetoes else set()


def add_up(
    match: Match, compiled: CompiledRulebook, weights: list[float], killed: set[int]
) -> dict[int, Tally]:
    """The sum of every label and place that a hit spoke for, by number; `weights` by number of the field.

    Terms of what is `killed` count for nobody: a killed place gives nothing to its regions.
    """
    hits, shared = match.hits, match.shared
    if killed:
        hits = [hit for hit in hits if compiled.terms[hit[2]].owner not in killed]
        shared = [n for n in range(1, len(hits)) if hits[n][:2] == hits[n - 1][:2]]
    won: _Won = {}
    if shared and (contested := _contested(hits, shared, compiled)):
        won = _contest(contested, compiled)
        apart = {hit for group in contested for hit in group}
        hits = [hit for hit in hits if hit not in apart]
    tallies: dict[int, Tally] = {}
    shares = compiled.shares
    for key, (hit, count) in _count(hits).items():
        start, end, term, field = hit
        worth = weights[field] if count == 1 else weights[field] * _log(count)
        for number, value, firm in shares[term]:
            if won and (number, key) in won:  # it also won spans that others claimed
                first, more = won.pop((number, key))
                _credit(tallies, number, (min(hit, first), count + more), (value, firm), weights)
                continue
            if number in tallies:
                tally = tallies[number]
            else:
                tally = tallies[number] = Tally(number)
            points = value * worth
            tally.score += points
            tally.parts.append((-abs(points), start, end, term, field, count, points))
            if firm:
                tally.firm = True
                tally.first = min(tally.first, start)
    for (number, _), counted in won.items():
        value, firm = next(share[1:] for share in shares[counted[0][2]] if share[0] == number)
        _credit(tallies, number, counted, (value, firm), weights)
    for number in killed:
        tallies.pop(number, None)
    return tallies


def _log(count: int) -> float:
    return _LOGS[count] if count < len(_LOGS) else 1 + log2(count)


def _credit(
    tallies: dict[int, Tally],
    number: int,
    counted: tuple[Hit, int],
    share: tuple[float, bool],
    weights: list[float],
) -> None:
    (start, end, term, field), count = counted
    value, firm = share
    points = value * weights[field] * _log(count)
    tally = tallies.setdefault(number, Tally(number))
    tally.score += points
    tally.parts.append((-abs(points), start, end, term, field, count, points))
    if firm:
        tally.firm = True
        tally.first = min(start, tally.first)


def _count(hits: list[Hit]) -> _Counted:
    """First hit and number of hits by term and field."""
    counted: _Counted = {}
    for hit in hits:
        key = hit[2] * _FIELDS + hit[3]
        known = counted.get(key)
        counted[key] = (hit, 1) if known is None else (known[0], known[1] + 1)
    return counted


def _contested(hits: list[Hit], shared: list[int], compiled: CompiledRulebook) -> list[list[Hit]]:
    """Hits on one span, by span, whose terms speak for the same label."""
    groups: list[list[Hit]] = []
    last = -1
    for number in shared:
        if number == last + 1:
            groups[-1].append(hits[number])
        else:
            groups.append([hits[number - 1], hits[number]])
        last = number
    return [group for group in groups if _overlap(group, compiled)]


def _overlap(group: list[Hit], compiled: CompiledRulebook) -> bool:
    receivers = compiled.receivers
    if len(group) == 2:
        return not receivers[group[0][2]].isdisjoint(receivers[group[1][2]])
    sets = [receivers[hit[2]] for hit in group]
    return sum(map(len, sets)) > len(frozenset().union(*sets))


def _contest(contested: list[list[Hit]], compiled: CompiledRulebook) -> _Won:
    """One span counts once per label: there the heaviest term wins, of equal ones the shorter, whatever their order."""
    won: _Won = {}
    shares, briefs = compiled.shares, compiled.briefs
    for hits in contested:
        best: dict[int, tuple[float, tuple[int, str], Hit]] = {}
        for hit in hits:
            brief = briefs[hit[2]]
            for number, value, _ in shares[hit[2]]:
                claim = (-abs(value), brief, hit)
                if number not in best or claim < best[number]:
                    best[number] = claim
        for number, (_, _, hit) in best.items():
            key = (number, hit[2] * _FIELDS + hit[3])
            first, count = won.get(key, (hit, 0))
            won[key] = (first, count + 1)
    return won
