"""`python -m tests.faults --minutes 10`: random faults under load, and what they did. Exit 1 when something was lost, doubled or missed."""

import argparse
import json
import os
import signal
import sys
import time
from pathlib import Path

from tests.faults.chaos import run
from tests.faults.world import SETTINGS


def main() -> int:
    """The command line; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--minutes", type=float, default=2.0, help="how long faults are injected (2)")
    parser.add_argument(
        "--seed", type=int, help="the same seed gives the same faults in the same order (the time)"
    )
    parser.add_argument("--rate", type=float, default=45.0, help="articles published a second (45)")
    parser.add_argument(
        "--record", type=Path, help="a line of JSON for each fault as it goes (chaos-SEED.jsonl)"
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    options = parser.parse_args()
    seed = int(time.time()) if options.seed is None else options.seed
    print(f"seed {seed}", file=sys.stderr, flush=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    os.environ["DATELINE_FETCH_ALLOW"] = SETTINGS["DATELINE_FETCH_ALLOW"]  # the list is read in this process
    with (options.record or Path(f"chaos-{seed}.jsonl")).open("w") as record:
        report = run(
            minutes=options.minutes, seed=seed, rate=options.rate, record=record, say=not options.json
        )
    print(json.dumps(report.as_json(), indent=2) if options.json else report.in_words())
    return 0 if report.well else 1


if __name__ == "__main__":
    sys.exit(main())
