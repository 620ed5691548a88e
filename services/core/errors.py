"""One tree of errors. Each says what is wrong, where, and whether trying again may help."""


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
