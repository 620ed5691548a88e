"""What goes into a decision about stories, and what comes out of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

DocumentId = int | str


@dataclass(frozen=True, slots=True)
class Limits:
    """The one configuration. Similarities lie between 0 and 1."""

    join: float = 0.21
    """What an article with a teaser needs to join a story."""
    join_titles: float = 0.12
    """The same for a headline alone."""
    crowd: float = 0.02
    """What is needed besides for every tenfold of a hundred open stories: among more, a near one is found by chance."""
    crowd_undated: float = 0.10
    """The same for an article without a date: time thins out nothing for it."""
    bridge: float = 0.30
    """What an article needs with a second story to make the two one."""
    merge: float = 0.40
    """What the two stories then need with each other."""
    bridge_titles: float = 0.15
    merge_titles: float = 0.12
    """The same two for a headline alone."""
    keep: float = 0.10
    """Below this an article whose text was rewritten leaves its story."""
    strangers: float = 0.3
    """What is left of the similarity where article and story both name names, and none is the same: look-alike events."""
    acquainted: float = 0.15
    """The part of the weight of an article's names that must be found in a story for the whole similarity to count."""
    elsewhere: float = 0.3
    """What is left where the rules find places in both, and none is the same."""
    beside_name: float = 0.2
    """The part of the similarity that must come of something beside the strongest name that both share, for the whole to count."""
    window: timedelta = timedelta(days=7)
    """A story is open for so long after its last article."""
    sigma: timedelta = timedelta(days=3)
    """How fast similarity decays with the time between an article and a story."""
    heavy: int = 12
    """Terms of an article by which stories are looked up, and under which its story is filed."""
    newest: int = 80
    """Stories that are looked at under one term, those last added to."""
    rescored: int = 8
    """Stories whose similarity is worked out, those that share the most."""


@dataclass(frozen=True, slots=True)
class Document:
    """One article, the head of its group of copies. Copies inherit its story."""

    id: DocumentId
    title: str
    body: str = ""
    at: datetime | None = None
    """When it was published; None where nobody knows, and then time decides nothing."""
    source: str | None = None
    """The owner of the publisher: feeds of one owner are one voice."""
    language: str | None = None
    places: frozenset[str] = frozenset()
    """Codes of the places that the rules have found in it."""


@dataclass(frozen=True, slots=True)
class Spoke:
    """A word that article and story share, and the part of their similarity that it brought (all parts: 1)."""

    word: str
    share: float


@dataclass(frozen=True, slots=True)
class Merge:
    """Two stories turned out to be one: `lost` answers with `kept` from now on, the one that was founded first."""

    lost: int
    kept: int
    similarity: float


@dataclass(frozen=True, slots=True)
class Ruling:
    """What an editor said of two articles, as readers are told: by which judgement, who, of which two, and the note."""

    number: int
    author: str
    note: str
    pair: tuple[DocumentId, DocumentId]

    @property
    def of_one_event(self) -> str:
        """As the reason for a story."""
        one, other = self.pair
        return (
            f"because {self.author} said that article {one} and article {other} are of one event{self._noted}"
        )

    def left(self, story: int) -> str:
        """As the reason against one."""
        return f"it does not belong to story {story}, {self.author} said{self._noted}"

    @property
    def _noted(self) -> str:
        note = " ".join(self.note.split()).rstrip(".")
        return f": {note}" if note else ""


@dataclass(frozen=True, slots=True)
class Decision:
    """Which story an article belongs to, and why."""

    document: DocumentId
    story: int
    founded: bool
    """Whether the story begins with this article."""
    stayed: bool = False
    """Whether it was decided anew, and stays where it was since no other story is near."""
    similarity: float = 0.0
    """With the story joined; with the nearest one that was not, where it founded a story or stayed in its own."""
    needed: float = 0.0
    """What it would have needed, or needed, to join."""
    nearest: int | None = None
    """The story that the similarity was measured with; None where no story shares a telling word."""
    words: tuple[Spoke, ...] = ()
    merges: tuple[Merge, ...] = ()
    by: str = "similarity"
    """`editor` where somebody said so, `similarity` where it was worked out."""
    ruling: Ruling | None = None
    """What the editor said of it, where it is known."""
    left: int | None = None
    """The story that it may not stand in by that, where it was worked out."""

    def sentence(self) -> str:
        """The decision for people."""
        told = self._worked_out()
        if self.ruling is None or self.left is None:
            return told
        return f"{self.ruling.left(self.left)}. {told[:1].upper()}{told[1:]}"

    def _worked_out(self) -> str:
        words = ", ".join(spoke.word for spoke in self.words[:5])
        if self.by == "editor":
            return f"story {self.story}, {self.ruling.of_one_event if self.ruling else 'as an editor said'}"
        apart = "begins" if self.founded else "keeps it" if self.stayed else ""
        if self.nearest is None:
            return f"story {self.story} {apart}: no {'other ' if self.stayed else ''}story open shares a telling word"
        told = f"similarity {self.similarity:.2f} of {self.needed:.2f} with story {self.nearest}, by {words}"
        return f"story {self.story} {apart}: {told}" if apart else told


@dataclass(slots=True)
class Cost:
    """What deciding has cost so far: articles, entries of the index that were touched for them."""

    documents: int = 0
    touches: int = 0
