"""What an address would bring, before anything is stored: a feed told in full, or the feeds that a page offers.

`find` looks for what to add, `look` tells what it sees, `check_url` as a report that is JSON data.
"""

from services.ingest.check.look import Looked, Sought, check_url, find, look
from services.ingest.check.words import ago, rhythm

__all__ = ["Looked", "Sought", "ago", "check_url", "find", "look", "rhythm"]
