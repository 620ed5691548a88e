"""Articles of several publishers on one event, grouped in one pass over the stream. Pure.

    stories = Stories()
    decision = stories.decide(Document(id=1, title="…", body="…", at=…, source="paper.example"), now)

The method is that of the line from newsLens to Miranda and others: words weighed by their rarity, compared with the centre and the
members of each open story, less the further apart in time. `docs/explanation/stories.md` has the measurements behind
every number of `Limits`.
"""

from services.classify.stories.frequencies import Frequencies
from services.classify.stories.measures import Score, bcubed, binary, pairs
from services.classify.stories.model import Cost, Decision, Document, Limits, Merge, Spoke
from services.classify.stories.pair import learn, one_story
from services.classify.stories.snapshot import export, load, rebuild
from services.classify.stories.state import Stories

__all__ = [
    "Cost",
    "Decision",
    "Document",
    "Frequencies",
    "Limits",
    "Merge",
    "Score",
    "Spoke",
    "Stories",
    "bcubed",
    "binary",
    "export",
    "learn",
    "load",
    "one_story",
    "pairs",
    "rebuild",
]
