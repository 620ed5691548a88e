"""Reads of the API under load, beside an application of constant bytes under the same server settings."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from services.core.settings import PREFIX
from services.embedded.process import Child
from services.embedded.roles import answers
from tests.bench import constant, cpu, load
from tests.bench.figures import BenchError, Line, percentile
from tests.bench.load import Load, request
from tests.bench.stage import ROOT, Stage
from tests.fixtures.roles import free_port

PART = f"Reads: GET /v1/latest, {load.CONNECTIONS} connections, not compressed"
LATEST, REGION = "/v1/latest", "/v1/latest?region=central-asia"
ITEMS = 50
READER = "198.51.100.7"
_WARM_UP_S = 0.5
CONSTANT = "constant"


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of request: whom it goes to, what is asked, the status that must come, the trees that pay for it."""

    name: str
    address: str
    path: str
    status: int
    trees: tuple[str, ...]
    tag: str = ""
    reader: str = READER

    def asked(self) -> bytes:
        """The request on the wire, as a proxy passes it on: from a reader whose requests are counted."""
        headers = {"X_Forwarded_For": self.reader} if self.reader else {}
        if self.tag:
            headers["If_None_Match"] = self.tag
        return request(self.path, host=self.address, **headers)


@dataclass(frozen=True, slots=True)
class Run:
    """One case under load once: what came back and the CPU seconds of who answered."""

    load: Load
    cpu: float


@dataclass(slots=True)
class Runs:
    """All runs by name of the case; bytes of each body; what came back wrong."""

    by_case: dict[str, list[Run]] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


_COMPARED = (("200", CONSTANT), ("304", "constant 304"), ("region", CONSTANT))
_HEAD = {"200": f"200, {ITEMS} items", "304": "304, If-None-Match", "region": "200, one region"}


def measure(stage: Stage, *, rounds: int, seconds: float) -> Runs:
    """`rounds` rounds over all cases, `seconds` of load each, every second round in reverse order."""
    runs = Runs()
    _look(stage, runs)
    yardstick = start_constant(stage)
    try:
        stage.wait_quiet()
        for number in range(rounds + 1):
            cases = _cases(stage, yardstick)
            for case in reversed(cases) if number % 2 else cases:
                run = _run(stage, case, seconds if number else _WARM_UP_S)
                if number and not run.load.times:
                    raise BenchError(f"Reads, {case.name}: no answer within {seconds:g} s.")
                if number:  # round 0 warms up
                    runs.by_case.setdefault(case.name, []).append(run)
                    runs.faults += _faults(case, run.load)
    finally:
        stage.stop(CONSTANT)
    return runs


def lines(runs: Runs) -> list[Line]:
    """Figures of each case of ours beside the constant application's."""
    found: list[Line] = []
    for name, beside in _COMPARED:
        ours, theirs = runs.by_case[name], runs.by_case[beside]
        note = f"constant, {runs.sizes[name] / 1000:.0f} kB" if name in runs.sizes else "constant"
        head = _HEAD[name]
        found += [
            _line(f"{head}: requests", "a second", [r.load.per_second for r in ours], [r.load.per_second for r in theirs], note),
            _line(f"{head}: CPU", "us a request", _cpu(ours), _cpu(theirs), note),
            _line(f"{head}: p50", "ms", _times(ours, 0.5), _times(theirs, 0.5), note),
            _line(f"{head}: p99", "ms", _times(ours, 0.99), _times(theirs, 0.99), note),
        ]  # fmt: skip
    return found


def _line(what: str, unit: str, values: list[float], beside: list[float], note: str) -> Line:
    return Line(part=PART, what=what, unit=unit, values=values, yardstick=beside, note=note)


def _cpu(runs: Sequence[Run]) -> list[float]:
    return [run.cpu / len(run.load.times) * 1e6 for run in runs]


def _times(runs: Sequence[Run], share: float) -> list[float]:
    return [percentile(run.load.times, share) * 1000 for run in runs]


def _look(stage: Stage, runs: Runs) -> None:
    """The bodies as they are, before anything is timed."""
    for name, path in (("200", LATEST), ("region", REGION)):
        body, _ = stage.get(path)
        runs.sizes[name] = len(body)
        count = len(json.loads(body)["items"])
        if count != ITEMS:
            runs.faults.append(f"reads: {path} shows {count} items where {ITEMS} were expected")


def start_constant(stage: Stage) -> str:
    """Start the yardstick, which has what the API says now; its address."""
    file = stage.folder / "constant.json"
    body, whole = stage.get(LATEST, X_Forwarded_For=READER)
    _, unchanged = stage.get(LATEST, X_Forwarded_For=READER, If_None_Match=whole["ETag"])
    constant.put(file, body, whole=whole.items(), unchanged=unchanged.items())
    address = f"127.0.0.1:{free_port()}"
    like = stage.children["api"]
    child = Child(
        name=CONSTANT,
        argv=(sys.executable, "-m", "tests.bench.constant", str(file)),
        env={**like.env, f"{PREFIX}BIND": address, "PYTHONPATH": str(ROOT)},
        cwd=like.cwd,
        ready=lambda: answers(address),
    )
    stage.start(child)
    return address


def _cases(stage: Stage, yardstick: str) -> list[Case]:
    """Asked anew each round: the tag changes when a source becomes late, for instance."""
    tag = stage.get(LATEST)[1]["ETag"]
    api, still = ("api", "postgres"), (CONSTANT,)
    plain = Case("200", stage.address, LATEST, 200, api)
    return [
        plain,
        Case(CONSTANT, yardstick, LATEST, 200, still),
        replace(plain, name="304", status=304, tag=tag),
        Case("constant 304", yardstick, LATEST, 304, still, tag='"constant"'),
        replace(plain, name="region", path=REGION),
    ]


def _run(stage: Stage, case: Case, seconds: float) -> Run:
    leaders = {name: stage.running[name][1].pid for name in case.trees}
    before = sum(cpu.all_seconds(leaders).values())
    done = load.run(case.address, case.asked(), seconds=seconds)
    used = sum(cpu.all_seconds(leaders).values()) - before
    return Run(done, used)


def _faults(case: Case, done: Load) -> list[str]:
    wrong = {status: count for status, count in done.statuses.items() if status != case.status}
    return [f"reads, {case.name}: answers other than {case.status}: {wrong}"] if wrong else []
