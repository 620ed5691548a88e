import os
import pwd
import shutil
import subprocess
from pathlib import Path

import pytest

from services.core.errors import ConfigurationError
from services.embedded import account
from services.embedded.account import server_account

NEW = "dateline-test-account"


def test_where_none_can_be_made_it_is_nobody():
    found = server_account("no-such-account", create=False)
    assert (found.name, found.uid) == ("nobody", pwd.getpwnam("nobody").pw_uid)


def test_root_is_never_the_answer():
    assert server_account("root", create=False).uid != 0


def test_where_there_is_none_at_all_the_sentence_has_the_remedies(monkeypatch):
    monkeypatch.setattr(account, "_look_up", lambda name: None)
    with pytest.raises(
        ConfigurationError, match=r"useradd --system no-such-account`, or run Dateline as an ordinary"
    ):
        server_account("no-such-account", create=False)


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("userdel") is None, reason="needs root and userdel")
def test_a_system_account_without_home_or_shell_is_made():
    try:
        found = server_account(NEW)
        entry = pwd.getpwnam(NEW)
        assert (found.name, found.uid, found.gid) == (NEW, entry.pw_uid, entry.pw_gid)
        assert not Path(entry.pw_dir).exists()
        assert entry.pw_shell.endswith("nologin")
        assert server_account(NEW) == found
    finally:
        subprocess.run(["userdel", NEW], check=False, capture_output=True)
