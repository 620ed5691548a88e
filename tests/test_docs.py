"""The documentation agrees with the code: names, defaults, commands, settings of Celery, tables, reasons, links."""

import json
import re
import tomllib
from dataclasses import asdict
from pathlib import Path
from typing import get_args

import click
import pytest

from services.api.deps import require_label
from services.api.errors import Problem
from services.api.tree import tree_of
from services.classify.labelling import store
from services.classify.rules import load_texts
from services.classify.starter import starter_texts
from services.core import broker
from services.core.events import Event
from services.core.models import Base
from services.core.queues import JOBS_FOR, QUEUE_OF, ROLES, Job, Queue
from services.core.settings import SETTINGS
from services.ingest.store import leases
from tests.fixtures.commands import COMMANDS, calls, wrong_calls

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def section(text: str, heading: str) -> str:
    """What stands below a heading of the second level, to the next one."""
    return re.split(r"^## ", text.split(f"\n## {heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def rows(text: str) -> list[list[str]]:
    """The cells of every table row, without backticks; headings and rules of tables left out."""
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    return [[cell.strip().replace("`", "") for cell in line.strip("|").split("|")] for line in lines]


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


# --- reference ---------------------------------------------------------------------------------------------------


def test_the_settings_page_lists_every_setting_with_its_default():
    told = {row[0]: row[1] for row in rows(page("reference/settings.md")) if row[0].startswith("DATELINE_")}
    expected = {setting.name: setting.default or "" for setting in SETTINGS}
    expected["DATELINE_WORKER_PROCESSES"] = "number of processors, at most 4"
    assert told == expected


def test_the_settings_page_says_which_settings_are_secret():
    told = {row[0] for row in rows(page("reference/settings.md")) if row[-1].endswith("Secret.")}
    assert told == {setting.name for setting in SETTINGS if setting.secret}


def test_the_example_of_a_problem_is_what_the_api_answers_with_the_rulebook_that_ships():
    (example,) = re.findall(r"^\{\"type\".*?\}$", page("reference/http.md"), re.MULTILINE | re.DOTALL)
    told = json.loads(example)
    labels = load_texts(starter_texts()).labels
    with pytest.raises(Problem) as refused:
        require_label(tree_of("v", map(asdict, labels)), "region", told["value"], status=400)
    assert told == refused.value.body


def test_env_example_names_settings_that_exist_or_variables_of_compose():
    names = re.findall(r"^#?(DATELINE_\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    compose = re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text())
    assert names
    assert set(names) <= {setting.name for setting in SETTINGS} | set(compose)


def cli_sections() -> dict[str, tuple[str, str]]:
    """Of each command on the page: its arguments as written in the heading, and the text below."""
    found = re.findall(
        r"^### `dateline ([a-z -]+?)((?: [\[A-Z][^`]*)?)`\n(.*?)(?=^##|\Z)",
        page("reference/cli.md"),
        re.DOTALL | re.MULTILINE,
    )
    return {words: (arguments, text) for words, arguments, text in found}


def test_the_command_line_page_has_exactly_the_commands_that_are_registered():
    assert set(cli_sections()) == set(COMMANDS)


@pytest.mark.parametrize("words", COMMANDS)
def test_the_command_line_page_has_every_option_and_argument(words):
    arguments, text = cli_sections()[words]
    told = {option for row in rows(text) for option in re.findall(r"(?<![\w-])--?[a-z][a-z-]*", row[0])}
    parameters = COMMANDS[words].params
    options = [p for p in parameters if isinstance(p, click.Option)]
    assert told == {name for option in options for name in option.opts}
    assert len(arguments.split()) == len(parameters) - len(options)


def test_the_page_of_events_and_queues_has_what_the_table_in_the_code_has():
    text = page("reference/events-and-queues.md")
    queues = {row[0]: set(row[1].split(", ")) for row in rows(section(text, "Queues"))}
    assert queues == {q.value: {j.value for j in Job if QUEUE_OF[j] is q} for q in Queue}
    jobs = {row[0]: row[1] for row in rows(section(text, "Jobs"))}
    assert jobs == {job.value: QUEUE_OF[job].value for job in Job}
    assert {row[0] for row in rows(section(text, "Roles"))} == {*ROLES, "scheduler", "api"}
    events = {row[0]: row[2] for row in rows(section(text, "Events"))}
    assert set(events) == {event.__name__ for event in get_args(Event)}
    for event, started in JOBS_FOR.items():
        assert {job.value for job in Job if job.value in events[event.__name__]} == set(started)


def test_the_page_of_events_and_queues_says_how_long_leases_are():
    text = section(page("reference/events-and-queues.md"), "Leases")
    assert f"| a feed | {leases.LEASE_S} s | {leases.MAX_ATTEMPTS} claims" in text
    assert f"| an article | {store.LEASE_S} s | {store.MAX_ATTEMPTS} claims" in text


def test_the_database_page_has_a_paragraph_for_every_table():
    told = re.findall(r"^\*\*`(\w+)`\*\*", page("reference/database.md"), re.MULTILINE)
    assert sorted(told) == sorted([*Base.metadata.tables, "alembic_version"])


# --- explanation -------------------------------------------------------------------------------------------------


def test_every_setting_of_celery_stands_with_its_value_and_a_reason():
    told = {row[0]: row for row in rows(page("explanation/queues.md"))}
    transport = broker.OPTIONS["broker_transport_options"]
    policy = broker.OPTIONS["task_publish_retry_policy"]
    expected = {key: value for key, value in broker.OPTIONS.items() if not isinstance(value, dict)}
    expected |= {f"broker_transport_options.{key}": value for key, value in transport.items()}
    expected |= {f"task_publish_retry_policy.{key}": value for key, value in policy.items()}
    assert set(told) == set(expected)
    for key, value in expected.items():
        assert told[key][1] == str(value), key
        assert len(told[key][2]) > 10, key


def dependency_names() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = [
        project["project"]["dependencies"],
        *project["project"]["optional-dependencies"].values(),
        *project["dependency-groups"].values(),
    ]
    return {re.split(r"[\[<>=;~! ]", requirement)[0] for group in groups for requirement in group}


def test_every_dependency_stands_with_a_reason():
    told = {row[0]: row[1] for row in rows(page("explanation/dependencies.md"))}
    assert set(told) == dependency_names()
    assert [name for name, reason in told.items() if len(reason) <= 10] == []


# --- all pages ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_every_link_inside_the_repository_leads_to_a_file(path):
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    inside = [link.partition("#")[0] for link in links if not re.match(r"[a-z]+:|#", link)]
    assert [link for link in inside if not (path.parent / link).exists()] == []


def test_the_map_leads_to_every_page():
    linked = {(DOCS / link).resolve() for link in re.findall(r"\]\(([^)\s#]+)\)", page("index.md"))}
    pages = {path.resolve() for path in DOCS.rglob("*.md")} - {(DOCS / "index.md").resolve()}
    assert {named(path) for path in pages - linked} == set()


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_no_page_names_a_path_of_the_machine_it_was_written_on(path):
    """Examples are for everybody: they start where the reader stands."""
    text = path.read_text(encoding="utf-8")
    here = [folder for folder in (ROOT, ROOT.parent, Path.home()) if len(folder.parts) > 1]
    assert [str(f) for f in here if re.search(rf"(?<![\w./-]){re.escape(str(f))}(?![\w-])", text)] == []


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_every_command_that_a_page_shows_exists_with_its_options(path):
    assert wrong_calls(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_every_target_of_make_that_a_page_shows_exists(path):
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    shown = {words[0] for words in calls(path.read_text(encoding="utf-8"), "make")}
    assert shown <= targets
