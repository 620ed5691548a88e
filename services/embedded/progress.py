"""The first round over all feeds, told while it goes on: in place on a terminal, else a line every few seconds."""

from services.embedded.first_round import RoundProgress
from services.embedded.output import Screen

LONGEST = 60.0
"""Seconds after which the first round is no longer told: slow publishers go on in the background."""
_LINE_EVERY = 5.0
ALL_FAILED = (
    "Not one feed could be read. Is this machine connected to the internet? `dateline feeds list` gives each one's reason; "
    "`make demo` needs no internet."
)


def describe(progress: RoundProgress) -> str:
    """The round in one line."""
    well = progress.done - progress.failed
    return (
        f"first round: {progress.done:,} of {progress.total:,} feeds, {well:,} ok, "
        f"{progress.failed:,} failing, {progress.articles:,} articles"
    )


class RoundTeller:
    """Tells the progress it is given; `over` when every feed has been tried once."""

    def __init__(self, screen: Screen, *, started: float) -> None:
        self._screen = screen
        self._started = started
        self._next_line = started
        self._last: RoundProgress | None = None
        self._seen_open = False
        self.over = False

    def tell(self, progress: RoundProgress, *, now: float) -> None:
        """Show `progress` at the monotonic time `now`, as often as fits the screen."""
        self._last = progress
        self.over = progress.done >= progress.total
        self._seen_open |= not self.over
        if self._screen.is_terminal:
            self._screen.status(describe(progress))
        elif now >= self._next_line and not self.over:
            self._next_line = now + _LINE_EVERY
            self._screen.say(describe(progress))

    def late(self, now: float) -> bool:
        """Whether the telling has taken long enough."""
        return now - self._started >= LONGEST

    def end(self) -> None:
        """Leave the last figures as an ordinary line; without the round if it was over before we came."""
        self._screen.status("")
        if self._last is None or self._last.total == 0:
            return
        if self.over and self._last.failed == self._last.total:
            self._screen.say(ALL_FAILED)
        known = f"{self._last.total:,} feeds, {self._last.articles:,} articles"
        self._screen.say(describe(self._last) if self._seen_open else known)
