"""Bodies of requests: how much of them is read, and what they may hold. Wrong ones are refused with the place."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from difflib import get_close_matches
from typing import Annotated, Any, Literal, TypeVar, get_args

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.types import StringConstraints
from starlette.requests import ClientDisconnect

from services.api.errors import VERSION, Problem, expected

LARGEST = 5_000_000
"""Bytes of a body; the starter rulebook has a tenth of it."""
PATIENCE_S = 20
"""Seconds that a body may take to arrive."""
MOST_FILES = 500
MOST_ROWS = 20_000
_FILE = re.compile(r"\w[\w.-]*(/\w[\w.-]*){0,5}\.ya?ml")

Label = Annotated[str, StringConstraints(max_length=120)]
Message = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
Version = Annotated[str, Field(pattern=VERSION, description="A version, or the first letters of one.")]
Texts = Annotated[dict[str, str], Field(description="File name, such as `regions/asia.yaml`, to YAML.")]
_Given = TypeVar("_Given", bound=BaseModel)


class Given(BaseModel):
    """What somebody sent; members that do not exist are refused."""

    model_config = ConfigDict(extra="forbid")


def refuse_file_names(texts: dict[str, str]) -> dict[str, str]:
    """Refuse names that would leave the folder when exported, or could not be shown. Raises ValueError."""
    if not texts:
        raise ValueError("a rulebook has one file at least")
    if len(texts) > MOST_FILES:
        raise ValueError(f"a rulebook has at most {MOST_FILES} files")
    for name in texts:
        if len(name) > 120 or not _FILE.fullmatch(name) or ".." in name:
            raise ValueError(f"{name[:120]!r} is no file name such as regions/asia.yaml")
    return texts


class RulesGiven(Given):
    """A rulebook: its texts, a published version, or your own draft; the one in force when there is none of them."""

    texts: Texts | None = None
    version: Version | None = None
    draft: bool = Field(False, description="Your own draft.")

    @model_validator(mode="after")
    def _one(self) -> "RulesGiven":
        if (self.texts is not None) + (self.version is not None) + self.draft > 1:
            raise ValueError("a rulebook is texts, or version, or draft: one of them")
        if self.texts is not None:
            refuse_file_names(self.texts)
        return self


class DocumentGiven(Given):
    """A text as rules see it."""

    title: Annotated[str, StringConstraints(max_length=2000)] = ""
    body: Annotated[str, StringConstraints(max_length=100_000)] = ""
    lang: Label | None = None
    dateline: Annotated[str, StringConstraints(max_length=200)] | None = None
    source_country: Label | None = None
    tags: list[Label] = Field(default=[], max_length=100)
    section: Annotated[str, StringConstraints(max_length=2000)] | None = None


class CheckGiven(Given):
    """What is checked or tested."""

    rulebook: RulesGiven | None = None


class ExplainGiven(Given):
    """A stored article or a text, and by which rules."""

    rulebook: RulesGiven | None = None
    article_id: int | None = Field(None, ge=1, lt=2**63)
    document: DocumentGiven | None = None

    @model_validator(mode="after")
    def _one(self) -> "ExplainGiven":
        if (self.article_id is None) == (self.document is None):
            raise ValueError("article_id or document is needed, and not both")
        if self.document and not self.document.title and not self.document.body:
            raise ValueError("a document needs a title or a body")
        return self


class DiffGiven(Given):
    """Two rulebooks; each is the one in force when not given."""

    before: RulesGiven | None = None
    after: RulesGiven | None = None


class ImpactGiven(Given):
    """Rules that are not in force yet, and on how many of the newest articles they are tried."""

    rulebook: RulesGiven
    limit: int = Field(10_000, ge=1, le=100_000)
    examples: int = Field(10, ge=0, le=50)


class PublishGiven(Given):
    """Rules to put in force and why. `base`: the version they began from; refused when another is in force by now."""

    rulebook: RulesGiven
    message: Message
    base: Version | None = None
    force: bool = Field(False, description="Publish whatever is in force by now.")

    @model_validator(mode="after")
    def _said(self) -> "PublishGiven":
        if self.rulebook.texts is None and not self.rulebook.draft:
            raise ValueError("what is published is texts or draft; rollback puts a version in force again")
        return self


class RollbackGiven(Given):
    """A version to go back to and why."""

    version: Version
    message: Message


class EvaluateGiven(Given):
    """Labelled rows to measure rules by; the corrections that stand when there are none."""

    rulebook: RulesGiven | None = None
    rows: list[dict[str, Any]] | None = Field(None, min_length=1, max_length=MOST_ROWS)


class DraftGiven(Given):
    """A rulebook in the making. `base`: the version it began from; that in force, or of the draft, when not given."""

    texts: Texts
    base: Version | None = None

    @model_validator(mode="after")
    def _named(self) -> "DraftGiven":
        refuse_file_names(self.texts)
        return self


class CorrectionGiven(Given):
    """What the labels of an article are. A list replaces a kind as a whole ([] is none), null leaves it to the rules."""

    article_id: int = Field(ge=1, lt=2**63)
    regions: list[Label] | None = Field(
        None, max_length=50, description="Slugs; the first is the primary one."
    )
    topics: list[Label] | None = Field(None, max_length=50)
    places: list[Label] | None = Field(None, max_length=50, description="ISO 3166 alpha-2.")
    note: Annotated[str, StringConstraints(max_length=1000)] = ""


class JudgementGiven(Given):
    """What articles are to each other, or that one is no news."""

    says: Literal["duplicate", "story", "no", "not_news"] = Field(
        description="Of two: one text, one event and not one text, or two things. Of one: no news."
    )
    articles: list[Annotated[int, Field(ge=1, lt=2**63)]] = Field(
        min_length=1, max_length=2, description="Their ids, in any order."
    )
    note: Annotated[str, StringConstraints(max_length=1000)] = ""
    replaces: int | None = Field(
        None,
        ge=0,
        lt=2**63,
        description="The judgement of the same articles that you have seen to stand, 0 for none; whatever stands, when left out.",
    )
    dry_run: bool = Field(False, description="Only tell what it would change.")


BODIES: tuple[type[Given], ...] = (
    CheckGiven,
    ExplainGiven,
    DiffGiven,
    ImpactGiven,
    PublishGiven,
    RollbackGiven,
    EvaluateGiven,
    DraftGiven,
    CorrectionGiven,
    JudgementGiven,
)
"""What the published description has schemas of, with those of `webhook_bodies`."""


def described(model: type[Given], *, required: bool = True) -> dict[str, Any]:
    """The body of an operation, for its description (`openapi_extra`)."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"requestBody": {"required": required, "content": {"application/json": {"schema": schema}}}}


async def read(request: Request, *, at_most: int = LARGEST) -> bytes:
    """The body. Raises Problem: 413 when it is larger, 408 when it takes too long."""
    parts, size = [], 0
    try:
        async with asyncio.timeout(PATIENCE_S):
            async for part in request.stream():
                size += len(part)
                if size > at_most:
                    raise Problem(413, "too-large", f"A body has at most {at_most:,} bytes here.")
                parts.append(part)
    except TimeoutError:
        raise Problem(408, "invalid-body", f"The body did not arrive within {PATIENCE_S} s.") from None
    except ClientDisconnect:
        raise Problem(400, "invalid-body", "The body broke off.") from None
    return b"".join(parts)


def body(model: type[_Given]) -> Callable[[Request], Awaitable[_Given]]:
    """A dependency that reads a JSON body of this shape; an absent one counts as {}."""

    async def given(request: Request) -> _Given:
        return parsed(model, await read(request))

    return given


def parsed(model: type[_Given], raw: bytes) -> _Given:
    """The body as data. Raises Problem (400) that names the place, also for NUL characters, which no text here may hold."""
    if b"\x00" in raw or re.search(rb"\\u0000", raw):
        raise Problem(400, "invalid-body", "The body holds a NUL character.")
    try:
        return model.model_validate_json(raw.strip() or b"{}")
    except ValidationError as error:
        raise Problem(400, "invalid-body", *told(error, model)) from None


def told(error: ValidationError, model: type[BaseModel]) -> tuple[str, dict[str, Any]]:
    """The first mistake in a sentence that says what to do, and the members of the problem that name its place."""
    first = error.errors(include_url=False, include_context=True)[0]
    place = ".".join(str(part) for part in first["loc"])[:200]
    if first["type"] == "json_invalid":
        return f"The body is not JSON: {first['ctx']['error']}.", {}
    if first["type"] == "extra_forbidden":
        return f"{place} is not known here{_instead(model, first['loc'])}", {"member": place}
    if not place:
        return f"{str(first['msg']).removeprefix('Value error, ')}.", {}
    return f"{place}: {expected(first)}.", {"member": place}


def _instead(model: type[BaseModel], loc: tuple[int | str, ...]) -> str:
    """What could stand at a place where something else does, as the end of a sentence."""
    inner: type[BaseModel] | None = model
    for part in loc[:-1]:
        if isinstance(part, str):
            inner = (
                _model_of(inner.model_fields[part].annotation)
                if inner and part in inner.model_fields
                else None
            )
    if inner is None:
        return "."
    holder = str(loc[-2]) if len(loc) > 1 else "a body"
    near = get_close_matches(str(loc[-1]), inner.model_fields, n=1)
    meant = f" Did you mean {near[0]}?" if near else ""
    return f"; {holder} has {', '.join(inner.model_fields)}.{meant}"


def _model_of(annotation: Any) -> type[BaseModel] | None:
    """The shape behind `Shape`, `Shape | None` or `list[Shape]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model_of, get_args(annotation))), None)
