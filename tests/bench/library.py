"""The yardstick that is a product: `reader`, a feed library in Python with SQLite, as its documentation says to use it.

python -m tests.bench.library FILE       one address a line; answers the steps that it reads (see `yardstick`)
"""

import itertools
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import feedparser_sgmllib

sys.modules.setdefault(
    "sgmllib", feedparser_sgmllib
)  # reader 3.26 imports it by its old name and does not require it

from reader import make_reader  # noqa: E402 - see above

from tests.bench.yardstick import Went, steps, tell  # noqa: E402 - see above

WORKERS = 10


def run(urls: Sequence[str]) -> None:
    """A pass over all feeds for each step asked for: `cold` in a database file of its own, made untimed."""
    numbers = itertools.count(1)
    library = None
    for step in steps():
        if library is None or step == "cold":
            if library is not None:
                library.close()
            library = make_reader(str(Path.cwd() / f"reader-{next(numbers)}.sqlite"))
            for url in urls:
                library.add_feed(url)
        wall, cpu = time.perf_counter(), time.process_time()
        library.update_feeds(workers=WORKERS, scheduled=False)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        tell(Went(wall=wall, cpu=cpu, entries=library.get_entry_counts().total or 0))


if __name__ == "__main__":
    run(Path(sys.argv[1]).read_text().split())
