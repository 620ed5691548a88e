"""Three followers that keep one cursor each, and a reader who notes how it was answered."""

import base64
import http.client
import json
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote


def position(cursor: str) -> int:
    """The position a cursor names: what stands before its check."""
    raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    return int.from_bytes(raw[-12:-4], "big")


@dataclass(frozen=True)
class Told:
    """One change as a follower heard it."""

    seq: int
    change: str
    article_id: int
    revision: int


class Follower(threading.Thread):
    """Reads on from where it is until told to end; `told` is everything it was told, in order."""

    kind = ""

    def __init__(self, address: str, cursor: str) -> None:
        super().__init__(name=self.kind, daemon=True)
        self.address, self.cursor = address, cursor
        self.told: list[Told] = []
        self.statuses: Counter[int] = Counter()
        self.over = threading.Event()

    def run(self) -> None:
        """Ask again and again; whatever goes wrong is tried again from the same cursor."""
        while not self.over.is_set():
            try:
                self.read()
            except urllib.error.HTTPError as error:
                self.statuses[error.code] += 1
                error.close()
                self.over.wait(0.2)
            except (OSError, http.client.HTTPException, ValueError):
                self.over.wait(0.2)

    def read(self) -> None:
        """Some changes more."""
        raise NotImplementedError

    def note(self, entry: dict[str, Any]) -> None:
        """Take one change in."""
        seq = position(entry["cursor"])
        self.told.append(Told(seq, entry["change"], entry["article"]["id"], entry["revision"]))

    def page(self, extra: str, timeout: float) -> int:
        """A page of JSON; how many changes were on it."""
        address = f"http://{self.address}/v1/changes?limit=200{extra}&since={quote(self.cursor)}"
        with urllib.request.urlopen(address, timeout=timeout) as answer:
            found = json.load(answer)
        for entry in found["items"]:
            self.note(entry)
        self.cursor = found["cursor"]
        return len(found["items"])


class Poller(Follower):
    """Asks, waits a little, asks again."""

    kind = "poll"

    def read(self) -> None:
        if not self.page("", 10):
            self.over.wait(0.5)


class LongPoller(Follower):
    """Lets the answer be held until something happens."""

    kind = "long poll"

    def read(self) -> None:
        self.page("&wait=20", 30)


class Listener(Follower):
    """Server-sent events; comes back with the last id that it has taken in."""

    kind = "SSE"

    def read(self) -> None:
        host, _, port = self.address.partition(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=20)
        try:
            headers = {"Accept": "text/event-stream", "Last-Event-ID": self.cursor}
            connection.request("GET", "/v1/changes?limit=200", headers=headers)
            answer = connection.getresponse()
            if answer.status != 200:
                self.statuses[answer.status] += 1
                self.over.wait(0.2)
                return
            self._events(answer)
        finally:
            connection.close()

    def _events(self, answer: http.client.HTTPResponse) -> None:
        given: dict[str, str] = {}
        while not self.over.is_set():
            line = answer.readline()
            if not line:
                return
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name:
                given[name] = value
                continue
            if "data" in given:
                self.note(json.loads(given["data"]))
            if "id" in given:
                self.cursor = given["id"]
            given = {}


@dataclass(frozen=True)
class Asked:
    """One question: when it was asked, the status (None: no answer), seconds it took."""

    at: float
    status: int | None
    seconds: float


@dataclass
class Reader:
    """Somebody who looks at Latest four times a second, and how he was answered."""

    address: str
    answers: list[Asked] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Begin to look."""
        self._thread = threading.Thread(target=self._run, name="reader", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self.over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self.over.wait(0.25):
            began = time.monotonic()
            status: int | None = None
            with suppress(OSError, http.client.HTTPException):
                try:
                    with urllib.request.urlopen(
                        f"http://{self.address}/v1/latest?limit=20", timeout=20
                    ) as answer:
                        answer.read()
                        status = answer.status
                except urllib.error.HTTPError as error:
                    status = error.code
                    error.close()
            self.answers.append(Asked(began, status, time.monotonic() - began))

    def since(self, began: float) -> list[Asked]:
        """What was asked after a moment."""
        return [asked for asked in self.answers if asked.at >= began]
