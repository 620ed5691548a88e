"""The rulebook that ships, and the one reader of rule files: all file access of the rules is here."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from services.core.errors import InvalidInputError, NotFoundError

SUFFIXES = (".yaml", ".yml")


def starter_texts() -> dict[str, str]:
    """The YAML texts of the rulebook that ships, by their path below its folder."""
    return _texts(files("services.classify.starter") / "rulebook", "")


def load_folder(path: str | Path) -> dict[str, str]:
    """The YAML texts below a folder (or of one file), by their path below it.

    Raises NotFoundError where there is none, InvalidInputError where a file is not UTF-8 text.
    """
    root = Path(path)
    if root.is_file():
        return {root.name: _read(root, root.name)}
    if not root.is_dir():
        raise NotFoundError(f"There is no rules folder {str(path)!r}.")
    found = _texts(root, "")
    if not found:
        raise NotFoundError(f"The folder {str(path)!r} holds no rules: no file ends in .yaml.")
    return found


def _texts(folder: Traversable, prefix: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        name = prefix + entry.name
        if entry.is_dir():
            found |= _texts(entry, name + "/")
        elif entry.name.endswith(SUFFIXES):
            found[name] = _read(entry, name)
    return found


def _read(entry: Traversable, name: str) -> str:
    try:
        return entry.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        lines = error.object[: error.start].decode().split("\n")
        place = f"{name}:{len(lines)}:{len(lines[-1]) + 1}"
        wrong = error.object[error.start]
        raise InvalidInputError(
            f"{place}: error: This is not UTF-8 text (byte 0x{wrong:02X}); save the file as UTF-8."
        ) from error
    except OSError as error:
        raise InvalidInputError(f"{name} cannot be read: {error.strerror}.") from error
