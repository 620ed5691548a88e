"""The pages' own fixtures."""

from tests.fixtures.api_site import site
from tests.fixtures.articles import desk
from tests.fixtures.browser import new_tab

__all__ = ["desk", "new_tab", "site"]
