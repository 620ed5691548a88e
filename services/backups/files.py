"""What editors and operators made, as text in a folder: feeds, rules, corrections. The same state gives the same bytes."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from services.classify import rulebook
from services.classify.errands import publishing
from services.classify.starter import load_folder
from services.core import addresses
from services.core.corrections import Judgement, correct, of_article
from services.core.errors import DatelineError, InvalidInputError
from services.core.models import ArticleUrl
from services.core.urls import canonical_url
from services.ingest.listing import Imported, export_opml, import_opml

FEEDS, RULES, CORRECTIONS = "feeds.opml", "rules", "corrections.jsonl"
_KINDS = ("regions", "topics", "places")
_STANDING = text(
    """
    SELECT a.url, a.title, c.regions, c.topics, c.places, c.note, c.author
    FROM corrections c JOIN articles a ON a.id = c.article_id
    WHERE c.withdrawn_at IS NULL AND a.removed_at IS NULL ORDER BY a.url, a.id
    """
)


@dataclass(frozen=True, slots=True)
class Exported:
    """How much was written."""

    feeds: int
    rules: int
    corrections: int


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a folder that was read back; `refused` has a sentence for each thing that was left out."""

    feeds: Imported | None
    rulebook: str | None
    corrected: int
    known: int
    refused: tuple[str, ...]


def export_to(session: Session, folder: Path) -> Exported:
    """Write the three parts into `folder`; nothing else in it is touched. Raises InvalidInputError where it cannot be written."""
    version = rulebook.active_version(session)
    rules = {} if version is None else rulebook.texts_of(session, version)
    feeds = export_opml(session)
    corrections = [_line(dict(row)) for row in session.execute(_STANDING).mappings()]
    try:
        _write(folder / FEEDS, feeds)
        for name, content in rules.items():
            _write(folder / RULES / name, content.encode())
        for stale in _stale(folder / RULES, rules):
            stale.unlink()
        _write(folder / CORRECTIONS, "".join(corrections).encode())
    except OSError as error:
        raise InvalidInputError(f"{error.filename or folder} cannot be written: {error.strerror}.") from error
    return Exported(feeds.count(b"xmlUrl="), len(rules), len(corrections))


def import_from(session: Session, folder: Path, *, author: str) -> Taken:
    """Take what is in `folder`; a part that is not there stays as it is. Rules first: the others name their labels.

    Raises InvalidInputError for a folder with none of the three, a list of feeds or a rulebook that is wrong.
    """
    has = {name: (folder / name).exists() for name in (FEEDS, RULES, CORRECTIONS)}
    if not any(has.values()):
        raise InvalidInputError(
            f"{folder} holds none of {FEEDS}, {RULES}/ and {CORRECTIONS}: `dateline export` writes them."
        )
    version = _publish(session, folder, author) if has[RULES] else None
    feeds = import_opml(session, folder / FEEDS) if has[FEEDS] else None
    refused = list(feeds.refused) if feeds else []
    corrected = known = 0
    for place, row in _rows(folder / CORRECTIONS, refused) if has[CORRECTIONS] else ():
        try:
            with session.begin_nested():
                new = _correct(session, row)
        except DatelineError as error:
            refused.append(f"{place}: {error}")
        else:
            corrected, known = corrected + new, known + (not new)
    return Taken(feeds, version, corrected, known, tuple(refused))


def _publish(session: Session, folder: Path, author: str) -> str | None:
    """The version put in force, None where it was so already."""
    before = rulebook.active_version(session)
    given = {"texts": load_folder(folder / RULES), "message": f"Imported from {folder.name or 'a folder'}"}
    after = str(publishing.publish(session, given, author)["version"])
    return None if after == before else after


def _correct(session: Session, row: Mapping[str, Any]) -> bool:
    """Say a correction; False where the same stands already."""
    key = canonical_url(row["url"], addresses.in_force(session))
    article_id = session.scalar(select(ArticleUrl.article_id).where(ArticleUrl.url_key == key))
    if article_id is None:
        raise InvalidInputError(
            f"No article has the address {row['url']}; import again when its feed has brought it."
        )
    said: dict[str, Any] = {kind: None if row[kind] is None else tuple(row[kind]) for kind in _KINDS}
    stands = next((found for found in of_article(session, article_id) if found.withdrawn_at is None), None)
    if (
        stands is not None
        and stands.note == row["note"]
        and all(_list(said[k]) == getattr(stands, k) for k in _KINDS)
    ):
        return False
    correct(session, article_id, Judgement(**said, note=row["note"]), author=row["author"])
    return True


def _rows(file: Path, refused: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The corrections of a file with their places; lines that are none are told in `refused`."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(f"{file} cannot be read: {error}.") from error
    for number, line in enumerate(lines, 1):
        place = f"{file.name}, line {number}"
        try:
            row = json.loads(line)
            yield place, _checked(row)
        except (ValueError, KeyError, TypeError, AttributeError):
            refused.append(
                f"{place}: an object with url, author, and regions, topics, places (lists of words or null) is expected."
            )


def _checked(row: Mapping[str, Any]) -> dict[str, Any]:
    kinds = {kind: row.get(kind) for kind in _KINDS}
    texts = {"url": row["url"], "author": row["author"], "note": row.get("note", "")}
    lists = [said for said in kinds.values() if said is not None]
    if not all(isinstance(said, list) for said in lists) or not all(
        isinstance(word, str) for word in [*texts.values(), *(word for said in lists for word in said)]
    ):
        raise TypeError
    return kinds | texts


def _list(said: tuple[str, ...] | None) -> list[str] | None:
    return None if said is None else list(said)


def _line(row: Mapping[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"


def _stale(folder: Path, rules: Mapping[str, str]) -> list[Path]:
    """Rules of an earlier export that are in force no more."""
    return [path for path in folder.rglob("*.yaml") if path.relative_to(folder).as_posix() not in rules]


def _write(file: Path, content: bytes) -> None:
    """Whole or not at all, and left alone where it says the same."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.is_file() and file.read_bytes() == content:
        return
    part = file.with_name(f".{file.name}.part")
    part.write_bytes(content)
    part.replace(file)
