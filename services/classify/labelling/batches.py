"""How many articles are claimed, labelled and published together: more of them where much waits (pure).

The stream's lock is held until the commit has reached the disk, and that takes as long for a hundred articles as for fifty. But the first
of a batch is shown with the last of it.
"""

LEAST = 50
"""To begin with, and where little waits or articles take long: the commit is shared by enough of them."""

MOST = 100
"""At most: what was in hand when a worker dies is taken up one by one."""

AIM_S = 0.3
"""What a batch should take: so much later, at most, is its first article seen than it could have been."""


def next_size(size: int, *, got: int, took_s: float) -> int:
    """How many the next claim takes, when the last one asked for `size`, `got` so many, and they were published after so long.

    A claim that was filled says that more waits. Then as many as fit into `AIM_S`, twice as many at most, since one quick batch may be luck.

    >>> [next_size(50, got=50, took_s=took) for took in (0.1, 0.2, 0.3, 9.0)]
    [100, 75, 50, 50]
    >>> next_size(100, got=99, took_s=0.1)
    50
    """
    if got < size:
        return LEAST
    fits = int(size * AIM_S / took_s) if took_s > 0 else MOST
    return min(max(LEAST, min(fits, 2 * size)), MOST)
