"""Everything that goes wrong, as RFC 9457 problem+json. The only place that maps errors to HTTP statuses."""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.routing import Match

from services.api.cursor import CursorError, CursorGoneError
from services.core.errors import (
    ConfigurationError,
    ConflictError,
    InvalidInputError,
    NotFoundError,
    StateError,
    UnavailableError,
)

MEDIA_TYPE = "application/problem+json"
MACHINE = ("/v1", "/feeds/", "/health/", "/metrics", "/openapi.json")
"""Addresses for programs: they get problems, never pages."""
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE")
RETRY_AFTER = "5"
"""Seconds after which a reader may ask again when something we stand on is away."""
_NO_SCHEMA = {"42P01", "42703"}
"""PostgreSQL: undefined table, undefined column."""
VERSION = "^[0-9a-f]{4,64}$"
LABEL = "^(region|topic|place)/[A-Za-z0-9-]{1,80}$"
_SHAPES = {
    VERSION: "a version is expected, or its first 4 letters at least (0-9 and a-f), as /v1/rules/history lists them",
    LABEL: "a label is expected, such as region/central-asia, topic/energy or place/KZ; /v1/regions and /v1/topics list them",
}
"""Patterns of ours, and what they mean."""
NO_FEED = "Nothing stands at this address. /feeds/latest.atom is everything; /feeds/index.opml lists the feeds of regions and topics."
IN_PATHS = {
    "ending": "There is no feed in the format {!r}; there are .atom, .rss and .json, such as /feeds/latest.atom.",
    "article_id": "There is no article {!r}; articles have numbers, as /v1/latest lists them.",
    "story_id": "There is no story {!r}; stories have numbers, as /v1/trending lists them.",
}
"""What is said where a part of an address cannot be read."""
log = logging.getLogger(__name__)

PROBLEMS: dict[str, str] = {
    "unknown-parameter": "A query parameter that this resource does not have.",
    "invalid-parameter": "A query parameter whose value cannot be used.",
    "unknown-label": "A region or topic that the rulebook in force does not have.",
    "unknown-source": "A source that is not known here.",
    "unknown-language": "A language that does not exist, such as the code of a country; `nearest` suggests.",
    "invalid-cursor": "A cursor that was cut, changed, or given for something else.",
    "cursor-gone": "A cursor that can no longer be honoured; read Latest and follow from its `changes`.",
    "not-found": "Nothing stands at this address.",
    "not-listed": "The article is stored and does not stand in Latest yet.",
    "removed": "The article was removed.",
    "unauthorized": "A token is needed, or the one that was sent is nobody's.",
    "forbidden": "The token does not allow this; `scope` names what is missing.",
    "too-many-requests": "More requests than one reader may send; `retry_after_s` says when to go on.",
    "cross-site": "A form that was sent from a page of another site.",
    "invalid-body": "A body that cannot be used; `member` names the place.",
    "too-large": "A body that is larger than what is read.",
    "invalid-rules": "Rules that are wrong; `findings` has file, line, column and a sentence for each mistake.",
    "tests-fail": "Rules whose own tests fail; `results` names them. Nothing was published.",
    "conflict": "Somebody else published, or judged, meanwhile; `in_force`, or `standing`, is what stands now.",
    "place-gone": "A webhook that cannot go on where it stopped, since the stream was restored or cut; a replay can.",
    "secret-signs": "A rotation while the secret before still signs; `until` says how long, `force` insists.",
    "precondition-required": "A draft is there: say which revision of it you mean with `If-Match`.",
    "precondition-failed": "The draft was changed meanwhile; read it again.",
    "method-not-allowed": "This address cannot be asked that way.",
    "unavailable": "Something the service stands on does not answer at the moment.",
    "internal": "A fault of ours; it is in the log.",
}
"""Every `type` a problem can have (`/docs#<type>`), and what it means."""
_NAMING = {"unknown-label", "unknown-source", "unknown-language"}
"""Problems whose sentences say what is unknown: a region, a source."""


@dataclass(eq=False)
class Problem(Exception):  # noqa: N818 (RFC 9457 calls it a problem, and so does everybody who meets one)
    """A request that cannot be answered, as the reader is told of it. `extra` joins the JSON; `pages` (name and address) are shown to people."""

    status: int
    kind: str
    detail: str
    extra: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    pages: Sequence[tuple[str, str]] = ()

    @property
    def body(self) -> dict[str, Any]:
        """The members of RFC 9457, and ours."""
        return {
            "type": f"/docs#{self.kind}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            **self.extra,
        }

    @property
    def for_people(self) -> str:
        """The sentence, without the name of a parameter that it tells itself; what may have been meant stands below it as links."""
        name, _, told = self.detail.partition(": ")
        if self.kind not in _NAMING or not told or name != self.extra.get("parameter"):
            return self.detail
        if self.pages:
            told = told.partition(" Did you mean ")[0] + " Did you mean one of these?"
        return told[:1].upper() + told[1:]


def problem_of(error: Exception) -> Problem:
    """What a reader is told of an error."""
    match error:
        case Problem():
            return error
        case CursorGoneError():
            return _cursor_gone(error)
        case CursorError():
            return Problem(400, "invalid-cursor", str(error), {"parameter": error.parameter})
        case InvalidInputError():
            return Problem(400, "invalid-parameter", str(error))
        case ConflictError():
            return Problem(409, "conflict", str(error), {"standing": error.standing})
        case StateError():
            return Problem(409, error.kind, str(error), error.extra)
        case NotFoundError():
            return Problem(404, "not-found", str(error))
        case RequestValidationError():
            return _invalid(error)
        case HTTPException():
            return _http(error)
        case ProgrammingError() if getattr(error.orig, "sqlstate", None) in _NO_SCHEMA:
            detail = "The database has not the schema this service needs: run `dateline migrate`."
            return _unavailable(detail)
        case OperationalError() | InterfaceError() | PoolTimeoutError() | OSError():
            detail = f"The database does not answer at the moment; try again in {RETRY_AFTER} s."
            return _unavailable(detail)
        case UnavailableError() | ConfigurationError():
            return _unavailable(str(error))
    return Problem(500, "internal", "Something went wrong here. It is in the log; the request was fine.")


def _cursor_gone(error: CursorGoneError) -> Problem:
    detail = f"{error} Read /v1/latest with the same filters and go on from its `changes` cursor."
    if error.parameter == "before":
        detail = f"{error} Begin again with the first page: the same address without `before`."
    return Problem(410, "cursor-gone", detail, {"parameter": error.parameter, "latest": "/v1/latest"})


def _invalid(error: RequestValidationError) -> Problem:
    first = error.errors()[0]
    place, name = first["loc"][0], str(first["loc"][-1])
    if place == "path" and name in IN_PATHS:
        return Problem(404, "not-found", IN_PATHS[name].format(str(first.get("input"))[:80]))
    if place == "path":
        return Problem(404, "not-found", f"Nothing stands at this address: {name}: {expected(first)}.")
    detail = f"{name}: {expected(first)}, not {str(first.get('input'))[:80]!r}."
    return Problem(400, "invalid-parameter", detail, {"parameter": name})


def expected(error: Mapping[str, Any]) -> str:
    """What a parameter or a member of a body must be (an error of pydantic's), in the words of whoever has to mend it."""
    context = error.get("ctx", {})
    match error.get("type"):
        case "int_parsing" | "int_from_float" | "int_type":
            return "a whole number is expected"
        case "greater_than_equal":
            return f"{context['ge']} at least is expected"
        case "less_than_equal":
            return f"{context['le']} at most is expected"
        case "string_too_long":
            return f"{context['max_length']} characters at most are expected"
        case "string_too_short":
            return "it is empty; a few words are expected"
        case "literal_error" | "enum":
            return f"{context['expected']} is expected"
        case "string_pattern_mismatch" if context["pattern"] in _SHAPES:
            return _SHAPES[context["pattern"]]
    return _lowered(str(error.get("msg", "something else is expected")).removeprefix("Value error, "))


def _lowered(message: str) -> str:
    return message[:1].lower() + message[1:]


def _http(error: HTTPException) -> Problem:
    if error.status_code == 404:
        return Problem(404, "not-found", "Nothing stands at this address; /docs lists what does.")
    if error.status_code == 405:
        return _wrong_method(["GET"])
    return Problem(error.status_code, "invalid-parameter", str(error.detail), headers=error.headers or {})


def _wrong_method(methods: Collection[str]) -> Problem:
    allowed = allow_of(methods)
    detail = f"This address takes {allowed} only."
    return Problem(405, "method-not-allowed", detail, headers={"Allow": allowed})


def allow_of(methods: Collection[str]) -> str:
    """What an address takes, as the header Allow has it: HEAD wherever GET is, OPTIONS everywhere.

    >>> allow_of(["PUT", "GET"])
    'GET, HEAD, PUT, OPTIONS'
    """
    found = {*methods, *(["HEAD"] if "GET" in methods else [])}
    return ", ".join([*(method for method in METHODS if method in found), "OPTIONS"])


def _unavailable(detail: str) -> Problem:
    return Problem(503, "unavailable", detail, headers={"Retry-After": RETRY_AFTER})


def response_to(problem: Problem) -> Response:
    """The problem as JSON. Never kept by caches."""
    headers = {"Cache-Control": "no-store", **problem.headers}
    return Response(
        orjson.dumps(problem.body), status_code=problem.status, media_type=MEDIA_TYPE, headers=headers
    )


def install(app: FastAPI) -> None:
    """Answer every error of a route with a problem; pages answer theirs as a page."""
    known: tuple[type[Exception], ...] = (
        Problem,
        InvalidInputError,
        NotFoundError,
        StateError,
        UnavailableError,
        ConfigurationError,
        HTTPException,
        RequestValidationError,
        DBAPIError,
        PoolTimeoutError,
        OSError,
    )
    for error in known:
        app.add_exception_handler(error, _answer)


def answer_to(problem: Problem, request: Request) -> Response:
    """The problem as whoever asks can take it: a page for people, problem+json for everybody else."""
    as_page = getattr(request.app.state, "problem_page", None)
    if as_page is not None and wants_page(request.url.path, request.headers.get("accept", "")):
        page: Response = as_page(problem)
        return page
    return response_to(problem)


async def _answer(request: Request, error: Exception) -> Response:
    problem = problem_of(error)
    path = request.url.path
    if problem.status == 405:
        problem = _wrong_method(methods_at(request.app, path) or ["GET"])
    if isinstance(error, HTTPException) and problem.status == 404:
        if address := _without_slash(request):
            return RedirectResponse(address, status_code=308, headers={"Cache-Control": "no-cache"})
        if path.startswith("/feed") or path in {"/rss", "/atom"}:
            problem = replace(problem, detail=NO_FEED)
    if problem.status >= 500:
        fault = error if problem.status == 500 else None
        log.error("%s answered %s: %s", request.url.path, problem.status, error, exc_info=fault)
    return answer_to(problem, request)


def _without_slash(request: Request) -> str | None:
    """The address that was meant with a slash too many at its end, if something stands there."""
    path = request.url.path.rstrip("/")
    if (
        not path
        or path == request.url.path
        or path.startswith("//")
        or request.method not in methods_at(request.app, path)
    ):
        return None
    return quote(path) + (f"?{request.url.query}" if request.url.query else "")


def methods_at(app: Any, path: str) -> set[str]:
    """The methods that some route takes at a path."""
    asked = {"type": "http", "path": path, "root_path": "", "headers": []}
    return {
        method
        for method in METHODS
        if any(route.matches({**asked, "method": method})[0] is Match.FULL for route in app.routes)
    }


def wants_page(path: str, accept: str) -> bool:
    """Whether a person is asking: pages are everything outside the machine's addresses, for those who take HTML."""
    return "text/html" in accept and not path.startswith(MACHINE)
