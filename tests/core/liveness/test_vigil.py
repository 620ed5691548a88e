"""When a role that says nothing is ended: by what it has said, and by the time in which we were awake."""

import pytest

from services.core.liveness.pulse import Phase
from services.core.liveness.vigil import ABORT_S, LOOK_AT_MOST_S, Patience, Verdict, Vigil

PATIENCE = Patience(silent=90, start=600)
NOTHING, ABORT, KILL = Verdict.NOTHING, Verdict.ABORT, Verdict.KILL


def looks(vigil: Vigil, since: float, seconds: int) -> list[Verdict]:
    """A look at the end of each second."""
    return [vigil.look(since + second) for second in range(1, seconds + 1)]


@pytest.mark.parametrize(
    ("phase", "patience", "says"),
    [
        (Phase.STARTING, 600, "was not ready after 600 s"),
        (Phase.READY, 90, "had not gone on for 90 s"),
        (Phase.STOPPING, 600, "was told to stop and had not ended after 600 s"),
    ],
)
def test_silence_is_borne_for_as_long_as_the_phase_may_last(phase, patience, says):
    vigil = Vigil(PATIENCE, 0, phase=phase)
    assert looks(vigil, 0, patience) == [NOTHING] * (patience - 1) + [ABORT]
    assert vigil.hung == says
    dying = int(ABORT_S)
    assert looks(vigil, patience, dying) == [NOTHING] * (dying - 1) + [KILL]


def test_a_silence_of_before_counts():
    vigil = Vigil(PATIENCE, 1000, phase=Phase.READY, silent=70)
    assert looks(vigil, 1000, 20) == [NOTHING] * 19 + [ABORT]


def test_who_goes_on_stays_and_who_comes_further_has_all_of_the_time_for_it():
    vigil = Vigil(PATIENCE, 0)
    looks(vigil, 0, 500)
    vigil.goes_on()
    assert looks(vigil, 500, 99) == [NOTHING] * 99, "it is not ready, so that counts for nothing"
    vigil.comes(Phase.READY)
    assert looks(vigil, 599, 89) == [NOTHING] * 89
    vigil.comes(Phase.READY)
    vigil.goes_on()
    assert looks(vigil, 688, 89) == [NOTHING] * 89
    vigil.comes(Phase.STOPPING)
    assert looks(vigil, 777, 500) == [NOTHING] * 500
    for phase in Phase:
        vigil.comes(phase)
    vigil.goes_on()
    assert looks(vigil, 1277, 100) == [NOTHING] * 99 + [ABORT], "saying so again buys no time"


def test_what_passes_while_we_are_frozen_is_no_silence():
    vigil = Vigil(PATIENCE, 0, phase=Phase.READY, silent=80)
    assert [vigil.look(3600.0 * n) for n in range(1, 10)] == [NOTHING] * 9
    assert vigil.look(3600.0 * 10) is ABORT
    assert LOOK_AT_MOST_S == 1
