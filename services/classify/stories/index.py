"""Which stories have a word among the heaviest of an article of theirs, those last added to at the end."""

from collections.abc import Iterable


class Index(dict[str, dict[int, int]]):
    """Under each word its stories, each with the number of its newest article that has the word; in the order of these numbers."""

    __slots__ = ()

    def enter(self, words: Iterable[str], story: int, number: int) -> None:
        """An article stands in a story. Mostly it is the newest of all."""
        for word in words:
            filed = self.get(word)
            if filed is None:
                self[word] = {story: number}
            elif number > next(reversed(filed.values())):
                filed.pop(story, None)
                filed[story] = number
            else:
                self.file(word, story, max(number, filed.get(story, 0)))

    def restore(self, rows: Iterable[tuple[Iterable[str], int, int]]) -> None:
        """As `enter` of words, story and number for each row, from the oldest to the newest; given from the newest to the oldest. To an
        index that is empty.
        """
        known = self.get
        for words, story, number in rows:
            for word in words:
                filed = known(word)
                if filed is None:
                    self[word] = {story: number}
                elif story not in filed:
                    filed[story] = number
        for word, filed in self.items():
            if len(filed) > 1:
                self[word] = dict(reversed(filed.items()))

    def file(self, word: str, story: int, number: int | None) -> None:
        """File a story under a word at the place of the article `number`; nowhere for None."""
        filed = self.setdefault(word, {})
        filed.pop(story, None)
        if number is not None:
            newest = next(reversed(filed.values()), 0)
            filed[story] = number
            if number < newest:
                self[word] = dict(sorted(filed.items(), key=lambda item: item[1]))
        elif not filed:
            del self[word]

    def move(self, words: Iterable[str], lost: int, kept: int) -> None:
        """Two stories are one: what is filed of the one is filed of the other."""
        for word in words:
            filed = self[word]
            self.file(word, kept, max(filed.pop(lost), filed.get(kept, 0)))
