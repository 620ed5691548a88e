"""From bytes to a feed whatever the bytes are: fast where it can be, apart and bounded where it must.

Nearly every document is read here by the fast parser, whose cost is linear. Where that one is in doubt, the
reference parser decides, in a child process of this one (`parse_apart`), started when it is first needed: a hostile
document then costs a bounded share of the machine and gets a refusal with a reason; no worker dies of it.

Safe in threads and over forks. Call it from a thread, not from an event loop: it may take seconds.
"""

import atexit
import logging
import os
import threading

from services.core.errors import DatelineError
from services.ingest import parsers
from services.ingest.entry import ParsedFeed
from services.ingest.parse_apart import Readers, TooCostlyError
from services.ingest.parsers import NotAFeedError
from services.ingest.parsers.compare import differences

__all__ = ["TooCostlyError", "close", "compare", "parse", "rest"]

log = logging.getLogger(__name__)

IDLE_S = 30
"""A child that waits longer than this costs more by its memory than a new one costs to start."""

_lock = threading.Lock()
_readers: Readers | None = None


def parse(body: bytes, *, content_type: str | None, url: str) -> ParsedFeed:
    """Read one document: `content_type` as the server gave it, `url` for relative links.

    Raises NotAFeedError, whose `kind` says what the document is instead, `too-costly` included; UnavailableError where
    this machine has no process to spare.
    """
    fast = _fast(body, content_type, url)
    return fast if fast is not None else _reference(body, content_type, url)


def compare(body: bytes, *, content_type: str | None, url: str, fast: ParsedFeed) -> tuple[str, ...]:
    """Read a document once more by the reference parser, and say in what `fast` differs. Never raises."""
    try:
        return differences(fast, _reference(body, content_type, url))
    except DatelineError as error:
        return (f"The reference parser has no answer: {error}",)
    except Exception as error:  # noqa: BLE001 - a sample taken for our own information must not cost a fetch
        return (f"The comparison failed ({type(error).__name__}: {error!s:.120}).",)


def rest(idle_s: float = IDLE_S) -> None:
    """End the children of this process that had nothing to do for a while: each holds as much as a small program does."""
    with _lock:
        readers = _readers
    if readers:
        readers.rest(idle_s)


def close() -> None:
    """End the children of this process. The next document that needs one starts anew."""
    global _readers
    with _lock:
        readers, _readers = _readers, None
    if readers:
        readers.close()


def _fast(body: bytes, content_type: str | None, url: str) -> ParsedFeed | None:
    """What the fast parser says; an error of its own is a doubt, for the feed is not to blame."""
    try:
        return parsers.parse_fast(body, content_type=content_type, url=url)
    except NotAFeedError:
        raise
    except Exception as error:  # noqa: BLE001 - as above; the reference parser decides
        log.warning("the fast parser failed at %s (%s: %.120s)", url, type(error).__name__, error)
        return None


def _reference(body: bytes, content_type: str | None, url: str) -> ParsedFeed:
    global _readers  # noqa: PLW0603 - one for each process, like the process itself
    with _lock:
        readers = _readers = _readers or Readers()
    return readers.read(body, content_type=content_type, url=url)


def _forget() -> None:
    """In a forked process: locks may have been held by threads that are not here, children are another's."""
    global _lock, _readers
    readers, _lock, _readers = _readers, threading.Lock(), None
    if readers:
        readers.forget()


os.register_at_fork(after_in_child=_forget)
atexit.register(close)
