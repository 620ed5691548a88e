"""What folders say about the feeds in them: a folder called like a region or topic of the rulebook stands for it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from services.ingest.opml.model import ListedFeed

KINDS = ("region", "topic")
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Labels:
    """Regions and topics of a rulebook: for each kind the slugs, and the slug that a name in its plain form means."""

    slugs: Mapping[str, frozenset[str]] = field(default_factory=dict)
    named: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @staticmethod
    def of(rows: Iterable[Mapping[str, str | None]]) -> "Labels":
        """From rows with `kind`, `slug` and `name`, as a published rulebook keeps them."""
        slugs: dict[str, set[str]] = {kind: set() for kind in KINDS}
        named: dict[str, dict[str, str]] = {kind: {} for kind in KINDS}
        for row in rows:
            kind, slug = str(row["kind"]), str(row["slug"])
            if kind in slugs:
                slugs[kind].add(slug)
                named[kind].setdefault(plain_name(str(row.get("name") or slug)), slug)
                named[kind][plain_name(slug)] = slug
        return Labels({kind: frozenset(found) for kind, found in slugs.items()}, named)

    def meant(self, kind: str, folders: Iterable[str]) -> str | None:
        """The label of a kind that the innermost of the folders called like one means."""
        names = self.named.get(kind, {})
        return next((names[name] for f in reversed(list(folders)) if (name := plain_name(f)) in names), None)


def plain_name(name: str) -> str:
    """A name for comparing: words in lower case; `&` is `and`.

    >>> plain_name("Health & Wellness"), plain_name("central-asia")
    ('health and wellness', 'central asia')
    """
    return " ".join(_WORD.findall(name.replace("&", " and ").casefold()))


def with_folder_hints(feed: ListedFeed, labels: Labels) -> ListedFeed:
    """The feed with a region and a topic from its folders, where no attribute says anything; `""` becomes None."""
    region, topic = (
        (labels.meant(kind, feed.folders) if said is None else said) or None
        for kind, said in (("region", feed.region), ("topic", feed.topic))
    )
    return replace(feed, region=region, topic=topic)


def without_false_hints(feed: ListedFeed, labels: Labels) -> ListedFeed:
    """The feed ready to be written: where its folders would say more than is meant, `""` says that nothing is."""
    region, topic = (
        "" if said is None and labels.meant(kind, feed.folders) else said
        for kind, said in (("region", feed.region), ("topic", feed.topic))
    )
    return replace(feed, region=region, topic=topic)
