"""The server's side of a connection: uvicorn's own, with two things that ASGI does not have.

What lies ready is sent as soon as the head of its request is read, without a task, a cycle of messages and a check of every header for each
request: half of what such an answer costs otherwise. And an answer can end its connection although its reader takes nothing.
"""

from types import SimpleNamespace
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from services.api.following.events import ABORT
from services.api.front.door import Door

_ANSWERED: Any = SimpleNamespace(response_complete=True, message_event=SimpleNamespace(set=lambda: None))
"""Stands for the cycle of a request that has been answered."""


class Protocol(HttpToolsProtocol):
    """One connection."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        found = getattr(self.app, "door", None)
        self._door: Door | None = found if isinstance(found, Door) and not self.config.access_log else None
        self._dated: list[tuple[bytes, bytes]] | None = None
        self._date = b""

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self.scope[ABORT] = self.transport.abort  # type: ignore[literal-required]

    def on_headers_complete(self) -> None:
        """The head of a request is there: answer it, or let a task do so."""
        if self._door is None or not self._answered(self._door):
            super().on_headers_complete()

    def _answered(self, door: Door) -> bool:
        parser, url = self.parser, self.url
        before: Any = self.cycle  # None before the first request
        if (
            (before is not None and not before.response_complete)
            or self.pipeline
            or self.flow.write_paused
            or self.transport.is_closing()
            or parser.get_method() != b"GET"
            or parser.get_http_version() != "1.1"
            or not parser.should_keep_alive()
            or parser.should_upgrade()
            or self.expect_100_continue
            or url[:1] != b"/"
            or b"%" in url
            or b"#" in url
            or not url.isascii()
        ):
            return False
        scope: Any = self.scope
        path, _, scope["query_string"] = url.partition(b"?")
        scope["path"], scope["raw_path"], scope["method"] = path.decode("ascii"), path, "GET"
        found = door.at_once(scope)
        if found is None:
            return False
        head, limits, body = found
        lines = [head, self._default_headers()]
        lines += [b"%b: %b\r\n" % pair for pair in limits]
        self.transport.write(b"".join((*lines, b"\r\n")))
        if body:
            self.transport.write(body)
        self.cycle = _ANSWERED
        self.on_response_complete()
        return True

    def _default_headers(self) -> bytes:
        """What the server puts before every answer (Date); it makes another list of them every second."""
        given = self.server_state.default_headers
        if given is not self._dated:
            self._dated, self._date = given, b"".join(b"%b: %b\r\n" % pair for pair in given)
        return self._date
