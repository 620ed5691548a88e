"""The same text on another site or under an edited headline: who might be a copy of whom, and who is. Pure.

`prepare` reads a text once. `fingerprint` gives the keys under which it is filed: two texts that share keys worth
`ENOUGH` are candidates. `same_text` judges two candidates, from the two texts alone: the same answer whichever came
first, whatever else is stored, on every machine. So the groups do not depend on the order of arrival.

What is measured is containment, not resemblance: publishers cut teasers, so that a copy is often a part.
"""

from services.classify.duplicates.grouping import group
from services.classify.duplicates.judge import Judgement, same_text
from services.classify.duplicates.keys import ENOUGH, KEY_VERSION, NEWEST, WINDOW, fingerprint, weight
from services.classify.duplicates.partition import Member, Pair, heads
from services.classify.duplicates.text import READ, Prepared, Text, prepare

__all__ = [
    "ENOUGH",
    "KEY_VERSION",
    "NEWEST",
    "READ",
    "WINDOW",
    "Judgement",
    "Member",
    "Pair",
    "Prepared",
    "Text",
    "fingerprint",
    "group",
    "heads",
    "prepare",
    "same_text",
    "weight",
]
