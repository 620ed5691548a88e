"""Traces, for those who ask for them: spans sent over OTLP/HTTP where `OTEL_EXPORTER_OTLP_ENDPOINT` is set. docs/reference/traces.md.

Off, nothing of OpenTelemetry is imported, and a span is one look at a variable. What it sends to, samples by and calls itself is said in the
standard's own environment variables. The provider is ours alone: no library that finds a global one adds spans of its own, with
what we do not tell (the query of an address, who asked).
"""

import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from services.core import logs
from services.core.errors import ConfigurationError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span, Tracer

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
PARENT = "traceparent"
NAMED = 100
"""Numbers of one list that a span names at most; its count is told beside."""
LAST_WORDS_MS = 3000
"""How long a process that ends waits until what it has to say is sent."""
Kind = Literal["internal", "server", "client", "consumer", "producer"]
Value = str | int | float | bool | Sequence[int] | None


class _Sender:
    """What this process sends by, between `start` and `end`."""

    provider: "TracerProvider | None" = None
    tracer: "Tracer | None" = None


class Mark:
    """A span that is under way, or nothing."""

    __slots__ = ("_span",)

    def __init__(self, span: "Span | None" = None) -> None:
        self._span = span

    def set(self, **attributes: Value) -> None:
        """Say more of it: names are written with dots for `__`; None says nothing."""
        if self._span is not None:
            self._span.set_attributes(_attributes(attributes))

    def name(self, name: str) -> None:
        """Call it otherwise, once that is known."""
        if self._span is not None:
            self._span.update_name(name)

    def fail(self, why: str) -> None:
        """It came to nothing."""
        if self._span is not None:
            from opentelemetry.trace import StatusCode  # noqa: PLC0415

            self._span.set_status(StatusCode.ERROR, logs.without_secrets(why))


_NOTHING = Mark()


def wanted() -> bool:
    """Whether the environment asks for traces."""
    off = os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    none = os.environ.get("OTEL_TRACES_EXPORTER", "otlp").strip().lower() == "none"
    return not (off or none) and any(os.environ.get(name, "").strip() for name in ENDPOINTS)


def on() -> bool:
    """Whether this process sends traces."""
    return _Sender.tracer is not None


def check() -> None:
    """Raises ConfigurationError where traces are asked for and cannot be sent."""
    if not wanted():
        return
    try:
        import opentelemetry.exporter.otlp.proto.http.trace_exporter  # noqa: PLC0415
        import opentelemetry.sdk.trace  # noqa: F401, PLC0415
    except ImportError as error:
        raise ConfigurationError(
            f"{ENDPOINTS[0]} asks for traces, and what sends them is not installed: pip install 'dateline[traces]', or leave it out of "
            "the environment."
        ) from error
    protocol = os.environ.get(
        "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", os.environ.get("OTEL_EXPORTER_OTLP_PROTOCOL")
    )
    if protocol not in {None, "", "http/protobuf"}:
        raise ConfigurationError(
            f"OTEL_EXPORTER_OTLP_PROTOCOL is {protocol!r}; Dateline sends http/protobuf alone (port 4318 of a collector)."
        )


def start(role: str) -> None:
    """Send the traces of this process from now on, where they are asked for. Once in each process, after it was forked."""
    if on() or not wanted():
        return
    check()
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    who = {"service.name": f"dateline-{role}", "service.instance.id": f"{socket.gethostname()}:{os.getpid()}"}
    if os.environ.get("OTEL_SERVICE_NAME", "").strip():
        del who["service.name"]
    provider = TracerProvider(resource=Resource.create(who), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    _Sender.provider, _Sender.tracer = provider, provider.get_tracer("dateline")


def end() -> None:
    """Send what is left, for a few seconds at most, and stop."""
    provider, _Sender.provider, _Sender.tracer = _Sender.provider, None, None
    if provider is not None:
        provider.force_flush(LAST_WORDS_MS)
        provider.shutdown()


@contextmanager
def span(
    name: str,
    kind: Kind = "internal",
    *,
    parent: str | None = None,
    link: str | None = None,
    **attributes: Value,
) -> Iterator[Mark]:
    """What the block does, as a span below the one that is under way, and its trace in every line of the log.

    `parent`, `link`: a W3C `traceparent` from elsewhere; what is no such text counts as none. An exception is told by its type, and goes on.
    """
    if _Sender.tracer is None:
        yield _NOTHING
        return
    from opentelemetry import trace  # noqa: PLC0415

    linked = trace.get_current_span(_context(link)).get_span_context() if link else None
    made = _Sender.tracer.start_span(
        name,
        context=_context(parent) if parent else None,
        kind=trace.SpanKind[kind.upper()],
        attributes=_attributes(attributes),
        links=[trace.Link(linked)] if linked is not None and linked.is_valid else (),
    )
    mark = Mark(made)
    ids = {"trace": trace.format_trace_id(made.get_span_context().trace_id)}
    with trace.use_span(made, record_exception=False, set_status_on_exception=False), logs.bound(**ids):
        try:
            yield mark
        except Exception as error:
            mark.set(error__type=type(error).__name__)
            mark.fail(f"{type(error).__name__}: {error}".partition("\n")[0])
            raise
        finally:
            made.end()


def here() -> str | None:
    """The `traceparent` of the span that is under way, for whoever goes on elsewhere; None where there is none."""
    if _Sender.tracer is None:
        return None
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier.get(PARENT)


def _context(parent: str | None) -> Any:
    from opentelemetry.context import Context  # noqa: PLC0415
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415

    return TraceContextTextMapPropagator().extract({PARENT: parent or ""}, context=Context())


def _attributes(given: Mapping[str, Value]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in given.items():
        if value is None:
            continue
        name = name.replace("__", ".")  # noqa: PLW2901 - the same name, as the standard spells it
        if isinstance(value, str | int | float | bool):
            found[name] = value
        else:
            found[name], found[f"{name}.count"] = list(value[:NAMED]), len(value)
    return found
