"""What routes ask of a request before they answer it."""

import re
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Annotated, Any

from fastapi import Depends, Query, Request
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.errors import IN_PATHS, MACHINE, Problem
from services.api.filters import Filters, filters_of
from services.api.queries import sources
from services.api.tree import Kind, LabelTree
from services.api.words import listed
from services.core import languages
from services.core.urls import is_decoration

LONGEST_QUERY = 200
PLAIN_NUMBER = re.compile(r"0|[1-9][0-9]*")
Limit = Annotated[int, Query(ge=1, le=200, description="How many at most.")]
BeforeCursor = Annotated[
    str | None, Query(description="The `next` cursor of the page before.", examples=[None])
]


async def known_parameters(request: Request) -> None:
    """Refuse a parameter that the route does not have (a typing error would otherwise be silent), one that is given twice and
    counts once, one without a value (pages take those: forms send them), NULs, and numbers in the path that are not as we write them.
    """
    operation = _operation_of(request)
    _plain_numbers(request, operation)
    takes = {p["name"]: _is_list(p["schema"]) for p in operation.get("parameters", []) if p["in"] == "query"}
    given: set[str] = set()
    for name, value in request.query_params.multi_items():
        if name not in takes and is_decoration(name) and not request.url.path.startswith("/v1"):
            continue  # whoever passed the address on wrote that; who follows it is to find what is there
        if name not in takes:
            raise _unknown(request, name, sorted(takes))
        wrong = None
        if name in given and not takes[name]:
            wrong = "once at most is expected here"
        elif "\x00" in value:
            wrong = "a NUL character"
        elif not value.strip() and request.url.path.startswith(MACHINE):
            wrong = "it has no value; give one, or leave it out"
        if wrong:
            raise Problem(400, "invalid-parameter", f"{name}: {wrong}.", {"parameter": name})
        given.add(name)


def _unknown(request: Request, name: str, known: list[str]) -> Problem:
    has = f"it has {listed(known)}" if known else "it has none"
    near = get_close_matches(name, known, n=1)
    meant = f" Did you mean {near[0]}?" if near else ""
    detail = f"{name[:80]} is no parameter of {request.url.path}; {has}.{meant}"
    return Problem(400, "unknown-parameter", detail, {"parameter": name[:80], "known": known})


def _operation_of(request: Request) -> dict[str, Any]:
    """From the published description, so that what is documented and what is taken cannot differ."""
    described: dict[str, Any] = request.app.openapi()
    found: dict[str, Any] = described["paths"].get(request.scope["route"].path_format, {})
    operation: dict[str, Any] = found.get(request.method.lower(), {})
    return operation


def _is_list(schema: dict[str, Any]) -> bool:
    return any(kind.get("type") == "array" for kind in (schema, *schema.get("anyOf", ())))


def _plain_numbers(request: Request, operation: dict[str, Any]) -> None:
    """One thing has one address: `01` and `+1` are none. Raises Problem (404)."""
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "path" and parameter["schema"].get("type") == "integer":
            name, value = parameter["name"], str(request.path_params[parameter["name"]])
            if not PLAIN_NUMBER.fullmatch(value):
                said = "Nothing stands at this address: a whole number is expected, not {!r}."
                detail = IN_PATHS.get(name, said).format(value[:80])
                raise Problem(404, "not-found", detail)


async def asked_filters(
    regions: Annotated[
        list[str] | None,
        Query(
            alias="region",
            description="Slug of a region; repeatable, any of them. Includes the regions below it.",
        ),
    ] = None,
    topics: Annotated[
        list[str] | None, Query(alias="topic", description="Slug of a topic; repeatable, any of them.")
    ] = None,
    language: Annotated[
        list[str] | None, Query(description="BCP 47 tag; `en` includes `en-GB`. Repeatable.")
    ] = None,
    source: Annotated[
        list[str] | None, Query(description="Id of a source (see /v1/sources). Repeatable.")
    ] = None,
    q: Annotated[
        str | None,
        Query(max_length=LONGEST_QUERY, description='Words that all occur; "in quotes" together, -not, or.'),
    ] = None,
) -> Filters:
    """The filters as asked for; not yet checked against what exists. (By alias: a path may have a `region` of its own.)"""
    require_languages(language or ())
    return filters_of(
        regions=regions or (), topics=topics or (), languages=language or (), sources=source or (), q=q
    )


AskedFilters = Annotated[Filters, Depends(asked_filters)]


async def check_filters(filters: Filters, tree: LabelTree, connection: AsyncConnection) -> None:
    """Refuse labels and sources that do not exist, and words that are none. Raises Problem (400)."""
    require_sense(filters, tree)
    if filters.sources:
        unknown = await sources.unknown_sources(connection, filters.sources)
        if unknown:
            raise unknown_source(unknown[0], await sources.all_keys(connection))


def require_sense(filters: Filters, tree: LabelTree) -> None:
    """What of that can be said without asking for the sources. Raises Problem (400)."""
    require_languages(filters.languages)
    if filters.q and filters.words is None:
        raise Problem(
            400,
            "invalid-parameter",
            f"q: there is no word in {filters.q[:80]!r}; a letter or a digit at least is expected.",
            {"parameter": "q"},
        )
    for region in filters.regions:
        require_label(tree, "region", region, status=400)
    for topic in filters.topics:
        require_label(tree, "topic", topic, status=400)


def require_languages(tags: Iterable[str], *, member: str | None = None) -> None:
    """Refuse what is no tag, and a tag of a language that nobody knows, and suggest what may be meant. Raises Problem (400).

    The tags are those of the parameter `language`, or of a `member` of the body.
    """
    place, kind = ("member", "invalid-body") if member else ("parameter", "invalid-parameter")
    name = member or "language"
    for fault in filter(None, map(languages.fault, tags)):
        detail = f"{name}: {fault.sentence}"
        if fault.nearest is None:
            raise Problem(400, kind, detail, {place: name})
        extra = {place: name, "value": fault.tag, "nearest": fault.nearest}
        raise Problem(400, "unknown-language", detail, extra)


def require_label(
    tree: LabelTree, kind: Kind, slug: str, *, status: int = 404, page: Callable[[str], str] | None = None
) -> None:
    """Refuse a region or topic that the rulebook in force does not have, and suggest the nearest. `page` gives the address of what was
    asked for with another slug in its place.
    """
    if tree.find(kind, slug):
        return
    shown = slug[:80]
    near = tree.nearest(kind, slug)
    if tree.version is None:
        hint = "No rulebook is published yet, so there are no regions and topics."
    elif near:
        hint = f"Did you mean {_either(near)}?"
    else:
        hint = f"/v1/{kind}s lists them."
    raise Problem(
        status,
        "unknown-label",
        f"{kind}: there is no {kind} {shown!r}. {hint}",
        {"parameter": kind, "value": shown, "nearest": near},
        pages=[(tree.name(kind, found), page(found)) for found in near] if page else (),
    )


def unknown_source(key: str, known: list[str]) -> Problem:
    """What is said of a source that does not exist, with the nearest of those `known`."""
    near = get_close_matches(key[:80], known, n=3)
    hint = f"Did you mean {_either(near)}?" if near else "/v1/sources lists them."
    return Problem(
        400,
        "unknown-source",
        f"source: there is no source {key[:80]!r}. {hint}",
        {"parameter": "source", "value": key[:80], "nearest": near},
    )


def _either(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
