"""What workers say of rules, in the words of the workbench: differences, places in files, figures. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

LISTS = {
    "strong": "strong terms",
    "terms": "terms",
    "weak": "weak terms",
    "minus": "terms that speak against it",
    "mask": "phrases that mean something else",
    "veto": "words that rule it out",
}
SIGNS = {"added": "+", "removed": "−", "changed": "~", "moved": "›"}
SWEEPING_SHARE, SWEEPING_FEWEST = 0.1, 20
"""From which share of the articles looked at one edit is warned of, and of how many at least: a tenth of three says nothing."""
_TERM_LINE = re.compile(
    rf"(?P<owner>[^:\s]+): (?P<sign>[+-]) (?P<list>(?:{'|'.join(LISTS)})(?:@[\w-]+)?) (?P<term>.+) \((?P<at>[^()\s]+)\)"
)
CAME = {"added": "New", "removed": "Gone", "changed": "Changed"}


@dataclass(frozen=True, slots=True)
class EditLine:
    """One difference in words. `what`: added, removed, changed or moved; `at`: file:line:column, where there is one."""

    what: str
    text: str
    detail: str = ""
    at: str | None = None

    @property
    def sign(self) -> str:
        """Its sign in a list."""
        return SIGNS[self.what]


@dataclass(frozen=True, slots=True)
class EditGroup:
    """What changed of one label or place, or of the defaults."""

    owner: str
    lines: tuple[EditLine, ...]


def edits(difference: Mapping[str, Any]) -> list[EditGroup]:
    """A difference as `services.classify.rules.tools.diff` tells it, label by label."""
    told: list[tuple[str, EditLine]] = []
    if difference.get("reordered"):
        told.append(("", EditLine("changed", "Labels stand in another order, which decides ties and menus.")))
    for edit in difference.get("labels") or ():
        text = f"{CAME.get(edit['what'], edit['what'])}: the whole label {edit['name']}"
        told.append((edit["id"], EditLine(edit["what"], text, at=edit.get("at"))))
    told += [
        ("" if edit["subject"] == "defaults" else edit["subject"], _setting(edit))
        for edit in difference.get("settings") or ()
    ]
    told += [_term(edit) for edit in difference.get("terms") or ()]
    for edit in difference.get("tests") or ():
        at = (edit.get("after") or edit.get("before") or {}).get("at")
        text = f"{CAME.get(edit['what'], edit['what'])} test: {edit.get('title') or 'without a title'}"
        told.append((edit["label"], EditLine(edit["what"], text, at=at)))
    ordered = sorted(told, key=lambda pair: pair[0])
    return [
        EditGroup(owner or "Defaults", tuple(line for _, line in lines))
        for owner, lines in groupby(ordered, key=lambda pair: pair[0])
    ]


def _term(edit: Mapping[str, Any]) -> tuple[str, EditLine]:
    side = edit.get("after") or edit.get("before") or {}
    before = edit.get("before") or {}
    where = list_words(side.get("list", ""))
    what, detail = edit["what"], ""
    if what == "moved":
        detail = f"from {before.get('owner')}, {list_words(before.get('list', ''))}, to {where}"
    elif what == "changed":
        detail = f"in {where}: " + "; ".join(_change(change) for change in edit.get("changes") or ())
    else:
        detail = f"{'to' if what == 'added' else 'from'} {where}"
    return str(side.get("owner")), EditLine(what, str(side.get("term")), detail, side.get("at"))


def foreseen(line: str) -> tuple[str, EditLine] | None:
    """The owner of a term that comes or goes, and the edit in words, of the line in which an impact tells it; None for other lines.

    >>> foreseen("topic/work: + terms@en mine*1 (topics/work.yaml:4:9)")[1].detail
    'to terms (en)'
    """
    found = _TERM_LINE.fullmatch(line)
    if found is None:
        return None
    what = "added" if found["sign"] == "+" else "removed"
    detail = f"{'to' if what == 'added' else 'from'} {list_words(found['list'])}"
    return found["owner"], EditLine(what, found["term"], detail, found["at"])


def _setting(edit: Mapping[str, Any]) -> EditLine:
    at = edit.get("at") or {}
    place = at.get("after") or at.get("before")
    name, before, after = str(edit["name"]), edit.get("before"), edit.get("after")
    if name.startswith("place/") and (before is None or after is None):
        what = "added" if before is None else "removed"
        return EditLine(
            what, name, "is part of it" if what == "added" else "is no part of it any more", place
        )
    if edit["subject"] == "addresses":
        what = "added" if before is None else "removed" if after is None else "changed"
        said = f"from {_value(before)} to {_value(after)}" if what == "changed" else _value(after or before)
        return EditLine(what, name, "" if said == "yes" else said, place)
    return EditLine("changed", name.replace("_", " "), _change(edit).split(" ", 1)[1], place)


def _change(change: Mapping[str, Any]) -> str:
    name = str(change["name"]).replace("_", " ").replace(" ", "\u00a0")
    return f"{name} from {_value(change.get('before'))} to {_value(change.get('after'))}"


def _value(value: Any) -> str:
    if value is None or value in ([], ""):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    return ", ".join(str(part) for part in value) if isinstance(value, list) else str(value)


def list_words(name: str) -> str:
    """A list of a label in words: `terms@ru` is "terms (ru)".

    >>> list_words("mask@en"), list_words("strong")
    ('phrases that mean something else (en)', 'strong terms')
    """
    tier, _, language = name.partition("@")
    words = LISTS.get(tier, tier)
    return f"{words} ({language})" if language and language != "any" else words


def href(at: str | None) -> str | None:
    """The page of a place in the rules, `file:line` or `file:line:column`.

    >>> href("regions/asia.yaml:12:5"), href("nowhere")
    ('/editor/file?name=regions%2Fasia.yaml&line=12&column=5#L12', None)
    """
    found = re.fullmatch(r"([^:]+\.ya?ml):([1-9]\d*)(?::([1-9]\d*))?", at or "")
    if found is None:
        return None
    place = {"name": found[1], "line": found[2], "column": found[3]}
    return f"/editor/file?{urlencode({key: value for key, value in place.items() if value})}#L{found[2]}"


def sweeping(impact: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Edits that change so much by themselves that they are looked at twice, the farthest reaching first.

    >>> sweeping({"articles": 884, "edits": [{"line": "the", "changed": 218}, {"line": "coal", "changed": 88}]})
    [{'line': 'the', 'changed': 218}]
    """
    looked = int(impact.get("articles") or 0)
    edits = [edit for edit in impact.get("edits") or () if edit["changed"] > SWEEPING_SHARE * looked]
    return sorted(edits, key=lambda edit: -int(edit["changed"])) if looked >= SWEEPING_FEWEST else []


def label_name(label: str, names: Mapping[str, str]) -> str:
    """What people call `region/asia`; `none` is no region.

    >>> label_name("region/asia", {"region/asia": "Asia"}), label_name("place/KZ", {}), label_name("none", {})
    ('Asia', 'KZ', 'no region')
    """
    if label in {"none", "None", ""}:
        return "no region"
    return names.get(label) or names.get(f"region/{label}") or label.rsplit("/", maxsplit=1)[-1]


@dataclass(frozen=True, slots=True)
class Figures:
    """One kind of label, or one label, measured by two rulebooks; shares from 0 to 1, None where it was not measured."""

    name: str
    support: int | None
    before: Mapping[str, float] | None
    after: Mapping[str, float] | None


def figures(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> list[tuple[str, list[Figures]]]:
    """By kind (`regions`, …) the figures over all labels and of each, as `dateline rules evaluate` measures them."""
    sides = [(side or {}).get("sets") or {} for side in (before, after)]
    told = []
    for kind in ("regions", "topics", "places"):
        old, new = (side.get(kind) or {} for side in sides)
        if not old and not new:
            continue
        slugs = sorted({*(old.get("by") or {}), *(new.get("by") or {})})
        rows = [Figures("all together", None, old.get("micro"), new.get("micro"))]
        for slug in slugs:
            one, other = ((side.get("by") or {}).get(slug) for side in (old, new))
            rows.append(Figures(slug, (one or other or {}).get("support"), one, other))
        told.append((kind, rows))
    return told


def percent(share: float | None) -> str:
    """A share in percent.

    >>> percent(0.9312), percent(None)
    ('93 %', '–')
    """
    return "–" if share is None else f"{100 * share:.0f}\u00a0%"


def listed_some(names: Iterable[str], most: int = 5) -> str:
    """Some names in a row, and how many more there are."""
    found = list(names)
    rest = len(found) - most
    return ", ".join(found[:most]) + (f" and {rest} more" if rest > 0 else "")


def folders(names: Iterable[str]) -> list[tuple[str, list[str]]]:
    """Files by folder, those of the top first.

    >>> folders(["topics/a.yaml", "defaults.yaml"])
    [('', ['defaults.yaml']), ('topics', ['topics/a.yaml'])]
    """
    by = {name: name.rpartition("/")[0] for name in names}
    return [
        (folder, sorted(n for n, at in by.items() if at == folder)) for folder in sorted(set(by.values()))
    ]


def marked_lines(findings: Iterable[Mapping[str, Any]]) -> dict[int, str]:
    """Line to the worst that was found there: `error` or `warning`."""
    found: dict[int, str] = {}
    for finding in findings:
        line, level = int(finding.get("line") or 0), str(finding.get("level") or "error")
        found[line] = "error" if "error" in {found.get(line), level} else level
    return found


def rule_line(rule: str) -> tuple[str, str] | None:
    """A suggested line as its list and its one term, to be added to a label.

    >>> rule_line("terms@ru: [Шымкент*3]"), rule_line('terms: ["N'Djamena"]'), rule_line("rain")
    (('terms@ru', 'Шымкент*3'), ('terms', "N'Djamena"), None)
    """
    found = re.fullmatch(r'([a-z]+(?:@[a-z]+)?): \[("?)(.+)\2\]', rule)
    return (found[1], found[3]) if found else None
