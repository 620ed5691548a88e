"""What tests of processes and of machines hurt: everything that runs, once for a file of tests."""

import pytest

from tests.faults.world import World, open_world


@pytest.fixture(scope="module")
def world():
    with open_world(feeds=8, entries=80, pause=2.0, burst=4, copies=2) as running:
        yield running


@pytest.fixture
def _well_before(world: World):
    """What one fault left must not be held against the next."""
    world.wait_shown()
