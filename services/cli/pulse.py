"""What the health check of a container asks first: whether the role that leads it goes on. One that hangs is ended, for Docker starts what
ends again, and nothing that is merely ill.
"""

import os
import time
from contextlib import suppress
from pathlib import Path

import click

from services.core.clock import monotonic
from services.core.errors import ConfigurationError
from services.core.liveness.notify import SILENT_S
from services.core.liveness.pulse import VARIABLE, Pulse, read
from services.core.liveness.vigil import START_S, Patience, Verdict, Vigil, carry_out, says

SURE_S = 20.0
"""A pulse that is too old is believed once it has stayed so for as long as this, in which we were awake: who was frozen together with all of
its container, as by `docker pause`, goes on within it. The time that a machine sleeps is not counted at all.
"""
LOOK_EVERY_S = 0.25
GONE_S = 3.0
"""What was killed is gone after so long, or cannot be ended by us."""


@click.command(epilog="Example: dateline pulse && dateline doctor --role ingest")
@click.option(
    "--silent",
    type=click.FloatRange(min=SURE_S),
    default=SILENT_S,
    show_default=True,
    help="Seconds without a pulse after which the role is ended.",
)
def pulse(silent: float) -> None:
    """For health checks of containers: whether the role that leads this one goes on, by the file PULSE_FILE.

    One that hangs is ended, its log saying where it stood, and the container's `restart` starts it again; exit 1. Exit 0 when it goes on,
    begins, or stops.
    """
    path = os.environ.get(VARIABLE)
    if not path:
        raise ConfigurationError(
            f"{VARIABLE} is not set: the image of Dateline sets it, for the role and for its health check."
        )
    said = look_after(Path(path), Patience(silent=silent, start=max(silent, START_S)))
    if said:
        click.echo(f"dateline: {said}", err=True)
        raise SystemExit(1)


def look_after(path: Path, patience: Patience, *, sure: float | None = None) -> str:
    """End the role whose pulse is in `path` if it hangs; a sentence that says so, empty where it does not.

    `sure`: seconds in place of `SURE_S`.
    """
    found = read(path)
    if found is None or not found.beats_in():
        return ""  # nothing leads it yet, or it is of a former life
    limit, now = patience.during(found.phase), monotonic()
    if now - found.at < limit:
        return ""
    vigil = Vigil(patience, now, phase=found.phase, silent=limit - (SURE_S if sure is None else sure))
    while (verdict := vigil.look(monotonic())) is Verdict.NOTHING:
        time.sleep(LOOK_EVERY_S)
        if read(path) != found or not found.beats_in():
            return ""
    return _end(found, vigil, verdict)


def _end(found: Pulse, vigil: Vigil, verdict: Verdict) -> str:
    what = f"what leads this container (process {found.pid}) {says(found.phase, monotonic() - found.at)}"
    _tell_its_log(found.pid, f"{what}: it is ended, and started again where `restart` says so")
    carry_out(verdict, found.pid)
    while (verdict := vigil.look(monotonic())) is Verdict.NOTHING and found.beats_in():
        time.sleep(LOOK_EVERY_S)
    carry_out(verdict, found.pid)
    given_up = monotonic() + GONE_S
    while found.beats_in():
        if monotonic() > given_up:
            return f"{what} and cannot be ended from here: give its container `init: true` (`docker run --init`) and one user."
        time.sleep(LOOK_EVERY_S)
    return f"{what} and was ended; its log says where it stood."


def _tell_its_log(pid: int, sentence: str) -> None:
    """A line on the standard error of process `pid`, before the one that tells where it stood. Never waits: it may hang for its log's sake."""
    import logging

    from services.core import logs

    log_format = os.environ.get("DATELINE_LOG_FORMAT", "auto")
    record = logging.LogRecord(__name__, logging.ERROR, __file__, 0, sentence, None, None)
    with suppress(OSError):
        out = os.open(f"/proc/{pid}/fd/2", os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK | os.O_NOCTTY)
        try:
            line = logs.formatter(log_format, terminal=os.isatty(out)).format(record)
            os.write(out, f"{line}\n".encode())
        finally:
            os.close(out)
