"""Settings: every wrong value gives one sentence that names its variable, and nothing is silently ignored."""

import ipaddress
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.errors import ConfigurationError
from services.core.running import RUNNING_FILE, running_below
from services.core.settings import (
    SETTINGS,
    Settings,
    beside,
    bind_beside,
    configured,
    dotenv_here,
    explain,
    load,
    shared,
)


def loaded(tmp_path: Path | None = None, **values: str) -> Settings:
    """Settings of a process with these variables and, unless they say otherwise, a home where nothing runs."""
    home = {"DATELINE_HOME": str(tmp_path)} if tmp_path else {}
    return load(home | {f"DATELINE_{name}": value for name, value in values.items()}, {})


def refusal(**values: str) -> str:
    with pytest.raises(ConfigurationError) as raised:
        loaded(**values)
    return str(raised.value)


def test_defaults_stand_where_nothing_is_said(tmp_path):
    found = loaded(tmp_path)
    assert (found.database_url, found.redis_url, found.feeds, found.admin_token) == (None, None, None, None)
    assert (found.fetch_interval_min, found.fetch_interval_max, found.fetch_allow) == (900, 86_400, ())
    assert found.bind == "127.0.0.1:8000"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("DATABASE_URL", "postgres://u:p@h:5433/d", "postgresql+psycopg://u:p@h:5433/d"),
        ("DATABASE_URL", "postgresql:///d?host=/run/pg", "postgresql+psycopg:///d?host=/run/pg"),
        ("DATABASE_URL", "postgresql+psycopg://h/d", "postgresql+psycopg://h/d"),
        ("REDIS_URL", "redis://:secret@h:6380/2", "redis://:secret@h:6380/2"),
        ("REDIS_URL", "rediss://h", "rediss://h"),
        ("REDIS_URL", "unix:///run/redis.sock?db=1", "unix:///run/redis.sock?db=1"),
        ("BIND", "[::1]:80", "[::1]:80"),
        ("BIND", "news-1.example:65535", "news-1.example:65535"),
        ("FETCH_INTERVAL_MAX", "90m", 5400),
        ("FETCH_INTERVAL_MAX", "2 d", 172_800),
        ("FETCH_INTERVAL_MIN", "7s", 7),
        ("FETCH_HOST_PAUSE", "0", 0.0),
        ("FETCH_TIMEOUT", "60", 60),
        ("LOG_LEVEL", "WARNING", "warning"),
        ("FETCH_BATCH", "1", 1),
        ("RELABEL_RATE", "300", 300),
        (
            "FETCH_ALLOW",
            "127.0.0.0/8, fd00::/8,",
            (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("fd00::/8")),
        ),
        ("FETCH_ALLOW", "10.1.2.3/16", (ipaddress.ip_network("10.1.0.0/16"),)),
    ],
)
def test_values_are_read_in_their_usual_spellings(tmp_path, name, text, value):
    assert getattr(loaded(tmp_path, **{name: text}), name.lower()) == value


WRONG = [
    ("WORKER_PROCESSES", "1000"),
    ("DATABASE_URL", "postgresql://"),
    ("DATABASE_URL", "postgresql:///"),
    ("HOME", "~nobody-of-this-name/var"),
    ("DATABASE_URL", "sqlite:///x.db"),
    ("DATABASE_URL", "localhost/dateline"),
    ("DATABASE_URL", "postgresql://u:p@h:port/d"),
    ("DATABASE_URL", "postgresql://[::1/d"),
    ("REDIS_URL", "localhost:6379"),
    ("REDIS_URL", "redis://h:port/0"),
    ("REDIS_URL", "redis://h/first"),
    ("REDIS_URL", "redis://"),
    ("REDIS_URL", "unix://"),
    ("BIND", "8000"),
    ("BIND", ":8000"),
    ("BIND", "h:0"),
    ("BIND", "h:65536"),
    ("BIND", "h:٨٠"),
    ("BIND", "http://127.0.0.1:8000"),
    ("BIND", "::1:8000"),
    ("BIND", "h:" + "9" * 5000),
    ("FETCH_ALLOW", "127.0.0.1/33"),
    ("FETCH_ALLOW", "localhost"),
    ("FETCH_INTERVAL_MIN", "0"),
    ("FETCH_INTERVAL_MIN", "-1"),
    ("FETCH_INTERVAL_MIN", "soon"),
    ("FETCH_INTERVAL_MAX", "2w"),
    ("FETCH_INTERVAL_MAX", "367d"),
    ("FETCH_INTERVAL_MAX", "9" * 5000),
    ("FETCH_HOST_PAUSE", "nan"),
    ("FETCH_HOST_PAUSE", "-0.1"),
    ("FETCH_HOST_PAUSE", "a second"),
    ("FETCH_BATCH", "0"),
    ("RELABEL_RATE", "0"),
    ("FETCH_BATCH", "1.5"),
    ("FETCH_BATCH", "²"),
    ("FETCH_BATCH", "9" * 5000),
    ("FETCH_TIMEOUT", "61"),
    ("FETCH_TIMEOUT", "1h"),
    ("CONTACT_URL", "editor@dateline.example"),
    ("PUBLIC_URL", "news.example.org"),
    ("URL", "news.example.org"),
    ("PARSE_SAMPLE", "1.5"),
    ("CONTACT_URL", "https://"),
    ("CONTACT_URL", "https://a.example/\r\nX-Evil: 1"),
    ("RETENTION_DAYS", "ninety"),
    ("READING", "closed"),
    ("RATE_LIMIT", "-1"),
    ("RATE_LIMIT", "many"),
    ("RATE_LIMIT_TOKEN", "1e3"),
    ("TRUSTED_PROXIES", "proxy.example"),
    ("RETENTION_DAYS", "0"),
    ("RETENTION_DAYS", "36501"),
    ("WORKER_PROCESSES", "0"),
    ("SCHEDULER_TICK", "0"),
    ("SCHEDULER_TICK", "inf"),
    ("LOG_LEVEL", "loud"),
    ("LOG_FORMAT", "xml"),
    ("LOG_ACCESS", "some"),
]


@pytest.mark.parametrize(("name", "value"), WRONG, ids=lambda text: text[:30])
def test_a_wrong_value_is_refused_in_one_sentence_that_names_its_variable(name, value):
    told = refusal(**{name: value})
    assert told.startswith(f"DATELINE_{name}: ")
    assert told.endswith(".")
    assert "(environment) is not " in told


def test_every_setting_that_can_be_wrong_is_tried():
    anything_goes = {"FEEDS", "ADMIN_TOKEN", "TOKEN"}
    tried = {f"DATELINE_{name}" for name, _ in WRONG} | {f"DATELINE_{name}" for name in anything_goes}
    assert {setting.name for setting in SETTINGS} == tried


@given(
    st.sampled_from([s.name for s in SETTINGS]),
    st.text(st.characters(blacklist_characters="\x00", blacklist_categories=["Cs"])),
)
def test_whatever_a_variable_holds_it_is_read_or_refused_in_a_sentence(name, text):
    try:
        load({"DATELINE_HOME": "/nowhere", name: text}, {})
    except ConfigurationError as refused:
        assert name in str(refused) or "INTERVAL" in str(refused)  # noqa: PT017 - refusing is one of two good ends


def test_a_secret_is_never_shown_where_it_is_wrong():
    assert "hunter2" not in refusal(DATABASE_URL="mysql://root:hunter2@h/d")


def test_a_name_that_is_no_setting_is_refused_wherever_it_stands():
    told = refusal(FETCH_INTERVAL="5m")
    assert told == "DATELINE_FETCH_INTERVAL is no setting of Dateline; `dateline settings` lists them all."
    with pytest.raises(ConfigurationError, match="DATELINE_BINDS is no setting"):
        load({}, {"DATELINE_BINDS": "h:1"})
    assert load({"OTHER_NAME": "x", "DATELINE_HOME": "/nowhere"}, {}).home == Path("/nowhere")


def test_the_shortest_interval_may_not_exceed_the_longest():
    told = refusal(FETCH_INTERVAL_MIN="2h", FETCH_INTERVAL_MAX="1h")
    assert told == "DATELINE_FETCH_INTERVAL_MIN is longer than DATELINE_FETCH_INTERVAL_MAX."


def test_the_environment_wins_over_the_file_of_a_secret_and_both_over_dotenv(tmp_path):
    secret = tmp_path / "token"
    secret.write_text("from-file\n")
    in_file = {"DATELINE_ADMIN_TOKEN_FILE": str(secret)}
    in_dotenv = {"DATELINE_ADMIN_TOKEN": "from-dotenv"}

    def token(environ, dotenv):
        (found,) = [o for o in explain(environ, dotenv) if o.setting.field == "admin_token"]
        return found.value, found.origin

    assert token(in_file | {"DATELINE_ADMIN_TOKEN": "plain"}, in_dotenv) == ("plain", "environment")
    assert token(in_file, in_dotenv) == ("from-file", f"file {secret}")
    assert token({}, in_file) == ("from-file", f"file {secret}")
    assert token({}, in_dotenv) == ("from-dotenv", ".env")
    assert token({"DATELINE_ADMIN_TOKEN": ""}, {}) == (None, "default")


def test_a_file_of_a_secret_that_cannot_be_read_is_named(tmp_path):
    missing, binary = tmp_path / "missing", tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe")
    assert refusal(ADMIN_TOKEN_FILE=str(missing)) == (
        f"DATELINE_ADMIN_TOKEN_FILE: {missing} cannot be read: No such file or directory."
    )
    assert (
        refusal(ADMIN_TOKEN_FILE=str(binary)) == f"DATELINE_ADMIN_TOKEN_FILE: {binary} is not text in UTF-8."
    )


def test_a_wrong_value_out_of_a_file_is_told_with_the_file(tmp_path):
    file = tmp_path / "bind"
    file.write_text("nowhere")
    assert f"DATELINE_BIND: 'nowhere' (file {file}) is not" in refusal(BIND_FILE=str(file))


def test_dotenv_is_read_from_the_working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert dotenv_here() == {}
    (tmp_path / ".env").write_text("# a comment\nDATELINE_BIND='0.0.0.0:80'\nOTHER=1\n")
    assert load({"DATELINE_HOME": "/nowhere"}, dotenv_here()).bind == "0.0.0.0:80"
    (tmp_path / ".env").write_bytes(b"DATELINE_BIND=\xff")
    with pytest.raises(ConfigurationError, match=r"\.env is not text in UTF-8"):
        dotenv_here()


def running(home: Path, **told: object) -> None:
    file = home / RUNNING_FILE
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(told))


def test_servers_of_a_running_dateline_fill_what_is_not_configured(tmp_path):
    running(tmp_path, pid=os.getpid(), database_url="postgresql+psycopg://run/d", redis_url="unix:///run/r")
    found = loaded(tmp_path, DATABASE_URL="postgresql://mine/d")
    assert (found.database_url, found.redis_url) == ("postgresql+psycopg://mine/d", "unix:///run/r")


def test_the_api_of_a_running_dateline_is_asked_where_no_address_is_configured(tmp_path):
    here = {"DATELINE_HOME": str(tmp_path)}
    assert bind_beside(here, {}) == "127.0.0.1:8000"
    running(tmp_path, pid=os.getpid(), bind="127.0.0.1:8800")
    assert bind_beside(here, {}) == "127.0.0.1:8800"
    assert bind_beside(here | {"DATELINE_BIND": "127.0.0.1:8000"}, {}) == "127.0.0.1:8000"
    assert bind_beside(here, {"DATELINE_BIND": "127.0.0.1:80"}) == "127.0.0.1:80"
    assert loaded(tmp_path).bind == "127.0.0.1:8000", "whoever is about to listen does not go by it"
    running(
        tmp_path, pid=os.getpid(), database_url="postgresql+psycopg://run/d"
    )  # as older versions write it
    assert bind_beside(here, {}) == "127.0.0.1:8000"


def test_commands_go_by_the_settings_of_a_running_dateline_where_nothing_else_is_configured(tmp_path):
    its = loaded(
        tmp_path,
        FETCH_ALLOW="127.0.0.0/8,10.1.0.0/16",
        FETCH_INTERVAL_MIN="2",
        FETCH_INTERVAL_MAX="15",
        FETCH_HOST_PAUSE="0.5",
        RETENTION_DAYS="7",
        PUBLIC_URL="https://news.example",
        ADMIN_TOKEN="sesame",
        RATE_LIMIT="5",
    )
    left = shared(its)
    assert "sesame" not in str(left)
    running(tmp_path, pid=os.getpid(), **left)
    found = loaded(tmp_path)
    assert shared(found) == left
    assert found.fetch_allow == its.fetch_allow
    assert found.fetch_host_pause == 0.5
    assert (found.rate_limit, found.admin_token) == (600, None), "what only roles go by is not theirs"
    own = loaded(tmp_path, FETCH_ALLOW="192.168.0.0/16", FETCH_INTERVAL_MIN="1h")
    assert own.fetch_allow == (ipaddress.ip_network("192.168.0.0/16"),)
    assert (own.fetch_interval_min, own.fetch_interval_max) == (3600, 86_400), "both or neither"
    assert own.retention_days == 7
    its_database = "postgresql+psycopg://run/d"
    running(tmp_path, pid=os.getpid(), database_url=its_database, **left)
    assert loaded(tmp_path, DATABASE_URL=its_database).retention_days == 7
    assert loaded(tmp_path, DATABASE_URL="postgresql://mine/d").retention_days == 90, "of another database"
    here = {"DATELINE_HOME": str(tmp_path)}
    origins = {origin.setting.field: origin.origin for origin in beside(explain(here, {}))}
    assert (origins["retention_days"], origins["rate_limit"]) == ("running", "default")
    assert configured(here, {}).retention_days == 90, "`up` itself does not go by what another run has left"
    running(tmp_path, pid=os.getpid(), retention_days="for ever")  # as another version may write it
    assert loaded(tmp_path).retention_days == 90


def test_servers_of_a_dateline_that_is_gone_do_not_count(tmp_path):
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    running(tmp_path, pid=child, database_url="postgresql+psycopg://run/d")
    assert loaded(tmp_path).database_url is None
    running(tmp_path, pid=child, bind="127.0.0.1:8800")
    assert bind_beside({"DATELINE_HOME": str(tmp_path)}, {}) == "127.0.0.1:8000"
    (tmp_path / RUNNING_FILE).write_text("[]")
    assert loaded(tmp_path).database_url is None
    (tmp_path / RUNNING_FILE).write_text("{")
    assert loaded(tmp_path).database_url is None


def test_what_runs_in_a_folder_below_the_home_is_found(tmp_path):
    """The demo has a home of its own; whoever asks in the folder above is told of it."""
    assert running_below(tmp_path) is None
    running(tmp_path / "own", pid=os.getpid(), bind="127.0.0.1:8800")
    assert running_below(tmp_path) is None, "with servers that it does not run itself it has none to offer"
    file = tmp_path / "demo" / RUNNING_FILE
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"pid": os.getpid(), "database_url": "x"}))
    assert running_below(tmp_path) == tmp_path / "demo"


def test_intervals_that_do_not_go_together_are_refused_where_settings_are_only_shown():
    given = {"DATELINE_FETCH_INTERVAL_MIN": "2h", "DATELINE_FETCH_INTERVAL_MAX": "1h"}
    with pytest.raises(ConfigurationError, match="MIN is longer than DATELINE_FETCH_INTERVAL_MAX"):
        explain(given, {})
