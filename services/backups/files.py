"""What editors and operators made, as text in a folder: feeds, rules, corrections, judgements. The same state gives the same bytes."""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.backups import corrected
from services.backups.said import (
    CORRECTIONS,
    EXPECTED,
    JUDGEMENTS,
    Row,
    correction,
    judgement,
    lines_of,
    plain,
)
from services.classify import rulebook
from services.classify.errands import publishing
from services.classify.starter import load_folder
from services.core import addresses, judgements
from services.core.errors import DatelineError, InvalidInputError
from services.core.models import ArticleUrl
from services.core.urls import canonical_url
from services.ingest.listing import Imported, export_opml, import_opml

FEEDS, RULES = "feeds.opml", "rules"


@dataclass(frozen=True, slots=True)
class Exported:
    """How much was written."""

    feeds: int
    rules: int
    corrections: int
    judgements: int


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a folder that was read back; `refused` has a sentence for each thing that was left out, `kept` for each correction or
    judgement of an article that is not here.
    """

    feeds: Imported | None
    rulebook: str | None
    corrected: int
    judged: int
    known: int
    kept: tuple[str, ...]
    refused: tuple[str, ...]


def export_to(session: Session, folder: Path) -> Exported:
    """Write the four parts into `folder`; nothing else in it is touched. Raises InvalidInputError where it cannot be written."""
    version = rulebook.active_version(session)
    rules = {} if version is None else rulebook.texts_of(session, version)
    feeds = export_opml(session)
    corrections = [_line(row) for row in corrected.carried(session)]
    judged = [_line(row) for row in judgements.carried(session)]
    try:
        _write(folder / FEEDS, feeds)
        for name, content in rules.items():
            _write(folder / RULES / name, content.encode())
        for stale in _stale(folder / RULES, rules):
            stale.unlink()
        _write(folder / CORRECTIONS, "".join(corrections).encode())
        _write(folder / JUDGEMENTS, "".join(judged).encode())
    except OSError as error:
        raise InvalidInputError(f"{error.filename or folder} cannot be written: {error.strerror}.") from error
    return Exported(feeds.count(b"xmlUrl="), len(rules), len(corrections), len(judged))


def import_from(session: Session, folder: Path, *, author: str) -> Taken:
    """Take what is in `folder`; a part that is not there stays as it is. Rules first: the others name their labels.

    Raises InvalidInputError for a folder with none of the four, a list of feeds or a rulebook that is wrong.
    """
    has = {name: (folder / name).exists() for name in (FEEDS, RULES, CORRECTIONS, JUDGEMENTS)}
    if not any(has.values()):
        raise InvalidInputError(
            f"{folder} holds none of {FEEDS}, {RULES}/, {CORRECTIONS} and {JUDGEMENTS}: `dateline export` writes them."
        )
    version = _publish(session, folder, author) if has[RULES] else None
    feeds = import_opml(session, folder / FEEDS) if has[FEEDS] else None
    lines = _Lines(session, list(feeds.refused) if feeds else [])
    corrections: Counter[str] = Counter()
    judged: Counter[str] = Counter()
    if has[CORRECTIONS]:
        correct = partial(_correct, corrected.Taking(session))
        corrections = lines.take(folder / CORRECTIONS, correction, correct)
    if has[JUDGEMENTS]:
        judge = partial(_judge, judgements.Taking(session))
        judged = lines.take(folder / JUDGEMENTS, judgement, judge)
    return Taken(
        feeds,
        version,
        corrections["said"],
        judged["said"],
        corrections["known"] + judged["known"],
        tuple(lines.kept),
        tuple(lines.refused),
    )


def _publish(session: Session, folder: Path, author: str) -> str | None:
    """The version put in force, None where it was so already."""
    before = rulebook.active_version(session)
    given = {"texts": load_folder(folder / RULES), "message": f"Imported from {folder.name or 'a folder'}"}
    after = str(publishing.publish(session, given, author)["version"])
    return None if after == before else after


@dataclass(slots=True)
class _Lines:
    """Takes files line by line: each alone, so that one which is wrong keeps no other out."""

    session: Session
    refused: list[str]
    kept: list[str] = field(default_factory=list)

    def take(
        self, file: Path, read: Callable[[Any], Row], say: Callable[[Session, Row], str]
    ) -> Counter[str]:
        """How many were `said` and `known`; what else was told is in `kept`, and what cannot be taken in `refused`."""
        counts: Counter[str] = Counter()
        for place, line in lines_of(file):
            try:
                row = read(plain(line))
            except (ValueError, KeyError, TypeError, AttributeError):
                self.refused.append(f"{place}: {EXPECTED[file.name]}")
                continue
            try:
                with self.session.begin_nested():
                    told = say(self.session, row)
            except DatelineError as error:
                self.refused.append(f"{place}: {error}")
                continue
            counts[told] += 1
            if told not in {"said", "known"}:
                self.kept.append(f"{place}: {told}")
        return counts


def _correct(taking: corrected.Taking, session: Session, row: Row) -> str:
    """Say a correction, or keep it where its article is not here."""
    return taking.take(row, _article(session, row["url"]))


def _judge(taking: judgements.Taking, session: Session, row: Row) -> str:
    """Say a judgement, or keep it where an article is not here."""
    found = [_article(session, side["url"]) for side in row["articles"]]
    became = taking.take(row, found)
    if became != "kept":
        return became
    away = [side["url"] for side, number in zip(row["articles"], found, strict=True) if number is None]
    why = (
        f"no article has the address {' nor '.join(away)}"
        if away
        else "a text that it is of has expired here"
    )
    return f"{why}. It is kept and measures the machine; import again when the feed has brought the article, and it holds."


def _article(session: Session, url: str) -> int | None:
    key = canonical_url(url, addresses.in_force(session))
    return session.scalar(select(ArticleUrl.article_id).where(ArticleUrl.url_key == key))


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
