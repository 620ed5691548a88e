import os
import pwd
import stat
from pathlib import Path

import pytest

from services.core.errors import ConfigurationError
from services.embedded import home as homes
from services.embedded.home import fits_socket, locked, open_home, private_folder


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_it_is_made_private_whatever_the_umask(tmp_path):
    before = os.umask(0)
    try:
        home = open_home(tmp_path / "a" / "home")
    finally:
        os.umask(before)
    assert [mode(home.path), mode(home.log), mode(home.path / "run")] == [0o700, 0o700, 0o700]


def test_a_folder_that_exists_keeps_its_mode(tmp_path):
    (tmp_path / "home").mkdir(mode=0o755)
    (tmp_path / "home").chmod(0o755)
    home = open_home(tmp_path / "home")
    assert mode(home.path) == 0o755
    assert mode(home.log) == 0o700


def refusal(path):
    with pytest.raises(ConfigurationError) as caught:
        open_home(path)
    sentence = str(caught.value)
    assert sentence.startswith(f"The data folder {path} cannot be used: ")
    assert sentence.endswith("; set DATELINE_HOME to a folder of your own.")
    assert "\n" not in sentence
    return sentence


def test_a_file_in_its_place_is_refused(tmp_path):
    (tmp_path / "home").write_text("")
    assert "is no folder" in refusal(tmp_path / "home")


def test_a_file_on_the_way_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    assert "is no folder" in refusal(tmp_path / "file" / "home")


@pytest.mark.skipif(
    not Path("/proc/self").exists(), reason="there is no file system here that even root cannot write"
)
@pytest.mark.parametrize("place", ["/proc/self", "/proc/dateline-home"], ids=["there", "to be made"])
def test_a_read_only_place_is_refused_even_to_root(place):
    assert "it cannot be" in refusal(Path(place))


@pytest.mark.skipif(os.geteuid() == 0, reason="modes do not hold root back; the test with /proc does")
def test_a_folder_without_write_permission_is_refused(tmp_path):
    (tmp_path / "home").mkdir(mode=0o500)
    assert "it cannot be written (Permission denied)" in refusal(tmp_path / "home")


def test_a_folder_of_somebody_else_is_refused(tmp_path):
    if os.geteuid() == 0:
        (tmp_path / "home").mkdir()
        os.chown(tmp_path / "home", pwd.getpwnam("nobody").pw_uid, -1)
        assert "it belongs to user id" in refusal(tmp_path / "home")
    else:
        assert "it belongs to user id 0" in refusal(Path("/usr"))


def test_a_second_holder_is_refused_with_the_number_of_the_first(tmp_path):
    home = open_home(tmp_path / "home")
    with locked(home), pytest.raises(ConfigurationError) as caught, locked(home):
        pass
    assert str(caught.value) == (
        f"The data folder {home.path} is in use by another `dateline up` (process {os.getpid()}): "
        "stop that one, or set DATELINE_HOME to another folder."
    )


def test_the_lock_is_free_again_afterwards(tmp_path):
    home = open_home(tmp_path / "home")
    with locked(home):
        pass
    again = False
    with locked(home):
        again = True
    assert again


def test_a_long_path_gets_a_short_private_folder_for_sockets(tmp_path, monkeypatch):
    monkeypatch.setattr(homes, "_SHORT_ROOT", tmp_path)
    home = open_home(tmp_path / ("long-" * 20))
    assert home.run.parent == tmp_path
    assert mode(home.run) == 0o700
    assert open_home(home.path).run == home.run
    assert not fits_socket(home.path / "run")


def test_a_short_path_keeps_its_sockets_at_home():
    assert fits_socket(Path("/home/anna/dateline/var/run"))


@pytest.mark.parametrize("trap", ["open", "file", "link"])
def test_a_socket_folder_that_somebody_prepared_is_refused(tmp_path, trap):
    folder = tmp_path / "sockets"
    if trap == "open":
        folder.mkdir()
        folder.chmod(0o777)
    elif trap == "file":
        folder.write_text("")
    else:
        (tmp_path / "theirs").mkdir(mode=0o700)
        folder.symlink_to(tmp_path / "theirs")
    with pytest.raises(ConfigurationError):
        private_folder(folder)
