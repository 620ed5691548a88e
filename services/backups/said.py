"""What editors said, a line of JSON each: read from files that anybody may have touched. Pure, but for reading the file."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from services.core.errors import InvalidInputError
from services.core.judgements import NOT_NEWS, OF_PAIRS

Row = dict[str, Any]
CORRECTIONS, JUDGEMENTS = "corrections.jsonl", "judgements.jsonl"
EXPECTED: Mapping[str, str] = {
    CORRECTIONS: "an object with url, author, and regions, topics, places (lists of words or null), perhaps the text that was judged, is expected.",
    JUDGEMENTS: f"an object with says ({', '.join((*OF_PAIRS, NOT_NEWS))}), author, and two articles (of {NOT_NEWS} one), each with url, "
    "title, body, date, source and lang, is expected.",
}
"""What stands in a line of each file."""
KINDS = ("regions", "topics", "places")
TEXTS = ("title", "body", "lang", "tags", "source_country", "prior_region")
"""What a correction carries of the text that was judged; its address besides."""
_TEXT = ("url", "title", "body", "date", "source", "lang")
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


def lines_of(file: Path) -> Iterator[tuple[str, str]]:
    """The lines of a file with their places."""
    try:
        lines = file.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(f"{file} cannot be read: {error}.") from error
    return ((f"{file.name}, line {number}", line) for number, line in enumerate(lines, 1) if line.strip())


def plain(line: str) -> Any:
    """What a line says. Raises ValueError where that is no JSON, or cannot stand in the database."""
    row = json.loads(line)
    if _NUL.search(json.dumps(row)):
        raise ValueError(line)
    json.dumps(row, ensure_ascii=False).encode()  # half a sign raises
    return row


def correction(row: Mapping[str, Any]) -> Row:
    """A correction. Raises ValueError, KeyError, TypeError or AttributeError for what is none."""
    kinds = {kind: row.get(kind) for kind in KINDS}
    texts = {"url": row["url"], "author": row["author"], "note": row.get("note", "")}
    judged = {name: row.get(name) for name in TEXTS}
    lists = [said for said in (*kinds.values(), judged["tags"]) if said is not None]
    if not all(isinstance(said, list) for said in lists):
        raise TypeError
    _words([*texts.values(), *(word for said in lists for word in said)])
    _words([said for name, said in judged.items() if name != "tags" and said is not None])
    return kinds | texts | judged


def judgement(row: Mapping[str, Any]) -> Row:
    """A judgement. Raises what `correction` raises."""
    said = {"says": row["says"], "author": row["author"], "note": row.get("note", "")}
    articles = [{name: side.get(name) for name in _TEXT} for side in row["articles"]]
    _words([*said.values(), *(side[name] for side in articles for name in ("url", "title", "body", "date"))])
    _words([side[name] for side in articles for name in ("source", "lang") if side[name] is not None])
    if said["says"] not in (*OF_PAIRS, NOT_NEWS) or len(articles) != (1 if said["says"] == NOT_NEWS else 2):
        raise ValueError
    return said | {"articles": articles}


def _words(given: Iterable[Any]) -> None:
    if not all(isinstance(word, str) for word in given):
        raise TypeError
