"""Who may ask, and how much. Counts by `limits`; looks tokens up, and remembers them shortly."""

import asyncio
import base64
import binascii
import hashlib
import logging

from starlette.datastructures import Headers
from starlette.types import Scope

from services.api.auth import bearer_of
from services.api.errors import Problem, problem_of
from services.api.limits import CLOSED, FREE, LIMITS, REFUSED, WINDOW_S, Answer, Tally, reader_at
from services.core import cache
from services.core.clock import monotonic, utc_now
from services.core.settings import Settings, settings
from services.core.tokens import Bearer

OWN_DOORS = ("/v1/rules", "/v1/corrections", "/v1/webhooks", "/v1/judgements", "/editor")
"""What asks for a token by itself, and says which scope it needs."""
REMEMBERED_S = 10.0
"""For so long a token that was revoked may go on reading."""
TOKENS_KEPT = 10_000
READERS_KEPT = 4096
"""Addresses whose reader is known without looking at networks."""
GUESSES = 30
"""Tokens of nobody that one address may send in a minute before none of its tokens is looked up any more."""
ADD_UP_S = 1.0
_CHALLENGE = 'Bearer realm="Dateline", Basic realm="Dateline"'
log = logging.getLogger(__name__)


class Gate:
    """One per process."""

    def __init__(self, tally: Tally) -> None:
        self.tally = tally
        self._known: dict[bytes, tuple[float, Bearer | None]] = {}
        self._readers: dict[tuple[str, str | None], str | None] = {}
        self._conf: Settings | None = None

    def quick(self, scope: Scope, forwarded: str | None) -> tuple[tuple[bytes, bytes], ...] | None:
        """Headers for the answer to somebody without a token, counted; None where that takes a closer look."""
        conf = settings()
        if conf.reading != "open":
            return None
        who = (_peer(scope), forwarded)
        if conf is not self._conf or len(self._readers) >= READERS_KEPT:
            self._readers, self._conf = {}, conf
        if who in self._readers:
            name = self._readers[who]
        else:
            reader = reader_at(*who, conf.trusted_proxies)
            name = self._readers[who] = None if reader is None else f"a:{reader}"
        if name is None or not conf.rate_limit:
            return ()
        answer = self.tally.take(name, conf.rate_limit, utc_now().timestamp())
        return answer.headers() if answer.allowed else None

    async def admit(self, scope: Scope) -> bool:
        """Whether a request may go on; where not, the scope holds what to say (REFUSED)."""
        if scope["path"].startswith(FREE):
            return True
        try:
            await self._admit(scope)
        except Exception as error:  # noqa: BLE001 - the database, most often: told as everywhere
            scope[REFUSED] = problem_of(error)
            return False
        return True

    async def _admit(self, scope: Scope) -> None:
        """Note in the scope what its answer has to say. Raises Problem (401, 429)."""
        conf = settings()
        headers = Headers(scope=scope)
        reader = reader_at(_peer(scope), headers.get("x-forwarded-for"), conf.trusted_proxies)
        bearer = await self._bearer(secret_in(headers.get("authorization")), reader)
        if bearer is not None:
            if conf.rate_limit_token:
                self._count(scope, f"t:{bearer.name}", conf.rate_limit_token)
        elif reader is not None and conf.rate_limit:
            self._count(scope, f"a:{reader}", conf.rate_limit)
        reads = scope["method"] in {"GET", "HEAD"} and not scope["path"].startswith(OWN_DOORS)
        if conf.reading == "token" and reads:
            _require(bearer)
            scope[CLOSED] = True
            # The shelf keeps nothing that was asked for with a name; this one has been checked.
            scope["headers"] = [(n, v) for n, v in scope["headers"] if n != b"authorization"]

    async def _bearer(self, secret: str, reader: str | None) -> Bearer | None:
        """Whose token this is. Of one address so many that are nobody's are looked up in a minute: guessing is no way around."""
        if not secret:
            return None
        bearer = self._remembered(secret)
        if bearer is not None or reader is None:
            return bearer or await self._find(secret)
        # Counted before it is looked up, since others come meanwhile; whoever it is somebody's has guessed nothing.
        if not self.tally.take(f"g:{reader}", GUESSES, utc_now().timestamp()).allowed:
            return None
        bearer = await self._find(secret)
        if bearer is not None:
            self.tally.give_back(f"g:{reader}")
        return bearer

    def _count(self, scope: Scope, reader: str, limit: int) -> None:
        answer = self.tally.take(reader, limit, utc_now().timestamp())
        scope[LIMITS] = answer.headers()
        if not answer.allowed:
            raise _too_many(answer)

    def _remembered(self, secret: str) -> Bearer | None:
        found = self._known.get(_digest(secret)) if secret else None
        return found[1] if found and found[0] > monotonic() else None

    async def _find(self, secret: str) -> Bearer | None:
        """Whose token this is; asked of the database at most every few seconds."""
        digest = _digest(secret)
        found = self._known.get(digest)
        if found is None or found[0] <= monotonic():
            if len(self._known) >= TOKENS_KEPT:
                self._known.clear()
            found = self._known[digest] = (monotonic() + REMEMBERED_S, await bearer_of(secret))
        return found[1]


def _peer(scope: Scope) -> str:
    return str(scope["client"][0]) if scope.get("client") else ""


async def add_up(tally: Tally) -> None:
    """Tell the other processes what was counted here, and hear what they have, once a second, for ever."""
    while True:
        await asyncio.sleep(ADD_UP_S)
        mine = tally.to_tell()
        if not mine:
            continue
        totals = await cache.add_up(
            {f"{window}:{reader}": more for (reader, window), more in mine.items()}, seconds=2 * WINDOW_S
        )
        if totals is not None:
            tally.hear({key: totals[f"{key[1]}:{key[0]}"] for key in mine})


def secret_in(authorization: str | None) -> str:
    """The token that a request brings: as Bearer, or as the password of Basic, which is all that feed readers can do."""
    scheme, _, rest = (authorization or "").partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(rest.strip(), validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _require(bearer: Bearer | None) -> None:
    if bearer is None:
        raise Problem(
            401,
            "unauthorized",
            "Reading takes a token here: send `Authorization: Bearer dl_…`, or the token as the password of a user of any name."
            " `dateline tokens add NAME --scope read` makes one.",
            headers={"WWW-Authenticate": _CHALLENGE},
        )


def _too_many(answer: Answer) -> Problem:
    return Problem(
        429,
        "too-many-requests",
        f"More than {answer.limit:,} requests in {WINDOW_S} s; ask again in {answer.wait_s} s. `/v1/changes` with `wait` needs one a minute.",
        {"limit": answer.limit, "window_s": WINDOW_S, "retry_after_s": answer.wait_s},
        headers={"Retry-After": str(answer.wait_s)},
    )


def _digest(secret: str) -> bytes:
    return hashlib.blake2b(secret.encode("utf-8", "surrogateescape"), digest_size=16).digest()
