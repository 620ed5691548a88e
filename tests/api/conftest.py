"""The API's own fixtures."""

from tests.fixtures.api_site import site
from tests.fixtures.articles import desk

__all__ = ["desk", "site"]
