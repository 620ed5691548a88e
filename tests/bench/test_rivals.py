"""The rivals of stories and copies do what their names say; how good they are is measured by the bench."""

from tests.bench.rivals import COPY_RIVALS, STORY_RIVALS, Item, jaccard, resemblance, simhash, sketch

QUAKE = Item(
    "Strong quake shakes Iquique port in Chile",
    "A strong earthquake shook the port of Iquique in Chile and cut power to homes.",
)
COPY = Item(
    "Strong quake shakes Iquique port in Chile - The Paper",
    "A strong earthquake shook the port of Iquique in Chile and cut power to homes.",
)
OTHER = Item(
    "Vienna opera names a new director",
    "The State Opera in Vienna named a director who will begin next autumn.",
)


def test_every_rival_of_stories_finds_the_same_headline_and_nothing_else():
    for name, group in STORY_RIVALS.items():
        groups = group([QUAKE, OTHER, COPY])
        assert groups[0] == groups[2] != groups[1], name


def test_rivals_of_copies_find_what_they_can():
    found = {name: rival([QUAKE, OTHER, COPY, QUAKE]) for name, rival in COPY_RIVALS.items()}
    assert found["exact text"] == {(0, 3)}
    assert found["exact title"] == {(0, 2), (0, 3), (2, 3)}
    assert all((0, 3) in pairs and not any(1 in pair for pair in pairs) for pairs in found.values())


def test_measures_of_likeness():
    assert jaccard(frozenset("ab"), frozenset("bc")) == 1 / 3
    assert jaccard(frozenset(), frozenset()) == 0
    assert resemblance(sketch(QUAKE, 3), sketch(QUAKE, 3)) == 1
    assert resemblance(sketch(QUAKE, 3), sketch(OTHER, 3)) == 0
    assert (simhash(QUAKE) ^ simhash(OTHER)).bit_count() > (simhash(QUAKE) ^ simhash(COPY)).bit_count()
