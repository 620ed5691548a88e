"""Random faults under load: `make chaos MINUTES=10`. Says what was lost, shown twice, missed or repeated, and how long it took.

Recovery is the time from a fault's end until everything that was published before that end stands in Latest; what it takes with no
fault at all is measured between the faults, as a yardstick.
"""

import random
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from tests.faults.injected import FAULTS, nothing
from tests.faults.world import World, eventually, open_world

YARDSTICK_EVERY = 10
"""One of so many rounds is without a fault."""
_SLOW_S, _GIVE_UP_S = 10.0, 180.0
"""After the first the state is told to whoever looks for the reason; after the second it is counted as lost, or comes later."""


@dataclass
class Report:
    """What a run saw. Times in seconds; `recovery` by kind of fault holds every single one."""

    seed: int
    minutes: float
    published: int = 0
    stored: int = 0
    lost: int = 0
    put_aside: int = 0
    shown_twice: int = 0
    followers: dict[str, dict[str, int]] = field(default_factory=dict)
    faults: dict[str, int] = field(default_factory=dict)
    recovery: dict[str, list[float]] = field(default_factory=dict)
    without_fault: list[float] = field(default_factory=list)

    @property
    def well(self) -> bool:
        """Whether nothing was lost, put aside, shown twice, missed or repeated."""
        wrong = [self.lost, self.put_aside, self.shown_twice, self.published - self.stored]
        return not any(wrong) and not any(sum(found.values()) for found in self.followers.values())

    @property
    def times(self) -> list[float]:
        """Every recovery, the quickest first."""
        return sorted(seconds for found in self.recovery.values() for seconds in found)

    def as_json(self) -> dict[str, object]:
        """Everything, and the shares of recoveries that are asked for."""
        times = self.times
        told = {f"p{share}": share_of(times, share) for share in (50, 95)}
        return {
            **asdict(self),
            "recovery_s": {**told, "max": times[-1] if times else 0.0},
            "without_fault_s": {"p50": share_of(sorted(self.without_fault), 50)},
            "within_5_s": round(sum(t <= 5 for t in times) / len(times), 4) if times else 1.0,
            "well": self.well,
        }

    def in_words(self) -> str:
        """The same for people."""
        told = self.as_json()
        times = told["recovery_s"]
        lines = [
            f"{sum(self.faults.values())} faults of {len(self.faults)} kinds in {self.minutes:g} min, seed {self.seed}",
            f"published {self.published:,}, stored {self.stored:,}, lost {self.lost}, put aside {self.put_aside}, shown twice {self.shown_twice}",
            *(
                f"follower by {kind}: missed {found['missed']}, repeated {found['repeated']}"
                for kind, found in self.followers.items()
            ),
            f"recovery: {times}, within 5 s {told['within_5_s']:.1%}; without a fault {told['without_fault_s']}",
            *(
                f"  {len(found):4} x {kind:36} p50 {share_of(sorted(found), 50):5.1f} s, max {max(found):5.1f} s"
                for kind, found in sorted(self.recovery.items())
            ),
        ]
        return "\n".join(lines)


def share_of(times: Sequence[float], percent: int) -> float:
    """The time within which so many percent of sorted times lie.

    >>> share_of([1.0, 2.0, 3.0, 4.0], 50), share_of([], 95)
    (2.0, 0.0)
    """
    return round(times[max(0, -(-len(times) * percent // 100) - 1)], 2) if times else 0.0


def run(*, minutes: float, seed: int, rate: float, say: bool = True) -> Report:
    """Hurt a world of its own for some minutes, then let it settle and count. `rate`: articles published a second."""
    report, dice = Report(seed, minutes), random.Random(seed)
    recovery: dict[str, list[float]] = defaultdict(list)
    burst = max(1, round(rate))
    with open_world(
        feeds=12, entries=max(60, burst * 12), pause=burst / rate, burst=burst, copies=2, durable=True
    ) as world:
        end, number = time.monotonic() + minutes * 60, 0
        while time.monotonic() < end:
            kind = dice.choice(sorted(FAULTS))
            without = number % YARDSTICK_EVERY == 0
            number += 1
            (nothing if without else FAULTS[kind])(world, dice)
            seconds = _recovered(world)
            if without:
                report.without_fault.append(round(seconds, 2))
            else:
                recovery[kind].append(round(seconds, 2))
            if say:
                print(f"{seconds:6.1f} s  {'no fault' if without else kind}", flush=True)
            time.sleep(dice.uniform(0, 0.5))
        world.press.stop()
        _settle(world, report)
    report.recovery = dict(recovery)
    report.faults = {kind: len(found) for kind, found in recovery.items()}
    return report


def _recovered(world: World) -> float:
    """Seconds until everything published up to now is shown; what is not after three minutes is counted at the end."""
    began = time.monotonic()
    for seconds in (_SLOW_S, _GIVE_UP_S):
        try:
            world.wait_shown(began, seconds=seconds)
            break
        except AssertionError as error:
            print(error, file=sys.stderr, flush=True)
    return time.monotonic() - began


def _settle(world: World, report: Report) -> None:
    """Count, when everything that can come has come."""
    _recovered(world)
    head = world.sql("SELECT coalesce(max(seq), 0) FROM changes")[0][0]
    for follower in world.followers:
        try:
            eventually(
                lambda f=follower: bool(f.told and f.told[-1].seq >= head), seconds=60, what=follower.kind
            )
        except AssertionError as error:
            print(error, flush=True)
    keys = list(world.press.items)
    report.published = len(keys)
    report.stored = world.sql("SELECT count(*) FROM article_urls WHERE url_key = ANY(%s)", keys)[0][0]
    report.lost = len(world.missing())
    report.put_aside = len(world.quarantined())
    report.shown_twice = len(world.shown_twice())
    report.followers = {
        kind: {"missed": missed, "repeated": repeated}
        for kind, (missed, repeated) in world.follower_faults(head).items()
    }
