"""Counts who came to which feed and how, so that a test can say whether a client was polite."""

from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_KEPT_STARTS = 2000


@dataclass(slots=True)
class Visits:
    """Requests of one outlet's feed (article pages are counted apart); starts are Unix times in seconds."""

    requests: int = 0
    not_modified: int = 0
    conditional: int = 0
    pages: int = 0
    open_now: int = 0
    max_concurrent: int = 0
    agents: Counter[str] = field(default_factory=Counter)
    starts: deque[float] = field(default_factory=lambda: deque(maxlen=_KEPT_STARTS))

    @contextmanager
    def request(self, *, at: float, agent: str, conditional: bool) -> Iterator[None]:
        """Counts one feed request from its start until its answer is ready."""
        self.requests += 1
        self.conditional += conditional
        self.agents[agent] += 1
        self.starts.append(at)
        self.open_now += 1
        self.max_concurrent = max(self.max_concurrent, self.open_now)
        try:
            yield
        finally:
            self.open_now -= 1

    def row(self) -> dict[str, object]:
        """The counters, fit for JSON."""
        return {
            "requests": self.requests,
            "not_modified": self.not_modified,
            "conditional": self.conditional,
            "pages": self.pages,
            "max_concurrent": self.max_concurrent,
            "agents": dict(self.agents),
            "starts": list(self.starts),
        }
