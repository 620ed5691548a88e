"""The tree of regions and the list of topics, as menus and filters need them. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import Any, Literal

Kind = Literal["region", "topic"]
FIRST = "central-asia"
"""The region that Dateline is about; it leads every menu in which it stands."""


@dataclass(frozen=True, slots=True)
class Node:
    """One region or topic. `order` is its place in the rulebook's files."""

    kind: Kind
    slug: str
    name: str
    parent: str | None
    order: int


@dataclass(frozen=True)
class LabelTree:
    """All labels of one rulebook; empty when none is published."""

    version: str | None
    nodes: tuple[Node, ...]

    @cached_property
    def _by_label(self) -> dict[tuple[str, str], Node]:
        return {(node.kind, node.slug): node for node in self.nodes}

    def find(self, kind: Kind, slug: str) -> Node | None:
        """The region or topic of that slug, or None."""
        return self._by_label.get((kind, slug))

    def name(self, kind: Kind, slug: str) -> str:
        """What people call it; a slug that the rulebook no longer knows is made readable."""
        node = self.find(kind, slug)
        return node.name if node else slug.replace("-", " ").title()

    def of(self, kind: Kind) -> list[Node]:
        """All of one kind in the order of menus."""
        return sorted((n for n in self.nodes if n.kind == kind), key=_menu_order)

    def children(self, kind: Kind, parent: str | None) -> list[Node]:
        """Those right below `parent`; the top ones for None."""
        return [node for node in self.of(kind) if node.parent == parent]

    def below(self, kind: Kind, slug: str) -> frozenset[str]:
        """A slug and every slug below it."""
        found = {slug}
        found.update(*(self.below(kind, child.slug) for child in self.children(kind, slug)))
        return frozenset(found)

    def respelled(self, kind: Kind, slug: str) -> str:
        """The slug that somebody meant who wrote capitals, or spaces or `_` for `-`; what is no such slug as it is."""
        plain = "-".join(slug.lower().replace("_", " ").replace("-", " ").split())
        return plain if self.find(kind, plain) else slug

    def nearest(self, kind: Kind, slug: str) -> list[str]:
        """Up to three slugs that look like `slug`, by slug or by name, the likeliest first; those of which it is a whole word before those.
        What differs in hyphens and spaces only is the one that was meant.
        """
        if same := [
            node.slug
            for node in self.of(kind)
            if _letters(slug) in {_letters(node.slug), _letters(node.name)}
        ]:
            return same[:3]
        parts = slug.casefold().replace("-", " ").replace("_", " ").split()
        whole = [node.slug for node in self.of(kind) if parts and set(parts) <= _parts(node)]
        spelled = {node.name.casefold(): node.slug for node in self.of(kind)}
        spelled |= {node.slug: node.slug for node in self.of(kind)}
        close = get_close_matches(slug.casefold()[:80], spelled, n=6, cutoff=0.5)
        return list(dict.fromkeys([*whole, *(spelled[found] for found in close)]))[:3]


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def _parts(node: Node) -> set[str]:
    return {*node.slug.split("-"), *node.name.casefold().split()}


def _menu_order(node: Node) -> tuple[bool, int, str]:
    return node.slug != FIRST, node.order, node.slug


def tree_of(version: str | None, rows: Iterable[Mapping[str, Any]]) -> LabelTree:
    """The tree from what a published rulebook says of its labels, in its order."""
    return LabelTree(
        version,
        tuple(
            Node(row["kind"], row["slug"], row["name"], row.get("parent"), order)
            for order, row in enumerate(rows)
        ),
    )
