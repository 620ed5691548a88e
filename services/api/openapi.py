"""The published description: what FastAPI writes by itself, corrected to what the service really answers."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from services.api.bodies import BODIES
from services.api.schemas import ProblemBody

DESCRIPTION = (
    "The news of many feeds, once each, under its region and topic. Reading is open; what editors do takes a token. Every answer has an `ETag`; "
    "errors are RFC 9457 problems; times are RFC 3339 in UTC; cursors are opaque."
)


def describe(app: FastAPI) -> dict[str, Any]:
    """OpenAPI 3.1 of every operation, made once."""
    if app.openapi_schema is None:
        made = get_openapi(title=app.title, version=app.version, description=DESCRIPTION, routes=app.routes)
        schemas = made.setdefault("components", {}).setdefault("schemas", {})
        # A wrong parameter is answered with a problem and 400, never with FastAPI's own 422.
        for operation in (found for path in made["paths"].values() for found in path.values()):
            if "application/json" in operation["responses"].get("422", {}).get("content", {}):
                del operation["responses"]["422"]
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        for body in BODIES:
            schema = body.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas |= schema.pop("$defs", {})
            schemas[body.__name__] = schema
        schemas["ProblemBody"] = ProblemBody.model_json_schema()
        app.openapi_schema = made
    return app.openapi_schema
