"""What feedparser's own test files expect of themselves, as far as `ParsedFeed` has a field for it.

Such a file says in a comment `Expect: not bozo and entries[0]['title'] == 'Example'`. Each comparison of a path
with a literal is one expectation; nothing else of the expression is looked at, and nothing is evaluated but literals.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urljoin

from services.core.text import plain_text

_EXPECT = re.compile(r"Expect:\s*(.+?)\s*(?:-->|\n)", re.DOTALL)
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Expectation:
    """That what stands at `path` of feedparser's result is `value`."""

    path: Path
    value: object


def expectations(body: bytes) -> list[Expectation]:
    """The comparisons that a file carries; none where it carries none that can be read."""
    found = _EXPECT.search(body[:4000].decode("utf-8", "replace").replace("\0", ""))
    if not found:
        return []
    try:
        tree = ast.parse(found[1].strip(), mode="eval").body
    except (SyntaxError, ValueError):
        return []
    return [e for term in _terms(tree) if (e := _expectation(term))]


def _terms(tree: ast.expr) -> Iterator[ast.expr]:
    if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And):
        for value in tree.values:
            yield from _terms(value)
    else:
        yield tree


def _expectation(term: ast.expr) -> Expectation | None:
    if not (isinstance(term, ast.Compare) and len(term.ops) == 1 and isinstance(term.ops[0], ast.Eq)):
        return None
    path = _path(term.left)
    try:
        return Expectation(path, ast.literal_eval(term.comparators[0])) if path else None
    except ValueError:
        return None


def _path(tree: ast.expr) -> Path:
    if isinstance(tree, ast.Name):
        return (tree.id,)
    if isinstance(tree, ast.Subscript) and isinstance(tree.slice, ast.Constant):
        return (*_path(tree.value), tree.slice.value) if _path(tree.value) else ()
    if isinstance(tree, ast.Attribute):
        return (*_path(tree.value), tree.attr) if _path(tree.value) else ()
    return ()


def looked_up(result, path):
    """What stands at `path` of feedparser's result; a LookupError where nothing does."""
    for step in path:
        result = result[step]
    return result


def ours(feed, path, value, *, url):
    """What we have and what we should have for one expectation, or None where `ParsedFeed` has no such field.

    Links are absolute with us, dates are moments, titles of feeds are plain.
    """
    match path:
        case ("feed", "link"):
            return feed.site_url, urljoin(url, str(value)) if value else None
        case ("feed", "title"):
            return feed.title, plain_text(str(value), limit=200)
        case ("feed", "language"):
            return feed.language, value or None
        case ("entries", int(n), *rest):
            return _of_entry(feed.entries[n], tuple(rest), value, url) if n < len(feed.entries) else None
    return None


def _of_entry(entry, rest, value, url):
    match rest:
        case ("title" | "summary" as name,):
            return getattr(entry, name), str(value).strip()
        case ("description",):
            return entry.summary, str(value).strip()
        case ("id" | "guid",):
            return entry.guid, value or None
        case ("link",):
            return entry.url, urljoin(entry.base or url, str(value))
        case ("content", 0, "value"):
            return entry.content, str(value).strip()
        case ("language",) | ("title_detail", "language"):
            return entry.language, value or None
        case ("published_parsed" | "issued_parsed",):
            return entry.published_at, _moment(value)
        case ("updated_parsed" | "modified_parsed" | "date_parsed",):
            return entry.updated_at, _moment(value)
        case ("tags", int(_), "label") | ("category",):
            return value if value in entry.tags else entry.tags, value
        case ("tags", int(_), "term"):
            return value if value in entry.tags else entry.tags, value
        case ("authors", int(_), "name") | ("author_detail", "name"):
            return value if value in entry.authors else entry.authors, value
        case ("author",):
            return value if any(name in str(value) for name in entry.authors) else entry.authors, value
        case ("enclosures", 0, "href"):
            return (entry.image, value) if entry.image else None
    return None


def reason(pair):
    """Why ours differs on purpose or by repair, as a class; `unexplained` else."""
    have, want = pair
    if isinstance(want, str) and set(want) & {"\u2329", "\u232a", "\u3008", "\u3009"}:
        return "a named reference that HTML 5 reads otherwise than HTML 4"
    if isinstance(have, tuple):
        return "the label of a tag comes before its term"
    if isinstance(have, str) and "&amp" in have:
        return "a document that is not well-formed, repaired before feedparser sees it"
    return "unexplained"


def _moment(value):
    if not isinstance(value, tuple):
        return None
    try:
        return datetime(*value[:6], tzinfo=UTC)
    except (ValueError, TypeError):
        return None
