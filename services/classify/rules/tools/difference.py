"""What two rulebooks do not have in common, as data, as JSON, and in lines that an editor reads."""

from dataclasses import dataclass
from typing import Any, Literal

from services.classify.rules.model import Example, Position
from services.classify.rules.tools.edits import Change, Owned, TermEdit

SIGNS = {"added": "+", "removed": "-", "changed": "~", "moved": ">"}


@dataclass(frozen=True, slots=True)
class LabelEdit:
    """A region, topic or place that came or went. A place is called by its code."""

    what: Literal["added", "removed"]
    id: str
    name: str
    position: Position


@dataclass(frozen=True, slots=True)
class SettingEdit:
    """A property of a label or of the defaults. A membership is called `place/KZ`; its value is its weight.

    None: not there on that side, as are positions of what was not written down.
    """

    subject: str
    change: Change
    before: Position | None
    after: Position | None


@dataclass(frozen=True, slots=True)
class ExampleEdit:
    """A test that came, went, or wants something else of the same text."""

    what: Literal["added", "removed", "changed"]
    label: str
    before: Example | None
    after: Example | None


@dataclass(frozen=True, slots=True)
class Difference:
    """Everything that two rulebooks do not have in common; false when they mean the same.

    `reordered`: labels that both have stand in another order, which decides ties and menus.
    """

    before: str
    after: str
    labels: tuple[LabelEdit, ...] = ()
    settings: tuple[SettingEdit, ...] = ()
    terms: tuple[TermEdit, ...] = ()
    tests: tuple[ExampleEdit, ...] = ()
    reordered: bool = False

    def __bool__(self) -> bool:
        return bool(self.labels or self.settings or self.terms or self.tests or self.reordered)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data: `labels`, `settings`, `terms`, `tests`, `reordered`, and both versions."""
        return as_json(self)

    def lines(self) -> list[str]:
        """One short line an edit, those of one label together."""
        return as_lines(self)


def as_json(difference: Difference) -> dict[str, Any]:
    """The difference as plain JSON data."""
    return {
        "before": difference.before,
        "after": difference.after,
        "same": not difference,
        "reordered": difference.reordered,
        "labels": [
            {"what": edit.what, "id": edit.id, "name": edit.name, "at": str(edit.position)}
            for edit in difference.labels
        ],
        "settings": [
            {"subject": edit.subject, **_change(edit.change), "at": _sides(edit.before, edit.after)}
            for edit in difference.settings
        ],
        "terms": [term_json(edit) for edit in difference.terms],
        "tests": [_test(edit) for edit in difference.tests],
    }


def term_json(edit: TermEdit) -> dict[str, Any]:
    """One edited term: `what`, both sides (None: not there) and what changed between them."""
    return {
        "what": edit.what,
        "before": _owned(edit.before),
        "after": _owned(edit.after),
        "changes": [_change(change) for change in edit.changes],
    }


def _owned(owned: Owned | None) -> dict[str, Any] | None:
    if owned is None:
        return None
    term = owned.term
    return {
        "owner": owned.owner,
        "list": owned.list_name,
        "term": term.written,
        "weight": term.weight,
        "at": str(term.position),
    }


def _change(change: Change) -> dict[str, Any]:
    return {"name": change.name, "before": _plain(change.before), "after": _plain(change.after)}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _sides(before: Position | None, after: Position | None) -> dict[str, str | None]:
    return {"before": str(before) if before else None, "after": str(after) if after else None}


def _test(edit: ExampleEdit) -> dict[str, Any]:
    shown = edit.after or edit.before
    return {
        "what": edit.what,
        "label": edit.label,
        "title": shown and (shown.document.title or shown.document.body),
        "before": _wants(edit.before),
        "after": _wants(edit.after),
    }


def _wants(test: Example | None) -> dict[str, Any] | None:
    if test is None:
        return None
    return {
        "expect": list(test.expect),
        "reject": list(test.reject),
        "primary": test.primary,
        "todo": test.todo,
        "at": str(test.position),
    }


def as_lines(difference: Difference) -> list[str]:
    """One line an edit: defaults and order first, then label by label."""
    if not difference:
        return ["The two rulebooks mean the same."]
    told: list[tuple[str, int, str]] = []
    if difference.reordered:
        told.append(("", 0, "order: ~ labels stand in another order (it decides ties and menus)"))
    told += [(edit.id, 1, label_line(edit)) for edit in difference.labels]
    for edit in difference.settings:
        told.append(("" if edit.subject == "defaults" else edit.subject, 2, setting_line(edit)))
    told += [(edit.shown.owner, 3, term_line(edit)) for edit in difference.terms]
    told += [(edit.label, 4, _test_line(edit)) for edit in difference.tests]
    return [line for _, _, line in sorted(told, key=lambda entry: entry[:2])]


def label_line(edit: LabelEdit) -> str:
    """`topic/work: + the whole label 'Work' (topics/work.yaml:2:5)`."""
    return f"{edit.id}: {SIGNS[edit.what]} the whole label {edit.name!r} ({edit.position})"


def term_line(edit: TermEdit) -> str:
    """`region/central-asia: + terms@ru Шымкент*2 (regions/central-asia.yaml:12:5)`."""
    side = edit.shown
    line = f"{side.owner}: {SIGNS[edit.what]} {side.list_name} {side.term.written}"
    changes = edit.changes
    if edit.what == "moved" and edit.before:
        line += f" moved from {edit.before.owner} {edit.before.list_name}"
        changes = tuple(change for change in changes if change.name not in ("owner", "tier", "language"))
    if changes:
        line += ": " + "; ".join(_told(change) for change in changes)
    before, after = (owned.term.position if owned else None for owned in (edit.before, edit.after))
    return f"{line} ({_at(before, after)})"


def setting_line(edit: SettingEdit) -> str:
    """`region/africa: ~ place/EG: 0.5 -> 1 (regions/africa.yaml:4:12)`."""
    change = edit.change
    where = f" ({_at(edit.before, edit.after)})" if edit.before or edit.after else ""
    if not change.name.startswith("place/"):
        return f"{edit.subject}: ~ {_told(change)}{where}"
    if change.before is None or change.after is None:
        sign, weight = ("+", change.after) if change.before is None else ("-", change.before)
        return f"{edit.subject}: {sign} {change.name}{'' if weight == 1 else f', weight {weight:g}'}{where}"
    return f"{edit.subject}: ~ {_told(change)}{where}"


def _test_line(edit: ExampleEdit) -> str:
    test = edit.after or edit.before
    name = test and (test.document.title or test.document.body)
    before, after = (side.position if side else None for side in (edit.before, edit.after))
    return f"{edit.label}: {SIGNS[edit.what]} test {name!r} ({_at(before, after)})"


def _told(change: Change) -> str:
    return f"{change.name} {_value(change.before)} -> {_value(change.after)}"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or value == ():
        return "none"
    if isinstance(value, float):
        return f"{value:g}"
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _at(before: Position | None, after: Position | None) -> str:
    if before is None or after is None or before == after:
        return str(after or before)
    return f"{before} -> {after}"
