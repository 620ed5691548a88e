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

if "CI" not in os.environ:  # there, hypothesis has a profile of its own
    settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("busy")  # how long an example takes is the machine's affair

for _name in [name for name in os.environ if name.startswith("DATELINE_")]:
    del os.environ[_name]  # what is set on the machine must not decide what a test sees
