"""What went wrong with a feed: of which kind, whether it will pass, and in words (pure).

Every `error_kind` that ingest stores stands in `FAULTS` or belongs to one of its classes (`http-4xx`). A *temporary* fault passes
by itself: the next try comes soon. A *lasting* one waits for somebody to act, here or at the publisher's: tries begin
an hour later and end up once a week. No fault ends them for good.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

FIRST_RETRY_S = 120
PATIENT_RETRY_S = 3600
LONGEST_RETRY_S = 86_400
RARELY_AFTER = 30
"""After so many failures in a row a lasting fault is looked at ..."""
RARELY_FACTOR = 7
"""... this many times more rarely than `LONGEST_RETRY_S` says: once a week."""
NAME_MAY_BE_AWAY = timedelta(days=3)
"""A name that does not resolve is a name server in trouble, until it has been one for this long."""
_DOUBLINGS_OF_THAT = 12
"""Failures after which that time has passed for a feed that never answered: two minutes, doubled each time."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of failure. `group`: what it is counted under. `means`: what is behind it. `remedy`: what a person may do.
    `patient`: passes, but not within minutes, or not if we insist.
    """

    kind: str
    group: str
    lasting: bool
    means: str
    remedy: str
    patient: bool = False


_WAIT = "Nothing; it is tried again."
_SERVER = "The server is in trouble of its own."
_BROWSER = "Open the address in a browser and see."

_ROWS = (
    Fault("dns", "dns", False, "The name does not resolve; for days on end: the site is gone.", "Check the spelling."),
    Fault("connect", "connect", False, "The server refuses or drops the connection.", _WAIT),
    Fault("tls", "tls", True, "The certificate or the encryption is not valid.", "Tell the publisher; or use its http address."),
    Fault("timeout", "timeout", False, "The server took too long.", "If it stays so: raise DATELINE_FETCH_TIMEOUT."),
    Fault("protocol", "protocol", False, "The answer broke off or is no proper HTTP.", _WAIT),
    Fault("encoding", "encoding", True, "The answer cannot be unpacked.", "Tell the publisher."),
    Fault("redirects", "redirects", True, "The redirects lead nowhere.", _BROWSER),
    Fault("too-large", "too-large", True, "The answer is larger than any feed.", "Look for a smaller feed of the site."),
    Fault("url", "url", True, "The address is none.", "Remove the feed and add the right address."),
    Fault("forbidden", "forbidden", True, "The address lies in a network that is not public.", "If it is meant to be: DATELINE_FETCH_ALLOW."),
    Fault("gone", "gone", True, "The publisher says that the feed is gone for good (410).", "Look for a new address; resume it if you know better."),
    Fault("http-401", "http-4xx", True, "The feed asks for a login.", "Ask the publisher for an open address."),
    Fault("http-403", "http-4xx", True, "The server refuses us.", "Set DATELINE_CONTACT_URL to a page of yours and ask the publisher."),
    Fault("http-404", "http-4xx", True, "There is no such page any more.", "Take the replacement that is offered, or look for one on the site."),
    Fault("http-408", "http-4xx", False, "The server lost patience with the connection.", _WAIT),
    Fault("http-425", "http-4xx", False, "The server asks to be asked again.", _WAIT),
    Fault("http-429", "throttled", False, "The server is asked too often from our address.", "If it stays so: raise DATELINE_FETCH_HOST_PAUSE.", patient=True),
    Fault("http-4xx", "http-4xx", True, "The server refuses the request.", _BROWSER),
    Fault("http-501", "http-5xx", True, "The server cannot do what feeds need.", "Tell the publisher."),
    Fault("http-5xx", "http-5xx", False, _SERVER, _WAIT),
    Fault("http-other", "http-other", False, "The answer has a status that no feed has.", _BROWSER),
    Fault("not-a-feed", "not-a-feed", True, "Something else stands at the address, usually a web page.", "Give the site's address to `dateline feeds add`: it looks for the feed there."),
    Fault("bot-wall", "bot-wall", True, "A wall against robots answers in place of the feed.", "Set DATELINE_CONTACT_URL to a page of yours and ask the publisher to let feed readers pass."),
    Fault("too-costly", "too-costly", True, "The document costs more time or memory to read than any feed.", "Please report it."),
    Fault("internal", "internal", False, "Our own trouble: what it holds could not be stored.", "See the log of ingest, and report it."),
)  # fmt: skip
FAULTS = {fault.kind: fault for fault in _ROWS}
"""By kind, in the order in which the documentation lists them."""


def fault_of(kind: str | None) -> Fault:
    """The fault behind an `error_kind`; any status finds its class, and what nobody named is `internal`.

    >>> fault_of("http-418").kind, fault_of("http-503").group, fault_of("http-302").kind, fault_of("new").kind
    ('http-4xx', 'http-5xx', 'http-other', 'internal')
    """
    name = kind or ""
    if name not in FAULTS and name.startswith("http-"):
        name = f"{name[:6]}xx" if f"{name[:6]}xx" in FAULTS else "http-other"
    return FAULTS.get(name) or FAULTS["internal"]


def is_lasting(kind: str | None, *, failures: int, ok_at: datetime | None, now: datetime) -> bool:
    """Whether the fault will not pass by itself, at the n-th failure in a row."""
    fault = fault_of(kind)
    if fault.group != "dns":
        return fault.lasting
    if ok_at is None:
        return failures >= _DOUBLINGS_OF_THAT
    return failures > 1 and now - ok_at >= NAME_MAY_BE_AWAY


def pause_s(
    failures: int,
    *,
    patient: bool = False,
    lasting: bool = False,
    first_s: int = FIRST_RETRY_S,
    longest_s: int = LONGEST_RETRY_S,
) -> int:
    """Seconds to wait after the n-th failure in a row: doubled each time from `first_s` (an hour at least where patient or
    lasting) to `longest_s`; a lasting fault ends up at seven times that.
    """
    if lasting and failures > RARELY_AFTER:
        return longest_s * RARELY_FACTOR
    start = max(first_s, PATIENT_RETRY_S) if patient or lasting else first_s
    return int(min(start * 2 ** min(max(failures, 1) - 1, 20), longest_s))
