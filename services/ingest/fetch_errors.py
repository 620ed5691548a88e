"""Why a fetch failed, in a kind that code decides by and a sentence that a person understands."""

import asyncio
import os
import ssl

import aiohttp

from services.core.errors import InvalidInputError
from services.core.guard import FLOODED, refused
from services.core.urls import host_of
from services.ingest.decode import EncodingError, TooLargeError


class RedirectError(Exception):
    """The redirects of a server lead nowhere; the message is the end of a sentence."""


def explain(
    error: Exception, *, url: str, received: int, total_s: float, connect_s: float
) -> tuple[str, str]:
    """`error_kind` and `error` of a FetchResponse: the host, what failed, and what that usually means.

    `received`: bytes of the body that had come by then; `total_s`, `connect_s`: the limits in force.
    """
    host = host_of(url) or "The address"
    match error:
        case TooLargeError():
            return (
                "too-large",
                f"{host}: the answer is too large: {error}. Feeds are far smaller; is this the address of a feed?",
            )
        case EncodingError():
            return (
                "encoding",
                f"{host}: the answer cannot be unpacked: {error}. The server is set up wrongly.",
            )
        case RedirectError():
            return "redirects", f"{host}: {error}. Open the address in a browser to see where it leads."
        case InvalidInputError() | aiohttp.InvalidURL():
            return "url", str(error) if isinstance(
                error, InvalidInputError
            ) else f"“{url:.120}” is no address that can be asked for."
        case aiohttp.ConnectionTimeoutError():
            return (
                "timeout",
                f"{host} did not take a connection within {connect_s:g} s. It may be down, or it drops our requests.",
            )
        case TimeoutError() | asyncio.TimeoutError():
            return "timeout", _late(host, received, total_s)
        case aiohttp.ClientConnectorDNSError():
            return "dns", f"{host}: the name does not resolve (DNS). It may be misspelt, or the site is gone."
    return _connection(error, host)


def _late(host: str, received: int, total_s: float) -> str:
    if received:
        return f"{host} sent only {received:,} bytes in {total_s:g} s and was not done. It is overloaded or sends on purpose slowly."
    return f"{host} did not answer within {total_s:g} s. It is overloaded, or it holds our requests back."


def _connection(error: Exception, host: str) -> tuple[str, str]:
    if reason := refused(error):
        return (
            "forbidden",
            f"{host} is not fetched: {reason}. If it is meant to be, add its network to DATELINE_FETCH_ALLOW.",
        )
    if FLOODED in str(error):
        return "too-large", f"{host}: {FLOODED}. Is this the address of a feed?"
    match error:
        case aiohttp.ClientConnectorCertificateError():
            return (
                "tls",
                f"{host}: its certificate is not valid ({_reason(error.certificate_error)}). The site must renew it.",
            )
        case aiohttp.ClientSSLError() | ssl.SSLError():
            return (
                "tls",
                f"{host}: no secure connection came about ({_reason(error)}). The site's TLS is set up wrongly or too old.",
            )
        case aiohttp.ClientConnectorError():
            return (
                "connect",
                f"{host} refuses the connection{_unless_refused(error.os_error)}. The server is down or no longer there.",
            )
        case aiohttp.ServerDisconnectedError():
            return (
                "protocol",
                f"{host} closed the connection without an answer. It is restarting, or it does not want us.",
            )
        case aiohttp.ClientPayloadError():
            return (
                "protocol",
                f"{host} broke off in the middle of the answer, before the length that it had announced.",
            )
        case aiohttp.ClientResponseError():
            return (
                "protocol",
                f"{host} does not speak HTTP as it must ({_one_line(error.message or str(error))}). Is this a web server?",
            )
        case OSError():
            return "connect", f"{host}: the connection broke ({_reason(error)}). Usually this passes."
    return (
        "protocol",
        f"{host}: the answer cannot be handled ({type(error).__name__}: {_one_line(str(error))}).",
    )


def _one_line(text: str) -> str:
    """Words of a library that may quote what the server sent over several lines, short and in one."""
    return " ".join(text.split())[:120].rstrip(" .:")


def _unless_refused(error: OSError) -> str:
    """What the system says of a connection that did not come about, where that is more than a refusal. An event loop's own words
    ("Connect call failed ('192.0.2.1', 443)") are for programmers.
    """
    if isinstance(error, ConnectionRefusedError):
        return ""
    return f" ({os.strerror(error.errno) if error.errno else _reason(error)})"


def _reason(error: BaseException) -> str:
    """The innermost words of an error, short."""
    text = getattr(error, "verify_message", None) or getattr(error, "strerror", None) or str(error)
    return str(text).splitlines()[0][:120] if text else type(error).__name__
