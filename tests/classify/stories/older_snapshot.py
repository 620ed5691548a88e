"""A snapshot as the version before wrote it (version 3), made of a memory of today."""

import json
import zlib

from services.classify.stories.memory import Memory


def packed(memory: Memory) -> bytes:
    """One text of JSON, an article a row."""
    members = sorted(
        ((member, story.id) for story in memory.stories.open.values() for member in story.members.values()),
        key=lambda pair: pair[0].number,
    )
    data = memory.export()
    stories = {name: part for name, part in data["stories"].items() if name != "sheaves"}
    stories |= {"version": 3, "members": [_row(member, story) for member, story in members]}
    return zlib.compress(json.dumps(data | {"version": 3, "stories": stories}, ensure_ascii=False).encode())


def _row(member, story):
    vector = member.vector
    names = [place for place, word in enumerate(vector.words) if word in vector.names]
    return [
        member.id, story, member.number, member.at, member.source, member.language, sorted(member.places), vector.title_only,
        "\n".join(vector.words), "".join(map(chr, vector.weights)), names,
    ]  # fmt: skip
