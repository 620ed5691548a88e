"""The starter rulebook, compiled once for all its tests."""

import pytest

from services.classify.rules import CompiledRulebook, compile_rulebook, load_texts
from services.classify.starter import starter_texts


@pytest.fixture(scope="session")
def compiled() -> CompiledRulebook:
    return compile_rulebook(load_texts(starter_texts()))
