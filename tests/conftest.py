"""Fixtures live by topic in tests/fixtures; this file only lists them, and keeps the environment out of tests."""

import os

from hypothesis import HealthCheck, settings

pytest_plugins = [
    "tests.fixtures.api_site",
    "tests.fixtures.articles",
    "tests.fixtures.browser",
    "tests.fixtures.command",
    "tests.fixtures.editors",
    "tests.fixtures.servers",
    "tests.fixtures.environment",
    "tests.fixtures.newswire",
    "tests.fixtures.roles",
    "tests.fixtures.stories",
    "tests.fixtures.workbench",
]

for _name in [name for name in os.environ if name.startswith("DATELINE_")]:
    del os.environ[_name]  # what is set on the machine must not decide what a test sees

# How long an example takes, or its making, says how busy the machine is and nothing of the code. CI sees the same examples each time.
settings.register_profile(
    "any-machine",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="CI" in os.environ,
)
settings.load_profile("any-machine")
