"""Where nothing runs the embedded server is started for the backup alone, and stopped again."""

import json
import os
import shutil

import pytest

from services.backups import place
from services.backups.tools import connect
from services.core.errors import DatelineError
from services.core.settings import load
from services.embedded import account
from services.embedded.home import locked, open_home
from services.embedded.postgres import postgres_server
from services.embedded.process import start
from tests.backups.test_restore import ask
from tests.fixtures.servers import make_reachable_folder


@pytest.fixture
def home(monkeypatch):
    """A data folder without anything; as root its server is run by an account that is there already."""
    folder = make_reachable_folder()

    def started(home):
        runs_as = account.server_account(create=False) if account.is_root() else None
        server = postgres_server(home, durable=False, account=runs_as, below=folder / "service")
        return start(server, home.log / "postgres.log")

    monkeypatch.setattr(place, "start_postgres", started)
    yield folder / "home"
    shutil.rmtree(folder)


def conf(home):
    return load({"DATELINE_HOME": str(home)}, {})


def test_nothing_to_back_up_where_nothing_ever_ran(home):
    with pytest.raises(DatelineError, match="nothing to back up"), place.database(conf(home), make=False):
        pass
    assert not home.exists()


def test_a_fresh_machine_gets_a_server_for_as_long_as_it_takes(home):
    with place.database(conf(home), make=True) as url:
        assert ask(url, "SELECT 1") == [(1,)]
    with pytest.raises(DatelineError, match="takes no connection"):
        connect(url).close()
    with place.database(conf(home), make=False) as again:
        assert again == url


def test_a_dateline_up_that_runs_is_asked_and_one_that_only_starts_is_named(home):
    opened = open_home(home)
    with locked(opened), pytest.raises(DatelineError, match="in use"), place.database(conf(home), make=True):
        pass
    (home / "run" / "urls.json").write_text(
        json.dumps({"pid": os.getpid(), "database_url": "postgresql+psycopg://x"})
    )
    with place.database(conf(home), make=False) as url:
        assert url == "postgresql+psycopg://x"
