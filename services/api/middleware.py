"""Around every request: its time, cross-origin reading, headers that keep pages safe, HEAD, and the last resort."""

import logging
from collections.abc import Mapping

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.api.errors import allow_of, answer_to, methods_at, problem_of
from services.api.limits import CLOSED, FOR_NOBODY, LIMITS, REFUSED
from services.api.watching.metrics import Metrics
from services.core.clock import monotonic

log = logging.getLogger(__name__)

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SAFE: Mapping[str, str] = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
PLAIN: Mapping[str, str] = {"X-Content-Type-Options": "nosniff"}
"""The same for what no browser shows as a page: each header more costs every answer half a microsecond."""
SHARED = ("/v1/", "/feeds/", "/openapi.json", "/health/")
"""What scripts of other sites may read; pages are for people."""
DESK = ("/v1/rules", "/v1/corrections", "/v1/judgements", "/v1/webhooks", "/v1/queues")
"""What takes a token is for programs that hold one: no script of another site is let in."""
CROSS_ORIGIN: Mapping[str, str] = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Link, RateLimit, RateLimit-Policy, Retry-After, Content-Location, X-Request-Id",
}
PREFLIGHT: Mapping[str, str] = {
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "Accept, If-None-Match, Last-Event-ID, Cache-Control",
    "Access-Control-Max-Age": "86400",
    "Allow": "GET, HEAD, OPTIONS",
    "Cache-Control": "no-store",
}
HEAD = "dateline.head"
"""Set in the scope of a HEAD request, which routes see as a GET."""


class Front:
    """The outermost layer of the application; the door stands before it."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; anything that is not HTTP passes."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if scope["method"] == "HEAD":
            # In a copy: the server must go on knowing that it was a HEAD, or it misses the body it was promised.
            scope = {**scope, "method": "GET", HEAD: True}
        exchange = _Exchange(scope, send, self.metrics)
        if problem := scope.get(REFUSED):
            await answer_to(problem, Request(scope))(scope, receive, exchange.send)
            return
        if scope["method"] == "OPTIONS":
            await Response(status_code=204, headers=_options(scope))(scope, receive, exchange.send)
            return
        try:
            await self.app(scope, receive, exchange.send)
        except Exception as error:  # the last resort must know no exception by name
            log.exception("%s %s failed", scope["method"], scope["path"])
            if exchange.started:
                raise
            await answer_to(problem_of(error), Request(scope))(scope, receive, exchange.send)


def _is_shared(path: str) -> bool:
    return path.startswith(SHARED) and not path.startswith(DESK)


def _options(scope: Scope) -> dict[str, str]:
    """What may be asked of an address, and by scripts of other sites where those may ask at all."""
    if _is_shared(scope["path"]):
        return dict(PREFLIGHT)
    methods = methods_at(scope["app"], scope["path"]) or {"GET"}
    return {"Allow": allow_of(methods), "Cache-Control": "no-store"}


class _Exchange:
    """One request and the start of its answer."""

    def __init__(self, scope: Scope, send: Send, metrics: Metrics) -> None:
        self._scope, self._send, self._metrics = scope, send, metrics
        self._since = monotonic()
        self.head = HEAD in scope
        self.started = False

    async def send(self, message: Message) -> None:
        """Pass a message on: headers completed, the body of a HEAD left out."""
        if message["type"] == "http.response.start":
            self.started = True
            self._complete(message)
        elif message["type"] == "http.response.body" and self.head:
            message = {**message, "body": b""}
        await self._send(message)

    def _complete(self, message: Message) -> None:
        headers = MutableHeaders(scope=message)
        shared = {**PLAIN, **CROSS_ORIGIN} if _is_shared(self._scope["path"]) else SAFE
        for name, value in shared.items():
            headers.setdefault(name, value)
        if limits := self._scope.get(LIMITS):
            headers.raw.extend(limits)
        if self._scope.get(CLOSED) and headers.get("cache-control", "").startswith("public"):
            headers["Cache-Control"] = headers["Cache-Control"].replace("public", "private", 1)
        if FOR_NOBODY not in self._scope:
            path = getattr(self._scope.get("route"), "path", None)
            self._metrics.answered(
                route=path or "(none)", status=message["status"], seconds=monotonic() - self._since
            )
