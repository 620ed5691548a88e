"""The one thing that goes wrong with a document: it is no feed."""

from typing import Literal

from services.core.errors import InvalidInputError

Kind = Literal["empty", "html", "json", "xml", "binary", "text"]


class NotAFeedError(InvalidInputError):
    """The bytes are no feed; `kind` says what they are, the message says it in a sentence."""

    def __init__(self, kind: Kind, message: str) -> None:
        super().__init__(message)
        self.kind: Kind = kind
