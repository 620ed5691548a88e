"""Full-text search: what an article is found by, and what a question looks for. One cutting for both. Pure.

The words of an article become a `tsvector`, a reader's words a `tsquery`, both made here and only stored and compared by PostgreSQL: so the
same word is cut the same way on both sides, whatever dictionaries a server has.
"""

from services.core.search.asked import query
from services.core.search.kept import VERSION, vector

__all__ = ["VERSION", "query", "vector"]
