"""Feed lists in OPML (pure): read with the place of every line that is no feed, written so that they read again.

What a list says beyond addresses is kept as hints: folders as they are nested, `language`, `country`, `region` and
`topic` as attributes of an outline or of a folder around it. A folder that is called like a region or topic stands for
it where no attribute does; an empty attribute says that nothing is meant.
"""

from services.ingest.opml.hints import Labels, with_folder_hints, without_false_hints
from services.ingest.opml.model import ListedFeed, Outline, RefusedLine
from services.ingest.opml.read import read_opml
from services.ingest.opml.write import write_opml

__all__ = [
    "Labels",
    "ListedFeed",
    "Outline",
    "RefusedLine",
    "read_opml",
    "with_folder_hints",
    "without_false_hints",
    "write_opml",
]
