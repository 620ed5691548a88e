"""One tree of errors. Each says what is wrong, where, and whether trying again may help."""

import re


class DatelineError(Exception):
    """Anything that Dateline refuses or cannot do, in a sentence fit for the person who asked.

    `temporary` tells a caller whether the same request may succeed later.
    """

    temporary = False


class ConfigurationError(DatelineError):
    """A setting, a port, a folder or a program is not as it must be; the message names the remedy."""


class InvalidInputError(DatelineError):
    """Somebody handed us something that is not what it should be; the message names place and remedy."""


class NotFoundError(DatelineError):
    """The thing asked for does not exist."""


class ConflictError(DatelineError):
    """Somebody else was faster: what stands by now is not what whoever asked was shown. `standing`: its number, None for nothing."""

    def __init__(self, sentence: str, standing: int | None) -> None:
        super().__init__(sentence)
        self.standing = standing


class StateError(DatelineError):
    """What was asked is well-formed, and what is there does not allow it as it stands; the message says what does.

    `kind` names it for programs; `extra`: what else helps them.
    """

    def __init__(self, sentence: str, kind: str, **extra: str) -> None:
        super().__init__(sentence)
        self.kind = kind
        self.extra = extra


class UnavailableError(DatelineError):
    """A server we stand on (database, broker) does not answer."""

    temporary = True


def said_by_server(error: object) -> str:
    r"""What a PostgreSQL or its client library says, on one line and without its advice: of several attempts the last.

    >>> said_by_server('connection failed: connection to server at "h", port 1 failed: Connection refused\n\tIs the server running?')
    'connection to server at "h", port 1 failed: Connection refused'
    """
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = [line for line in lines if not line.startswith("Is the server running")]
    attempts = [line for line in told if " failed: " in line]
    said = (attempts[-1:] or told[:1] or ["no reason given"])[0]
    return re.sub(r"^.*?connection (?:failed|is bad): ", "", said).rstrip(".")


def without_place(said: str) -> str:
    """What a server says, without where it is.

    >>> without_place('connection to server on socket "/run/.s.PGSQL.5432" failed: No such file or directory')
    'No such file or directory'
    """
    return re.sub(r"connection to server (?:on|at) .*? failed: ", "", said)
