"""The administrator's token of a data folder: made once, kept in a file that its owner alone may read."""

import os
from pathlib import Path

from services.core.errors import ConfigurationError

FILE = "admin-token"


def admin_token_file(home: Path) -> Path:
    """The file of the token below `home`, made with a new token where there is none.

    Raises ConfigurationError when it cannot be written or read.
    """
    file = home / FILE
    try:
        if not file.exists() or not file.read_text().strip():
            from services.core.tokens import new_secret  # noqa: PLC0415 - 23 MB of SQLAlchemy, once in a folder's life

            _write(file, new_secret())
        file.chmod(0o600)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"The administrator's token in {file} cannot be kept: {error}.") from error
    return file


def _write(file: Path, secret: str) -> None:
    """Whole or not at all, and never readable by others in between."""
    part = file.with_name(f"{file.name}.{os.getpid()}.new")
    part.unlink(missing_ok=True)
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:  # noqa: PTH123 - by number
        opened.write(secret + "\n")
    part.rename(file)
