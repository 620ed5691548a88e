"""The published description: what FastAPI writes by itself, corrected to what the service really answers."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from services.api import formats
from services.api.asked import bodies, webhook_bodies
from services.api.errors import MACHINE, MEDIA_TYPE, PROBLEMS
from services.api.formats import opml
from services.api.limits import FREE
from services.api.schemas.answers import ProblemBody, problems

DESCRIPTION = (
    "The news of many feeds, once each, under its region and topic. Reading is open; what editors do takes a token. Every answer has an `ETag`; "
    "errors are RFC 9457 problems; times are RFC 3339 in UTC; cursors are opaque."
)
HTML = "text/html"
_TEXT = {"schema": {"type": "string"}}
_FEEDS = {
    renderer.MEDIA_TYPE.partition(";")[0]: {"schema": {"type": "object" if ending == "json" else "string"}}
    for ending, renderer in formats.FORMATS.items()
}
_CONTENT = {
    "/feeds/index.opml": {opml.MEDIA_TYPE.partition(";")[0]: _TEXT},
    "/metrics": {"text/plain": _TEXT},
    "/docs": {HTML: _TEXT},
}
"""What answers hold that FastAPI cannot know."""
_STREAMED = {
    "schema": {
        "type": "string",
        "description": "Server-sent events: `event` is the change, `id` the cursor, `data` the item as JSON. An `id` without data moves you on.",
    }
}
_TAGGED = {"read", "feeds", "pages", "description"}
"""Tags of operations whose answers have an ETag."""
_UNTAGGED = ("/operator",)
_LINKED = ("/v1/latest", "/v1/stories/{story_id}")
_PAGES = {"pages", "editors"}
_HEADERS = {
    "ETag": "Names this representation; send it back as If-None-Match.",
    "Last-Modified": "Of streams: since when this process has given this answer. Absent in its first second.",
    "Cache-Control": "How long the answer may be kept.",
    "Vary": "What the answer depends on beside its address.",
    "Link": "The following page (`rel=next`), if there is one.",
    "Location": "The address to go to.",
    "Retry-After": "Seconds after which to ask again.",
    "RateLimit": "What is left of the quota: `r` requests, `t` seconds until it begins anew. Absent where nothing is limited.",
    "RateLimit-Policy": "The quota: `q` requests in `w` seconds. Absent where nothing is limited.",
}
_IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "The ETag of what you have: 304 while that is how it stands.",
}


_made: list[dict[str, Any]] = []


def describe(app: FastAPI) -> dict[str, Any]:
    """OpenAPI 3.1 of every operation. Made once a process, for whatever application of it: that takes half a second."""
    if not _made:
        _made.append(_description(app))
    return _made[0]


def _description(app: FastAPI) -> dict[str, Any]:
    made = get_openapi(title=app.title, version=app.version, description=DESCRIPTION, routes=app.routes)
    schemas = made.setdefault("components", {}).setdefault("schemas", {})
    for path, operation in _operations(made):
        _correct(path, operation)
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    for body in (*bodies.BODIES, *webhook_bodies.BODIES):
        schema = body.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= schema.pop("$defs", {})
        schemas[body.__name__] = schema
    problem = schemas["ProblemBody"] = ProblemBody.model_json_schema()
    problem["properties"]["type"]["enum"] = [f"/docs#{kind}" for kind in PROBLEMS]
    made["components"]["headers"] = {
        name: {"description": meaning, "schema": {"type": "string"}} for name, meaning in _HEADERS.items()
    }
    return made


def _operations(made: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in made["paths"].items():
        for operation in methods.values():
            yield path, operation


def _correct(path: str, operation: dict[str, Any]) -> None:
    """Say of one operation what FastAPI does not know of it."""
    responses, tags = operation["responses"], set(operation["tags"])
    # A wrong parameter is answered with a problem and 400, never with FastAPI's own 422.
    if "application/json" in responses.get("422", {}).get("content", {}):
        del responses["422"]
    for parameter in operation.get("parameters", ()):
        _never_null(parameter)
        if parameter["in"] == "query" and path.startswith(MACHINE):
            _never_empty(parameter["schema"])
    _add_contents(path, tags, responses)
    _add_problems(path, operation, tags)
    if tags & _TAGGED and not path.startswith(_UNTAGGED):
        _add_tags(path, operation)
    if path == "/v1/changes":
        responses["200"]["content"]["text/event-stream"] = _STREAMED
    if not path.startswith(FREE):
        for response in responses.values():
            _name(response, "RateLimit", "RateLimit-Policy")
    for status, response in responses.items():
        if status in {"429", "503"}:
            _name(response, "Retry-After")
        if status in {"303", "308"}:
            _name(response, "Location")
    operation["responses"] = dict(sorted(responses.items()))


def _never_null(parameter: dict[str, Any]) -> None:
    """A parameter that is left out is left out: it has no null."""
    schema = parameter["schema"]
    kinds = [kind for kind in schema.pop("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) == 1:
        schema |= kinds[0]
    elif kinds:
        schema["anyOf"] = kinds
    schema.pop("examples", None)


def _never_empty(schema: dict[str, Any]) -> None:
    """What is asked for has a value; programs do not send fields that nobody filled."""
    schema = schema.get("items", schema)
    if schema.get("type") == "string" and "enum" not in schema:
        schema.setdefault("minLength", 1)
        schema.setdefault("pattern", r"\S")


def _add_contents(path: str, tags: set[str], responses: dict[str, Any]) -> None:
    if tags & _PAGES:
        responses["200"]["content"] = {HTML: _TEXT}
    elif path in _CONTENT:
        responses["200"]["content"] = _CONTENT[path]
    elif "feeds" in tags:
        responses["200"]["content"] = _FEEDS
    if path == "/health/ready":
        responses["503"] = {**responses["200"], "description": "Readers cannot be answered; it says why."}


def _add_problems(path: str, operation: dict[str, Any], tags: set[str]) -> None:
    """What can happen to any request: a parameter that does not exist, no token where reading takes one, too many, our own faults."""
    statuses = [400, 500, 503, *([] if path.startswith(FREE) else [401, 429])]
    if "requestBody" in operation:
        statuses.append(408)
    if "{" in path:
        statuses.append(404)
    if "pages" in tags and "{" in path:
        statuses.append(410)
    for status, found in problems(*statuses).items():
        operation["responses"].setdefault(str(status), found)
    if "editors" in tags:
        operation["responses"]["303"] = {"description": "To the page where one signs in."}
    if tags & _PAGES:
        for response in operation["responses"].values():
            if MEDIA_TYPE in response.get("content", {}):
                response["content"] = {**response["content"], HTML: _TEXT}
    if {"pages", "feeds"} & tags and ("article" in path or "story" in path):
        operation["responses"]["308"] = {"description": "Part of something else by now: its address."}


def _add_tags(path: str, operation: dict[str, Any]) -> None:
    """Tags, and the answer to who has the representation already."""
    responses = operation["responses"]
    responses["304"] = {"description": "What you have is how it stands."}
    for response in (responses["200"], responses["304"]):
        _name(response, "ETag", "Last-Modified", "Cache-Control", "Vary")
    if path in _LINKED:
        _name(responses["200"], "Link")
    operation.setdefault("parameters", []).append(_IF_NONE_MATCH)


def _name(response: dict[str, Any], *names: str) -> None:
    response.setdefault("headers", {}).update(
        {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    )
